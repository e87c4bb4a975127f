"""Text as a data set: next tokens, hidden tokens, or topics to be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.data.corpus import (
    MARKS,
    MASK,
    Corpus,
    Unit,
    numbers_of,
    own,
    reference,
    tokens_of,
    vocabulary_of,
)
from simulator.learning.data.dataset import TEST_EVERY, Dataset, Samples
from simulator.learning.data.sequences import sequences
from simulator.learning.task import NONE, Task
from simulator.units import InputFile

Ask = Literal['next', 'masked', 'topic']

PARTS = 100
"""Stretches of a text that the column `part` tells apart."""


class _Window(NamedTuple):
    """Consecutive tokens of one topic."""

    tokens: Sequence[str]
    topic: str


def text(
    rng: np.random.Generator,
    *,
    path: InputFile | None = None,
    unit: Unit = 'characters',
    ask: Ask = 'next',
    length: Annotated[int, Ge(2), Le(10_000)] = 32,
    vocabulary: Annotated[int, Ge(4), Le(100_000)] = 64,
    lower: bool = True,
    samples: Annotated[int, Ge(10)] | None = None,
    topics: Annotated[int, Ge(2)] = 8,
    hidden: Annotated[float, Gt(0), Lt(1)] = 0.15,
    copies: Annotated[int, Gt(0), Le(100)] = 10,
) -> Dataset:
    """Text, in windows of tokens: Python's language reference, or a file of your own.

    The reference is that of the standard library (`pydoc_data.topics`): it differs between
    versions of Python, and the manifest keeps its hash. A topic's text is cut into windows one
    after the other; the last is shorter, padded and masked. Every fifth window is for testing.
    Tokens outside the vocabulary become ``<unknown>``. Columns for partitions: `topic`, and
    `part` (one of 100 stretches of the text).

    Parameters
    ----------
    path : str
        A text file, UTF-8; without it, the language reference.
    unit : str
        ``characters`` (white space is one blank), or ``words`` (and signs).
    ask : str
        What is asked of a window: ``next``, at each token the next one; ``masked``, the hidden
        ones; ``topic``, which of the *topics* with most text it comes from.
    length : int
        Tokens of a window.
    vocabulary : int
        The most tokens to tell apart, the most frequent of the text; two of them are
        ``<unknown>`` and ``<mask>``. It is the same whatever is asked, so that a model may start
        from one that was asked something else.
    lower : bool
        Whether capital letters are made small.
    samples : int
        Windows at the most, taken evenly from all over the text.
    topics : int
        How many are told apart, and used, where topics are asked for.
    hidden : float
        Share of the tokens asked for where they are masked: of these 80 % are hidden, 10 %
        replaced by any other, 10 % left.
    copies : int
        How often each training window is masked, each time anew: what is hidden in a single copy
        is soon learned by heart. An epoch grows by as much.

    Raises
    ------
    DataError
        If there is no text, or too little, or no topics in it.

    References
    ----------
    .. [1] Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language
       Understanding", NAACL 2019 (masked tokens).

    Examples
    --------
    >>> data = text(np.random.default_rng(0), length=8)
    >>> ''.join(data.vocabulary[token] for token in data.train.inputs[0])
    'the "ass'
    >>> bool((data.train.inputs[0, 1:] == data.train.targets[0, :-1]).all())
    True
    """
    corpus = reference() if path is None else own(path)
    name = 'text' if path is None else Path(path).name
    # that of the whole text: whatever is asked of it, tokens keep their numbers
    known = vocabulary_of(corpus.tokens(unit, lower=lower), vocabulary)
    if ask == 'topic':
        corpus = _largest(name, corpus, topics)
    size = length + (ask == 'next')  # the last token of a window is only ever predicted
    windows = _thinned(list(_windows(corpus, unit, lower, length, size)), samples)
    if len(windows) < 2 * TEST_EVERY:
        raise DataError(
            f'{name}: {len(windows)} windows of {length} {unit} are too few to train and test '
            f'on; give a longer text, or a shorter length than {length}.'
        )
    tested = np.arange(len(windows)) % TEST_EVERY == TEST_EVERY - 1
    numbers = _padded([numbers_of(window.tokens, known) for window in windows], size)
    columns = {
        'topic': np.array([window.topic for window in windows]),
        'part': np.arange(len(windows)) * PARTS // len(windows),
    }
    if ask == 'masked':
        # the test windows are masked once
        order = np.concatenate([np.tile(np.flatnonzero(~tested), copies), np.flatnonzero(tested)])
        numbers, tested = numbers[order], tested[order]
        columns = {key: values[order] for key, values in columns.items()}
    pairs, task = _asked(ask, numbers, columns['topic'], len(known))
    if ask == 'masked':
        pairs = _hide(numbers, hidden, len(known), rng)
    return sequences(
        name,
        task,
        *(Samples(*(each[rows] for each in pairs)) for rows in (~tested, tested)),
        sha256=corpus.sha256,
        columns={key: values[~tested] for key, values in columns.items()},
        vocabulary=known,
    )


def _asked(
    ask: Ask, numbers: NDArray[Any], named: NDArray[Any], tokens: int
) -> tuple[tuple[NDArray[Any], NDArray[Any]], Task]:
    """Return inputs and targets of all windows, and their task."""
    if ask == 'topic':
        classes, answers = np.unique(named, return_inverse=True)
        return (numbers, answers), Task(numbers.shape[1:], len(classes), tokens=tokens)
    if ask == 'masked':
        steps = numbers.shape[1]
        return (numbers, numbers), Task((steps,), tokens, tokens=tokens, steps=steps)
    steps = numbers.shape[1] - 1
    task = Task((steps,), tokens, tokens=tokens, steps=steps, causal=True)
    return (numbers[:, :-1], numbers[:, 1:]), task


def _largest(name: str, corpus: Corpus, topics: int) -> Corpus:
    if len(corpus.parts) < topics:
        raise DataError(
            f'{name}: holds {len(corpus.parts)} topics, not {topics}; topics are asked for in '
            'the language reference alone.'
        )
    titles = sorted(corpus.parts, key=lambda title: -len(corpus.parts[title]))[:topics]
    return corpus._replace(parts={title: corpus.parts[title] for title in sorted(titles)})


def _windows(corpus: Corpus, unit: Unit, lower: bool, stride: int, size: int) -> Iterator[_Window]:
    for title, part in corpus.parts.items():
        tokens = tokens_of(part, unit, lower)
        for start in range(0, len(tokens) - 1, stride):
            yield _Window(tokens[start : start + size], title)


def _thinned(windows: list[_Window], most: int | None) -> list[_Window]:
    if most is None or len(windows) <= most:
        return windows
    return [windows[place] for place in np.linspace(0, len(windows) - 1, most).astype(int)]


def _padded(rows: list[list[int]], size: int) -> NDArray[np.int_]:
    return np.array([row + [NONE] * (size - len(row)) for row in rows])


def _hide(
    numbers: NDArray[Any], share: float, tokens: int, rng: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the windows with some tokens hidden, and these alone."""
    there = numbers != NONE
    chosen = (rng.random(numbers.shape) < share) & there
    # one at least is asked for
    place = (rng.random(len(numbers)) * there.sum(axis=1)).astype(int)
    chosen[np.arange(len(numbers)), place] = True
    lot = rng.random(numbers.shape)
    other = rng.integers(len(MARKS), tokens, numbers.shape)
    shown = np.where(lot < 0.8, MASK, np.where(lot < 0.9, other, numbers))
    return np.where(chosen, shown, numbers), np.where(chosen, numbers, NONE)
