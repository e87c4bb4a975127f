"""What a round shows of an aggregate, seen with the eyes of who knows the liars."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from simulator.robust.arrays import Indices, Vector, Vectors, mean_of, squared_norms

__all__ = ['Closeness', 'angle', 'byzantine_share', 'distance', 'variance_to_norm']


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


class Closeness(NamedTuple):
    """How an aggregate stands to the honest vectors, as sums over coordinates.

    So what is measured of the slices of a vector adds up to what holds for the whole.

    Attributes
    ----------
    away : float
        |F - mean|^2.
    inner : float
        <F, mean>.
    aggregate, mean : float
        |F|^2, |mean|^2.
    variance : float
        Squared distances of the honest vectors from their mean, divided by h - 1; nan for one.
    honest : int
        h.

    Examples
    --------
    >>> honest = np.array([[0.0, 2.0], [2.0, 2.0]])
    >>> whole = Closeness.of(np.array([4.0, 6.0]), honest)
    >>> whole.distance, whole.variance_to_norm == variance_to_norm(honest)
    (5.0, True)
    >>> left = Closeness.of(np.array([4.0]), honest[:, :1])
    >>> right = Closeness.of(np.array([6.0]), honest[:, 1:])
    >>> left + right == whole
    True
    """

    away: float
    inner: float
    aggregate: float
    mean: float
    variance: float
    honest: int

    @classmethod
    def of(cls, aggregate: Vector, honest: Vectors) -> Closeness:
        """Measure an aggregate (d,), the honest vectors (h, d) being known."""
        with np.errstate(all='ignore'):
            centre = mean_of(honest)
            apart = honest - centre
            spread = squared_norms(apart).sum(dtype=np.float64)
            mean, result = centre.astype(np.float64), aggregate.astype(np.float64)
            away = result - mean
            freedom = len(honest) - 1
            return cls(
                float(away @ away),
                float(result @ mean),
                float(result @ result),
                float(mean @ mean),
                float(spread) / freedom if freedom else float('nan'),
                len(honest),
            )

    def __add__(self, other: Closeness) -> Closeness:  # type: ignore[override]
        """Return what holds for two slices together."""
        return Closeness(
            self.away + other.away,
            self.inner + other.inner,
            self.aggregate + other.aggregate,
            self.mean + other.mean,
            self.variance + other.variance,
            min(self.honest, other.honest),
        )

    @property
    def distance(self) -> float:
        """|F - mean|."""
        return float(np.sqrt(self.away))

    @property
    def angle(self) -> float:
        """Between F and the mean, in radians; nan if one is zero or not finite."""
        with np.errstate(all='ignore'):
            cosine = self.inner / np.sqrt(np.float64(self.aggregate) * self.mean)
            return float(np.arccos(np.clip(cosine, -1, 1)))

    @property
    def variance_to_norm(self) -> float:
        """As the function of that name says."""
        if self.honest < 2:
            return float('nan')
        square = self.mean - self.variance / self.honest
        return self.variance / square if square > 0 else float('inf')


def byzantine_share(selected: Indices, byzantine: Collection[int]) -> float:
    """Return which share of the selected vectors is Byzantine.

    Examples
    --------
    >>> byzantine_share(np.array([0, 3, 4, 7]), {7, 8})
    0.25
    """
    return sum(each in byzantine for each in selected.tolist()) / len(selected)
