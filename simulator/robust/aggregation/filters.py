"""Rules that look for the direction in which the vectors spread most, and filter along it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt

from simulator.robust.aggregation.distances import coordinates
from simulator.robust.aggregation.krum import pair_flops
from simulator.robust.aggregation.mean import average, combined
from simulator.robust.aggregation.rule import Context, Needs, Promises, rule
from simulator.robust.arrays import Indices, Matrix, Vector, Vectors

__all__ = ['caf', 'dnc']


def _caf_flops(n: int, d: int, *, f: int) -> float:
    """Return what distances of all pairs, eigenvectors of small matrices, and a mean cost."""
    return pair_flops(n, d) + 10.0 * n**3 * (2 * f + 1) + 2.0 * n * d


@rule(needs=Needs(2, 1), flops=_caf_flops)
def caf(vectors: Vectors, *, f: Annotated[int, Ge(0)]) -> Vector:
    """Lower the weights of vectors that stick out until the spread is least; no bound is needed.

    All weights c begin at 1. While their sum is more than n - 2f: take the weighted mean and
    covariance, remember the mean of the least largest eigenvalue so far, and multiply each weight
    by 1 - t / max t, where t is the squared deviation from the mean along the top eigenvector.
    The remembered mean is the result (the covariance-bound-agnostic filter).

    Parameters
    ----------
    vectors : array, shape (n, d)
    f : int
        Byzantine vectors to survive; needs n >= 2f + 1.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Allouah, Guerraoui & Stephan, "Towards Trustworthy Federated Learning with Untrusted
       Participants", ICML 2025.

    Examples
    --------
    >>> caf(np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [50.0, -9.0]]), f=1)
    array([1., 1.])
    """
    points, n = coordinates(vectors), len(vectors)
    weights = np.ones(n)
    best, least = weights, np.inf
    while weights.sum() > n - 2 * f:
        spread, squares = _top_direction(points, weights)
        if spread < least:
            best, least = weights, spread
        # a vector without weight has no say; each round takes all weight from one at least
        largest = squares[weights > 0].max()
        if largest == 0:
            break
        weights = weights * np.maximum(1 - squares / largest, 0)
    return combined(best / best.sum(), vectors)


def _top_direction(points: Matrix, weights: Vector) -> tuple[float, Vector]:
    """Return the largest eigenvalue of the covariance, and squared deviations along its axis."""
    shares = weights / weights.sum()
    away = points - shares @ points
    values, axes = np.linalg.eigh((away.T * shares) @ away)
    return float(values[-1]), np.asarray((away @ axes[:, -1]) ** 2)


def _kept(
    vectors: Vectors,
    context: Context,
    *,
    f: int,
    iterations: int = 1,
    sample: int = 10_000,
    filtered: float = 1.0,
) -> Indices:
    """Return the vectors that no iteration has filtered out."""
    n, d = vectors.shape
    rng = context.draws('dnc')
    kept = np.ones(n, dtype=bool)
    for _ in range(iterations):
        drawn = rng.choice(d, min(sample, d), replace=False, shuffle=False)
        scores = _outlier_scores(vectors[:, np.sort(drawn)])
        kept[np.argsort(scores, kind='stable')[n - _removed(f, filtered) :]] = False
    return np.flatnonzero(kept)


def _outlier_scores(vectors: Vectors) -> Vector:
    """Return squared projections on the top right singular vector of the centred vectors."""
    away = vectors - vectors.mean(axis=0, dtype=np.float64)
    # left singular vectors are found in n dimensions, and give the same order
    return np.asarray(np.linalg.eigh(away @ away.T)[1][:, -1] ** 2)


def _removed(f: int, filtered: float) -> int:
    return int(np.ceil(filtered * f - 1e-9))


def _leaves_some(
    n: int, *, f: int, iterations: int = 1, filtered: float = 1.0, **_: Any
) -> Iterator[str]:
    gone = iterations * _removed(f, filtered)
    if gone >= n:
        yield (
            f'dnc needs n > iterations * filtered * f: n={n}, f={f}, iterations={iterations}, '
            f'filtered={filtered:g}'
        )


def _dnc_flops(n: int, d: int, *, iterations: int = 1, sample: int = 10_000, **_: Any) -> float:
    """Return what the products and eigenvectors of each iteration, and a mean, cost."""
    each = pair_flops(n, min(sample, d)) + 10.0 * n**3
    return iterations * each + n * d


@rule(
    needs=Needs(2, 1),
    flops=_dnc_flops,
    # by chance, not by right: coordinates are drawn, and an inlying liar may stay
    promises=Promises(returns_unanimous=False),
    problems=_leaves_some,
    selects=_kept,
)
def dnc(
    vectors: Vectors,
    chosen: Indices,
    *,
    f: Annotated[int, Ge(0)],
    iterations: Annotated[int, Ge(1)] = 1,
    sample: Annotated[int, Ge(1)] = 10_000,
    filtered: Annotated[float, Gt(0)] = 1.0,
) -> Vector:
    """Divide and conquer: drop what sticks out along the top direction of sampled coordinates.

    Each iteration draws coordinates and filters out the vectors with the largest projections on
    the top singular vector of the centred sample; those that no iteration filters are averaged.

    Parameters
    ----------
    vectors : array, shape (n, d)
    chosen : array of int
        Those that no iteration filters; the context draws the coordinates.
    f : int
        Byzantine vectors to survive; needs n >= 2f + 1.
    iterations : int
        Draws of coordinates.
    sample : int
        How many coordinates are drawn; all, where there are fewer.
    filtered : float
        How many times f vectors an iteration filters out.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Shejwalkar & Houmansadr, "Manipulating the Byzantine: Optimizing Model Poisoning Attacks
       and Defenses for Federated Learning", NDSS 2021.

    Examples
    --------
    >>> here = Context(rng=np.random.default_rng(0))
    >>> dnc(np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 4.0], [9.0, -50.0]]), here, f=1)
    array([1., 3.])
    """
    return average(vectors, chosen)
