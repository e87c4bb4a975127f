"""Data drawn at random: small problems with known answers."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from simulator.errors import DataError
from simulator.learning.data.dataset import Dataset, classification, fingerprint, labelled
from simulator.learning.task import Task


def xor(
    rng: np.random.Generator,
    *,
    samples: Annotated[int, Ge(4)] = 4,
    noise: Annotated[float, Ge(0)] = 0.0,
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
    labels = np.isin(corners, (1, 2))
    exact = np.stack([corners // 2, corners % 2], axis=1)
    train, test = (
        labelled(exact + noise * rng.standard_normal(exact.shape), labels) for _ in range(2)
    )
    return Dataset('xor', Task((2,), 2), train, test, fingerprint(train, test))


def blobs(
    rng: np.random.Generator,
    *,
    samples: Annotated[int, Gt(0)] = 1000,
    classes: Annotated[int, Ge(2)] = 3,
    dimensions: Annotated[int, Gt(0)] = 2,
    spread: Annotated[float, Ge(0)] = 0.3,
) -> Dataset:
    """Gaussian clouds around random centres, one a class, in equal numbers.

    Parameters
    ----------
    samples : int
        Altogether, a fifth of which is for testing; at least five a class.
    classes : int
    dimensions : int
    spread : float
        Standard deviation of a cloud; centres are drawn with deviation 1.

    Examples
    --------
    >>> blobs(np.random.default_rng(0), classes=4, dimensions=5).task
    Task(inputs=(5,), outputs=4, labels=True)
    """
    if samples < 5 * classes:
        raise DataError(f'blobs: samples(={samples}) must be >= {5 * classes}, five a class.')
    labels = np.resize(np.arange(classes), samples)
    centres = rng.standard_normal((classes, dimensions))
    inputs = centres[labels] + spread * rng.standard_normal((samples, dimensions))
    return classification('blobs', inputs, labels)
