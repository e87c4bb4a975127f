"""Data sets whose samples are sequences: of tokens or features, with a target each, or a step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.arrays import frozen
from simulator.learning.data.dataset import (
    NO_COLUMNS,
    Columns,
    Dataset,
    Samples,
    fingerprint,
)
from simulator.learning.task import NONE, Task


def sequences(
    name: str,
    task: Task,
    train: Samples,
    test: Samples,
    *,
    sha256: str | None = None,
    columns: Columns = NO_COLUMNS,
    vocabulary: tuple[str, ...] = (),
) -> Dataset:
    """Return the data set of these sequences, after a look at whether they are of their task.

    Tokens are whole numbers below ``task.tokens``. Shorter sequences end with `NONE`, and have
    `NONE` as class at steps without a target; sequences of features are all of one length.

    Parameters
    ----------
    name : str
        For messages.
    task : Task
    train, test : Samples
        Inputs (N, *task.inputs); targets (N,) or (N, k), or with a step axis, (N, steps) or
        (N, steps, k).
    sha256 : str, optional
        Of the text or file they came from; else of the numbers.
    columns : mapping of str to array
        What else is known of each training sample.
    vocabulary : tuple of str, optional
        What the tokens stand for.

    Raises
    ------
    DataError
        If a sequence is empty, or has gaps or tokens outside the vocabulary.

    Examples
    --------
    >>> task = Task((3,), 2, tokens=4)
    >>> some = Samples(np.array([[3, 1, -1], [4, 0, 2]]), np.array([0, 1]))
    >>> sequences('mine', task, some, some)
    Traceback (most recent call last):
    simulator.errors.DataError: mine: sequence 1 holds the token 4; tokens are numbered 0 to 3.
    """
    for samples in (train, test):
        _check(name, task, samples)
    kept = _kept(task, train), _kept(task, test)
    digest = sha256 or fingerprint(*kept)
    return Dataset(name, task, *kept, digest, columns=columns, vocabulary=vocabulary)


def split(inputs: NDArray[Any], targets: NDArray[Any]) -> tuple[Samples, Samples]:
    """Return four fifths of drawn samples to train on, and the last fifth to test on."""
    count = len(inputs) - max(1, len(inputs) // 5)
    return (
        Samples(inputs[:count], targets[:count]),
        Samples(inputs[count:], targets[count:]),
    )


def _kept(task: Task, samples: Samples) -> Samples:
    kind = np.int32 if task.tokens else np.float32
    goals = np.intp if task.labels else np.float32
    return Samples(
        frozen(np.ascontiguousarray(samples.inputs, kind)),
        frozen(np.ascontiguousarray(samples.targets, goals)),
    )


def _check(name: str, task: Task, samples: Samples) -> None:
    inputs, targets = samples
    if not len(inputs):
        raise DataError(f'{name}: no sequences are left to train or test on; give a longer text.')
    if task.tokens:
        check_tokens(name, inputs, task.tokens)
    if task.labels:
        strange = np.argwhere((targets >= task.outputs) | (targets < (NONE if task.steps else 0)))
        if len(strange):
            row = strange[0][0]
            raise DataError(f'{name}: sequence {row} has a target that is no class or token.')


def check_tokens(name: str, inputs: NDArray[Any], tokens: int) -> None:
    """Refuse tokens outside the vocabulary, and sequences with gaps or without a token.

    Raises
    ------
    DataError
        Naming the first such sequence.
    """
    strange = np.argwhere((inputs >= tokens) | (inputs < NONE))
    if len(strange):
        row = strange[0][0]
        token = inputs[tuple(strange[0])]
        raise DataError(
            f'{name}: sequence {row} holds the token {token}; '
            f'tokens are numbered 0 to {tokens - 1}.'
        )
    there = inputs != NONE
    broken = ~there[:, 0] | (there[:, 1:] & ~there[:, :-1]).any(axis=1)
    if broken.any():
        raise DataError(
            f'{name}: sequence {broken.argmax()} is empty or has a gap; '
            f'{NONE} stands only after its last token.'
        )
