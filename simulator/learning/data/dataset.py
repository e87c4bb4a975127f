"""A data set: samples to train on, samples to test on, and what they ask of a model."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.learning.arrays import Floats, frozen
from simulator.learning.task import Task

TEST_EVERY = 5
"""Of each class every fifth sample, in the order of the data, is kept for testing."""


class Samples(NamedTuple):
    """Inputs (N, ...) in float32, and targets: classes (N,), or values (N, k)."""

    inputs: Floats
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
    """

    name: str
    task: Task
    train: Samples
    test: Samples
    sha256: str


def held_out(labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Say which samples are for testing: a fifth of each class, whatever the scenario's seed.

    Examples
    --------
    >>> held_out(np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])).nonzero()[0].tolist()
    [4, 9]
    """
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        chosen[np.flatnonzero(labels == label)[TEST_EVERY - 1 :: TEST_EVERY]] = True
    return chosen


def fingerprint(*parts: Samples) -> str:
    """Return the SHA-256 of all numbers in *parts*."""
    digest = sha256()
    for part in parts:
        for array in part:
            digest.update(repr((array.dtype.str, array.shape)).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def labelled(inputs: NDArray[Any], labels: NDArray[Any]) -> Samples:
    """Return read-only samples of classes."""
    return Samples(
        frozen(np.ascontiguousarray(inputs, np.float32)),
        frozen(np.ascontiguousarray(labels, np.intp)),
    )


def classification(
    name: str, inputs: NDArray[Any], labels: NDArray[Any], sha256: str | None = None
) -> Dataset:
    """Return the data set of samples of classes 0..c-1, a fifth of each held out.

    Parameters
    ----------
    name : str
    inputs : array, shape (N, ...)
    labels : array of int, shape (N,)
    sha256 : str, optional
        Of the file they came from.
    """
    test = held_out(labels)
    parts = [labelled(inputs[rows], labels[rows]) for rows in (~test, test)]
    task = Task(inputs.shape[1:], int(labels.max()) + 1)
    return Dataset(name, task, parts[0], parts[1], sha256 or fingerprint(*parts))
