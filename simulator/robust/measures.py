"""What a round shows of an aggregate, seen with the eyes of who knows the liars."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from simulator.robust.arrays import Indices, Vector, Vectors

__all__ = ['angle', 'byzantine_share', 'distance', 'variance_to_norm']


def distance(aggregate: Vector, honest: Vectors) -> float:
    """Return how far an aggregate (d,) is from the mean of the honest vectors (h, d).

    Examples
    --------
    >>> distance(np.array([4.0, 6.0]), np.array([[0.0, 2.0], [2.0, 2.0]]))
    5.0
    """
    mean = honest.mean(axis=0, dtype=np.float64)
    return float(np.linalg.norm(aggregate - mean))


def angle(one: Vector, other: Vector) -> float:
    """Return the angle between two vectors in radians; nan if one is zero or not finite.

    Examples
    --------
    >>> round(angle(np.array([2.0, 0.0]), np.array([3.0, 3.0])) / np.pi, 6)
    0.25
    """
    with np.errstate(all='ignore'):
        first, second = one.astype(np.float64), other.astype(np.float64)
        cosine = first @ second / (np.linalg.norm(first) * np.linalg.norm(second))
        return float(np.arccos(np.clip(cosine, -1, 1)))


def variance_to_norm(honest: Vectors) -> float:
    """Return E|G - E G|^2 / |E G|^2 of the honest vectors (h, d): what conditions of rules bound.

    Estimated from h vectors: the variance is divided by h - 1, and the mean's squared norm is
    lessened by what chance adds to it.

    Returns
    -------
    float
        inf where the mean can't be told from zero, nan for a single vector.

    Examples
    --------
    >>> variance_to_norm(np.array([[1.0, 0.0], [3.0, 0.0]]))
    0.6666666666666666
    """
    if len(honest) < 2:
        return float('nan')
    mean = honest.mean(axis=0, dtype=np.float64)
    variance = float(((honest - mean) ** 2).sum()) / (len(honest) - 1)
    square = float(mean @ mean) - variance / len(honest)
    return variance / square if square > 0 else float('inf')


def byzantine_share(selected: Indices, byzantine: Collection[int]) -> float:
    """Return which share of the selected vectors is Byzantine.

    Examples
    --------
    >>> byzantine_share(np.array([0, 3, 4, 7]), {7, 8})
    0.25
    """
    return float(np.isin(selected, list(byzantine)).mean())
