"""A line search for the most harmful length of a lie."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.robust.arrays import Vector
from simulator.robust.attacks.attack import View

__all__ = ['highest', 'most_harmful']

POWERS = sorted((2.0**k for k in range(-4, 5)), key=lambda x: abs(np.log(x)))
"""What is tried first, in this order."""


def most_harmful(view: View, origin: Vector, direction: Vector, evaluations: int) -> Vector:
    """Return the point origin + x direction, x > 0, that moves the rule's result most that way.

    What counts is the result's way from the honest mean along the direction: Krum, which returns
    a single vector, is always far from the mean somehow.

    Parameters
    ----------
    view : View
    origin, direction : array, shape (d,)
    evaluations : int
        How often the rule is tried out.
    """
    mean, along = view.mean.astype(np.float64), direction.astype(np.float64)

    def moved(x: float) -> float:
        away = float((view.outcome(origin + x * direction) - mean) @ along)
        return away if np.isfinite(away) else -np.inf

    return np.asarray(origin + highest(moved, evaluations) * direction)


def highest(value: Callable[[float], float], evaluations: int) -> float:
    """Return an x > 0 of high value: the best power of 2 first, then between its neighbours.

    Rules drop what is too far, so the value is no smooth function of x: no optimum is promised,
    but nothing worse than x = 1 is returned. Powers from 1/16 to 16 are tried, and larger ones
    while that helps.

    Examples
    --------
    >>> round(highest(lambda x: -abs(x - 11), 30), 2)
    11.0
    """
    tried = {x: value(x) for x in POWERS[:evaluations]}
    best = max(tried, key=tried.__getitem__)
    while best == max(tried) and len(tried) < evaluations:
        tried[2 * best] = value(2 * best)
        best = max(tried, key=tried.__getitem__)
    step = best / 2
    while len(tried) < evaluations:
        step /= 2
        for x in (best + step, best - step)[: evaluations - len(tried)]:
            tried[x] = value(x)
        best = max(tried, key=tried.__getitem__)
    return best
