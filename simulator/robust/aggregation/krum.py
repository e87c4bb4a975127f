"""Krum and Multi-Krum: trust the vectors that have the closest neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from simulator.robust.aggregation.constants import krum_constant
from simulator.robust.aggregation.distances import squared_distances
from simulator.robust.aggregation.mean import average
from simulator.robust.aggregation.rule import Needs, rule
from simulator.robust.arrays import Indices, Matrix, Vector, Vectors

__all__ = ['KRUM', 'krum', 'krum_order', 'krum_scores', 'multi_krum', 'order_of', 'pair_flops']

KRUM = Needs(2, 3)


def pair_flops(n: int, d: int, **_: Any) -> float:
    """Return what the distances of all pairs cost: one n by n matrix product, half of it."""
    return float(n * n * d)


def krum_scores(distances: Matrix, neighbours: int) -> Vector:
    """Return each vector's sum of squared distances to its nearest *others*.

    Parameters
    ----------
    distances : array, shape (n, n)
        Squared.
    neighbours : int
        How many others count; fewer do where there are fewer.

    Examples
    --------
    >>> krum_scores(np.array([[0.0, 1.0, 9.0], [1.0, 0.0, 4.0], [9.0, 4.0, 0.0]]), 1)
    array([1., 1., 4.])
    """
    others = distances.copy()
    np.fill_diagonal(others, np.inf)  # itself is no neighbour: it sorts last, and is cut off
    nearest = np.sort(others, axis=1)[:, : min(neighbours, len(others) - 1)]
    return np.asarray(nearest.sum(axis=1))


def order_of(scores: Vector, distances: Matrix) -> Indices:
    """Return all vectors, the least score first; of equal ones the one nearer to all.

    Scores tie by their nature: two vectors that are each other's only neighbour have the same.
    What rounding makes of a tie must not depend on the order in which vectors come, so scores
    are compared to 24 bits.

    Examples
    --------
    >>> line = np.array([[0.0], [1.0], [5.0]])
    >>> order_of(np.array([0.1 + 0.2, 0.3, 16.0]), (line - line.T) ** 2)
    array([1, 0, 2])
    """
    mantissas, exponents = np.frexp(scores)
    return np.lexsort((distances.sum(axis=1), np.ldexp(np.rint(mantissas * 2**24), exponents)))


def krum_order(distances: Matrix, neighbours: int) -> Indices:
    """Return all vectors, the least score first."""
    return order_of(krum_scores(distances, neighbours), distances)


def best_scored(vectors: Vectors, *, f: int, keep: int | None = None) -> Indices:
    """Return the *keep* vectors of least score, best first."""
    neighbours = len(vectors) - f - 2
    order = krum_order(squared_distances(vectors), neighbours)
    return order[: neighbours if keep is None else keep]


def _keep_fits(n: int, *, f: int, keep: int | None = None) -> Iterator[str]:
    if keep is not None and keep > n - f - 2:
        yield f'multi_krum needs keep <= n - f - 2: n={n}, f={f}, keep={keep}'


@rule(
    needs=KRUM,
    flops=pair_flops,
    constant=krum_constant,
    selects=lambda vectors, *, f: best_scored(vectors, f=f, keep=1),
)
def krum(vectors: Vectors, chosen: Indices, *, f: Annotated[int, Ge(0)]) -> Vector:
    """Return the vector with the least sum of squared distances to its nearest neighbours.

    A vector is scored by its n - f - 2 nearest *others*, so that f colluding vectors cannot
    vouch for each other. Of equal scores the vector nearer to all wins, then the first in order.

    Parameters
    ----------
    vectors : array, shape (n, d)
    chosen : array of int
        Those that the rule has selected.
    f : int
        Byzantine vectors to survive; needs n >= 2f + 3.

    Returns
    -------
    array, shape (d,)
        One of the vectors.

    References
    ----------
    .. [1] Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient
       Descent", NeurIPS 2017.

    Examples
    --------
    >>> krum(np.array([[1.0, 0.0], [1.1, 0.0], [0.8, 0.0], [1.4, 0.0], [9.0, -9.0]]), f=1)
    array([1., 0.])
    """
    return np.array(vectors[chosen[0]])


@rule(
    needs=KRUM,
    flops=pair_flops,
    constant=krum_constant,
    problems=_keep_fits,
    selects=best_scored,
)
def multi_krum(
    vectors: Vectors,
    chosen: Indices,
    *,
    f: Annotated[int, Ge(0)],
    keep: Annotated[int, Ge(1)] | None = None,
) -> Vector:
    """Average the vectors with the least Krum scores.

    Parameters
    ----------
    vectors : array, shape (n, d)
    chosen : array of int
        Those that the rule has selected.
    f : int
        Byzantine vectors to survive; needs n >= 2f + 3.
    keep : int
        How many to average, at most n - f - 2, which is also the default; 1 is Krum.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient
       Descent", NeurIPS 2017.

    Examples
    --------
    >>> multi_krum(np.array([[1.0], [2.0], [3.0], [4.0], [99.0]]), f=1)
    array([2.5])
    """
    return average(vectors, chosen)
