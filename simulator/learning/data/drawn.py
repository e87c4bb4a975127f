"""Data drawn at random: small problems with known answers."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from simulator.learning.data.dataset import Dataset, Samples, dataset

Count = Annotated[int, Ge(10), Le(10_000_000)]
Noise = Annotated[float, Ge(0)]


def xor(
    rng: np.random.Generator,
    *,
    samples: Annotated[int, Ge(4), Le(10_000_000)] = 4,
    noise: Noise = 0.0,
) -> Dataset:
    """Exclusive or: the corners of a square, of which opposite ones share a class.

    The least problem that no linear model solves.

    Parameters
    ----------
    samples : int
        To train on, dealt to the four corners in turn; as many more to test on.
    noise : float
        Standard deviation around the corners; at 0 the test samples are the training samples.

    References
    ----------
    .. [1] Minsky & Papert, "Perceptrons", MIT Press, 1969.

    Examples
    --------
    >>> data = xor(np.random.default_rng(0))
    >>> data.train.inputs.tolist(), data.train.targets.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    corners = np.resize(np.arange(4), samples)
    labels = (corners % 3 > 0).astype(np.intp)
    exact = np.stack([corners // 2, corners % 2], axis=1)
    train, test = (exact + noise * rng.standard_normal(exact.shape) for _ in range(2))
    return dataset('xor', train, labels, Samples(test, labels))


def blobs(
    rng: np.random.Generator,
    *,
    samples: Count = 1000,
    classes: Annotated[int, Ge(2), Le(10_000)] = 3,
    dimensions: Annotated[int, Ge(1), Le(10_000)] = 2,
    spread: Noise = 0.3,
) -> Dataset:
    """Gaussian clouds around random centres, one a class, in equal numbers.

    Parameters
    ----------
    samples : int
        Altogether, a fifth of each class for testing.
    classes : int
    dimensions : int
    spread : float
        Standard deviation of a cloud; centres are drawn with deviation 1.

    Examples
    --------
    >>> blobs(np.random.default_rng(0), classes=4, dimensions=5).task
    Task(inputs=(5,), outputs=4, labels=True)
    """
    labels = np.resize(np.arange(classes), samples)
    centres = rng.standard_normal((classes, dimensions))
    inputs = centres[labels] + spread * rng.standard_normal((samples, dimensions))
    return dataset('blobs', inputs, labels)


def spirals(
    rng: np.random.Generator,
    *,
    samples: Count = 1000,
    classes: Annotated[int, Ge(2), Le(10_000)] = 2,
    turns: Annotated[float, Ge(0)] = 1.5,
    noise: Noise = 0.02,
) -> Dataset:
    """Arms of a spiral wound around one another, one a class: hard for shallow networks.

    Parameters
    ----------
    samples : int
        Altogether, a fifth of each class for testing.
    classes : int
        Arms.
    turns : float
        How often an arm goes round, from the centre to radius 1.
    noise : float
        Standard deviation around the arm.

    References
    ----------
    .. [1] Lang & Witbrock, "Learning to Tell Two Spirals Apart", Connectionist Models Summer
       School, 1988.

    Examples
    --------
    >>> spirals(np.random.default_rng(0)).task
    Task(inputs=(2,), outputs=2, labels=True)
    """
    labels = np.resize(np.arange(classes), samples)
    radius = np.sqrt(rng.random(samples))
    angle = 2 * np.pi * (turns * radius + labels / classes)
    inputs = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return dataset('spirals', inputs + noise * rng.standard_normal(inputs.shape), labels)


def moons(rng: np.random.Generator, *, samples: Count = 1000, noise: Noise = 0.1) -> Dataset:
    """Two half circles that reach into each other.

    Parameters
    ----------
    samples : int
        Altogether, a fifth of each class for testing.
    noise : float
        Standard deviation around the half circles, whose radius is 1.

    Examples
    --------
    >>> moons(np.random.default_rng(0)).task
    Task(inputs=(2,), outputs=2, labels=True)
    """
    labels = np.resize(np.arange(2), samples)
    angle = np.pi * (rng.random(samples) + labels)
    centres = np.array([[0.0, 0.0], [1.0, 0.5]])
    inputs = centres[labels] + np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return dataset('moons', inputs + noise * rng.standard_normal(inputs.shape), labels)
