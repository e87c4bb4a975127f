"""Problems drawn at random that can only be solved by what remembers."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from simulator.errors import DataError
from simulator.learning.data.dataset import Dataset
from simulator.learning.data.drawn import Count
from simulator.learning.data.sequences import sequences, split
from simulator.learning.task import NONE, Task

Length = Annotated[int, Ge(2), Le(10_000)]

BLANK, MARK = 0, 1


def copy(
    rng: np.random.Generator,
    *,
    samples: Count = 2000,
    symbols: Annotated[int, Ge(2), Le(1000)] = 8,
    length: Annotated[int, Gt(0), Le(1000)] = 4,
    gap: Annotated[int, Ge(0), Le(10_000)] = 8,
    told: bool = False,
) -> Dataset:
    """Say again, after a gap, the symbols that came at the beginning.

    A sequence is the symbols, a gap of blanks, then a mark and as many blanks as there were
    symbols, at which they are asked for in order. Who remembers nothing guesses: a share of
    1/symbols is right.

    Parameters
    ----------
    samples : int
        Altogether, a fifth for testing.
    symbols : int
        How many different ones there are; tokens 0 and 1 are the blank and the mark.
    length : int
        Symbols to be remembered.
    gap : int
        Blanks between them and the mark.
    told : bool
        Whether, from the second on, each answer is given the right symbol before it, as decoders
        are trained (and greedy decoding gives them their own).

    References
    ----------
    .. [1] Hochreiter & Schmidhuber, "Long Short-Term Memory", Neural Computation 9, 1997.
    .. [2] Arjovsky, Shah & Bengio, "Unitary Evolution Recurrent Neural Networks", ICML 2016.

    Examples
    --------
    >>> data = copy(np.random.default_rng(0), symbols=5, length=2, gap=3)
    >>> data.train.inputs[0].tolist(), data.train.targets[0].tolist()
    ([6, 5, 0, 0, 0, 1, 0], [6, 5])
    """
    said = rng.integers(2, 2 + symbols, (samples, length))
    ending = np.full((samples, length), BLANK)
    ending[:, 0] = MARK
    if told:
        ending[:, 1:] = said[:, :-1]
    inputs = np.concatenate([said, np.full((samples, gap), BLANK), ending], axis=1)
    tokens = 2 + symbols
    task = Task(
        inputs.shape[1:], tokens, tokens=tokens, steps=length, causal=True, source=length + gap
    )
    return sequences('copy', task, *split(inputs, said))


def adding(rng: np.random.Generator, *, samples: Count = 2000, length: Length = 20) -> Dataset:
    """Add up the two numbers that are marked, in a sequence of numbers between 0 and 1.

    One marked number is in the first half, the other in the second. Who always says 1 has a mean
    squared error of 1/6; the loss is half of it.

    Parameters
    ----------
    samples : int
        Altogether, a fifth for testing.
    length : int
        Numbers in a sequence.

    References
    ----------
    .. [1] Hochreiter & Schmidhuber, "Long Short-Term Memory", Neural Computation 9, 1997.

    Examples
    --------
    >>> data = adding(np.random.default_rng(0), length=4)
    >>> numbers, marks = data.train.inputs[0].T
    >>> bool(np.isclose(numbers @ marks, data.train.targets[0, 0]))
    True
    """
    numbers, marks = rng.random((samples, length)), np.zeros((samples, length))
    every, half = np.arange(samples), length // 2
    marks[every, rng.integers(0, half, samples)] = 1
    marks[every, rng.integers(half, length, samples)] = 1
    inputs = np.stack([numbers, marks], axis=2)
    totals = (numbers * marks).sum(axis=1, keepdims=True)
    return sequences('adding', Task((length, 2), 1, labels=False), *split(inputs, totals))


def parity(
    rng: np.random.Generator,
    *,
    samples: Count = 2000,
    length: Length = 10,
    shortest: Annotated[int, Gt(0)] | None = None,
    each_step: bool = False,
) -> Dataset:
    """Say whether the ones in a sequence of bits are odd in number.

    Parameters
    ----------
    samples : int
        Altogether, a fifth for testing.
    length : int
        Bits of the longest sequences.
    shortest : int
        Bits of the shortest, where lengths are drawn: what is missing is padded, and masked.
    each_step : bool
        Whether that is asked after each bit, of those so far, or once at the end.

    Raises
    ------
    DataError
        If the shortest are longer than the longest.

    References
    ----------
    .. [1] Minsky & Papert, "Perceptrons", MIT Press, 1969.

    Examples
    --------
    >>> data = parity(np.random.default_rng(0), length=4, shortest=2)
    >>> data.train.inputs[0].tolist(), data.train.targets[0]
    ([1, 1, 1, -1], np.int64(1))
    """
    if shortest is not None and shortest > length:
        raise DataError(f'parity: shortest(={shortest}) is over length(={length}).')
    bits = rng.integers(0, 2, (samples, length))
    lengths = rng.integers(shortest or length, length + 1, samples)
    there = np.arange(length) < lengths[:, None]
    sums = np.cumsum(bits * there, axis=1) % 2
    targets = np.where(there, sums, NONE) if each_step else sums[:, -1]
    steps = length if each_step else 0
    task = Task((length,), 2, tokens=2, steps=steps, causal=each_step)
    return sequences('parity', task, *split(np.where(there, bits, NONE), targets))
