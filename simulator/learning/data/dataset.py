"""A data set: samples to train on, samples to test on, and what they ask of a model."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256 as sha256_of
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.arrays import frozen
from simulator.learning.data.checks import check, check_test
from simulator.learning.task import Task

Columns = Mapping[str, NDArray[Any]]
"""What else is known of each sample, by name: values of shape (N,)."""

NO_COLUMNS: Columns = MappingProxyType({})

TEST_EVERY = 5
"""Of each class every fifth sample, in the order of the data, is kept for testing."""


class Samples(NamedTuple):
    """Inputs (N, ...) in float32, and targets: classes (N,), or values (N, k).

    Tokens (N, T) are whole numbers. Where a sample has a target a step, targets have that axis
    after the first: (N, steps), or (N, steps, k).
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]


class Dataset(NamedTuple):
    """Samples to train on and to test on.

    Attributes
    ----------
    name : str
    task : Task
        What it asks of a model.
    train, test : Samples
        Read-only arrays.
    sha256 : str
        Hash of the file it came from, or of the numbers where they were drawn.
    validation : Samples, optional
        Taken from the training samples, to tell when to stop.
    columns : mapping of str to array, shape (N,)
        What else is known of each training sample, by which a partition may go.
    vocabulary : tuple of str
        What tokens stand for, by number; empty where inputs are no tokens, or plain numbers.
    """

    name: str
    task: Task
    train: Samples
    test: Samples
    sha256: str
    validation: Samples | None = None
    columns: Columns = NO_COLUMNS
    vocabulary: tuple[str, ...] = ()


def dataset(
    name: str,
    inputs: NDArray[Any],
    targets: NDArray[Any],
    test: Samples | None = None,
    sha256: str | None = None,
    columns: Columns = NO_COLUMNS,
) -> Dataset:
    """Return the data set of these samples, after a look at whether they make one.

    Parameters
    ----------
    name : str
        For messages.
    inputs : array, shape (N, ...)
    targets : array of int, shape (N,), or of float, shape (N, k)
        Classes 0..c-1, or values.
    test : Samples, optional
        To test on; else a fifth is held out, of each class.
    sha256 : str, optional
        Of the file they came from.
    columns : mapping of str to array, shape (N,)
        What else is known of each of these samples.

    Raises
    ------
    DataError
        If numbers are not finite, samples are missing, or classes are not 0..c-1 with c > 1.

    Examples
    --------
    >>> dataset('small', np.arange(10.0).reshape(10, 1), np.arange(10) % 2).test.targets
    array([0, 1])
    """
    check(name, inputs, targets)
    if test is None:
        out = held_out(targets)
        train, test = (Samples(inputs[rows], targets[rows]) for rows in (~out, out))
        columns = {name: values[~out] for name, values in columns.items()}
    else:
        train = Samples(inputs, targets)
        check_test(name, train.inputs, train.targets, *test)
    if not len(test.inputs):
        raise DataError(
            f'{name}: {len(inputs)} samples leave none to test on; '
            f'a class takes {TEST_EVERY} or more.'
        )
    labels = targets.ndim == 1
    task = Task(inputs.shape[1:], int(targets.max()) + 1 if labels else targets.shape[1], labels)
    parts = _kept(train), _kept(test)
    return Dataset(name, task, *parts, sha256 or fingerprint(*parts), columns=columns)


def held_out(targets: NDArray[Any]) -> NDArray[np.bool_]:
    """Say which samples are for testing: a fifth (of each class), whatever the scenario's seed.

    Examples
    --------
    >>> held_out(np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])).nonzero()[0].tolist()
    [4, 9]
    """
    chosen = np.zeros(len(targets), bool)
    labels = targets if targets.ndim == 1 else np.zeros(len(targets))
    for label in np.unique(labels):
        chosen[np.flatnonzero(labels == label)[TEST_EVERY - 1 :: TEST_EVERY]] = True
    return chosen


def standardized(data: Dataset) -> Dataset:
    """Return *data* with inputs (and values) of mean 0 and deviation 1 over the training samples.

    What does not vary is left at 0. The hash stays: it says where the data came from.

    Examples
    --------
    >>> small = dataset('small', np.arange(10.0).reshape(10, 1), np.arange(10) % 2)
    >>> round(float(standardized(small).train.inputs.std()), 6)
    1.0
    """
    trains, tests = list(data.train), list(data.test)
    for column in (0,) if data.task.labels else (0, 1):
        mean = trains[column].mean(axis=0, dtype=np.float64)
        spread = trains[column].std(axis=0, dtype=np.float64)
        for part in (trains, tests):
            part[column] = (part[column] - mean) / np.where(spread > 0, spread, 1)
    return data._replace(train=_kept(Samples(*trains)), test=_kept(Samples(*tests)))


def fingerprint(*parts: Samples) -> str:
    """Return the SHA-256 of all numbers in *parts*."""
    digest = sha256_of()
    for part in parts:
        for array in part:
            digest.update(repr((array.dtype.str, array.shape)).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _kept(samples: Samples) -> Samples:
    kind = np.intp if samples.targets.ndim == 1 else np.float32
    return Samples(
        frozen(np.ascontiguousarray(samples.inputs, np.float32)),
        frozen(np.ascontiguousarray(samples.targets, kind)),
    )
