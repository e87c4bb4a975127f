"""The geometric median, to a certified gap."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from annotated_types import Gt, Lt

from simulator.robust.aggregation.constants import geometric_median_constant
from simulator.robust.aggregation.distances import coordinates, distances_to
from simulator.robust.aggregation.mean import combined
from simulator.robust.aggregation.rule import Context, Needs, Promises, rule
from simulator.robust.arrays import Matrix, Vector, Vectors

__all__ = ['geometric_median', 'median_weights', 'optimality_gap']

STEPS = 500
"""More steps than any search takes; one that rounding keeps from its gap ends here."""

GAP = 1e-6


def _flops(n: int, d: int, **_: Any) -> float:
    """Return what distances of all pairs, ten steps among n points, and one mean cost."""
    return float(n * n * d + 10 * n**3 + 2 * n * d)


@rule(
    needs=Needs(2, 1),
    flops=_flops,
    constant=geometric_median_constant,
    promises=Promises(weighted_by_samples=True),
)
def geometric_median(
    vectors: Vectors, context: Context, *, gap: Annotated[float, Gt(0), Lt(1)] = GAP
) -> Vector:
    """Return the point with the least sum of distances (not squared) to all vectors.

    It is found in the few dimensions that the vectors span, by Newton's method safeguarded by
    Weiszfeld's, until a bound from the optimality condition says that the sum of distances is
    within the gap of its minimum (rounding of float32 vectors comes on top; `optimality_gap`
    certifies any result). If the point is one of the vectors, it is returned exactly; if an
    even number of vectors on a line leave a choice, the middle is.

    Parameters
    ----------
    vectors : array, shape (n, d)
    context : Context
        Its samples, where given, weigh the distances.
    gap : float
        How far, relatively, the sum of distances may be from its minimum.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Pillutla, Kakade & Harchaoui, "Robust Aggregation for Federated Learning", IEEE
       Transactions on Signal Processing 70, 2022.
    .. [2] Vardi & Zhang, "The multivariate L1-median and associated data depth", PNAS 97, 2000.

    Examples
    --------
    >>> geometric_median(np.array([[1.0, 1.0], [1.0, 1.0], [9.0, -9.0]]))
    array([1., 1.])
    """
    mass = np.ones(len(vectors)) if context.samples is None else np.asarray(context.samples, float)
    weights = median_weights(coordinates(vectors), mass, gap)
    if weights.max() == 1:
        return np.array(vectors[np.argmax(weights)])
    return combined(weights, vectors)


def optimality_gap(vectors: Vectors, point: Vector, mass: Vector | None = None) -> float:
    r"""Return a bound on how far *point* is from being the geometric median.

    The sum of distances at the point is at most (1 + gap) times the least there is. With r the
    sum of the unit vectors from the point to the others and F the sum of distances, convexity
    bounds the excess over the minimum by \|r\| \|x* - x\|, and \|x* - x\| is at most 2 F / n; where
    the point is itself among the vectors, those there hold against r with their number.

    Parameters
    ----------
    vectors : array, shape (n, d)
    point : array, shape (d,)
    mass : array, shape (n,), optional
        Weights of the distances.

    Examples
    --------
    >>> corners = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    >>> optimality_gap(corners, np.zeros(2)), round(optimality_gap(corners, corners[0]), 6)
    (0.0, 2.414214)
    """
    mass = np.ones(len(vectors)) if mass is None else mass
    return _bound(*_pull(np.asarray(vectors, np.float64), mass, np.asarray(point, np.float64)))


def median_weights(points: Matrix, mass: Vector, gap: float = GAP) -> Vector:
    """Return the weights, positive and of sum 1, that average *points* to their median.

    Parameters
    ----------
    points : array, shape (n, r)
    mass : array, shape (n,)
        Weights of the distances.
    gap : float

    Returns
    -------
    array, shape (n,)
        A single 1 if the median is one of the points.
    """
    sums = np.array([mass @ distances_to(points, point) for point in points])
    best = int(np.argmin(sums))
    # if the best of the points is not the median, none is: no search then ends at a point,
    # where the sum of distances has no gradient
    if _bound(*_pull(points, mass, points[best])) <= gap:
        return _middle_of_best(points, mass, sums, best)
    distances = distances_to(points, _descended(points, mass, points[best], gap))
    weights = mass / np.maximum(distances, 1e-15 * distances.max())
    return np.asarray(weights / weights.sum())


def _middle_of_best(points: Matrix, mass: Vector, sums: Vector, best: int) -> Vector:
    """Return weights for the best of the points; on a line two may be equally good."""
    equal = sums <= sums[best] * (1 + 1e-12)
    apart = distances_to(points[equal], points[best]).max() * mass.sum()
    if apart <= 1e-9 * sums[best]:  # all the same, to rounding
        equal = np.arange(len(points)) == best
    return np.asarray(mass * equal / mass[equal].sum())


def _descended(points: Matrix, mass: Vector, start: Vector, gap: float) -> Vector:
    """Go from the best of the points, which is not the median, downhill to it."""
    point = start
    for _ in range(STEPS):
        units, nearness, held = _surroundings(points, mass, point)
        pull = mass @ units
        length = float(np.linalg.norm(pull))
        if _bound(length, held, mass.sum()) <= gap:
            break
        # of a point's own weight pulls back as much; then Weiszfeld's step always descends
        weiszfeld = pull * (1 - held / length) / nearness.sum()
        newton = np.linalg.solve(_hessian(units, nearness), pull)
        steps = [newton, newton / 4, weiszfeld]
        changes = [_change(points - point, mass, step) for step in steps]
        if min(changes) >= 0:  # nothing but rounding is left
            break
        point = point + steps[changes.index(min(changes))]
    return point


def _change(away: Matrix, mass: Vector, step: Vector) -> float:
    """Return what a step changes in the sum of distances, however far away some points are."""
    before, after = np.linalg.norm(away, axis=1), np.linalg.norm(away - step, axis=1)
    squares = step @ step - 2 * away @ step
    return float(mass @ (squares / np.maximum(before + after, np.finfo(float).tiny)))


def _surroundings(points: Matrix, mass: Vector, point: Vector) -> tuple[Matrix, Vector, float]:
    """Return unit vectors to the points, mass over distance, and the mass at the point itself."""
    away = points - point
    distances = np.linalg.norm(away, axis=1)
    there = distances == 0
    distances[there] = np.inf
    return away / distances[:, None], mass / distances, float(mass[there].sum())


def _pull(points: Matrix, mass: Vector, point: Vector) -> tuple[float, float, float]:
    units, _, held = _surroundings(points, mass, point)
    return float(np.linalg.norm(mass @ units)), held, float(mass.sum())


def _bound(pull: float, held: float, total: float) -> float:
    share = 2 * max(0.0, pull - held) / total
    return share / (1 - share) if share < 1 else np.inf


def _hessian(units: Matrix, nearness: Vector) -> Matrix:
    total = nearness.sum()
    hessian = -(units.T * nearness) @ units
    # a little more than its diagonal, lest points on one line make it singular
    hessian[np.diag_indices_from(hessian)] += total * (1 + 1e-10)
    return np.asarray(hessian)
