"""The n - f vectors that lie closest together, exactly."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from simulator.robust.aggregation.constants import brute_constant
from simulator.robust.aggregation.diameter import least_diameter
from simulator.robust.aggregation.distances import squared_distances
from simulator.robust.aggregation.mean import average
from simulator.robust.aggregation.rule import Needs, rule
from simulator.robust.arrays import Indices, Vector, Vectors

__all__ = ['brute']


def _closest_together(vectors: Vectors, *, f: int) -> Indices:
    return np.array(least_diameter(squared_distances(vectors), len(vectors) - f))


def _flops(n: int, d: int, *, f: int, **_: Any) -> float:
    """Return what distances, a mean, and about 1.47^f n steps for each of log2 n^2 radii cost."""
    return float(n * n * d + n * d + 1.47**f * n * 2 * np.log2(max(n, 2)))


@rule(needs=Needs(2, 1), flops=_flops, constant=brute_constant, selects=_closest_together)
def brute(vectors: Vectors, chosen: Indices, *, f: Annotated[int, Ge(0)]) -> Vector:
    """Average the n - f vectors of least diameter: minimum diameter averaging (MDA).

    It is exact, but does not enumerate subsets: see `diameter`. Where several subsets have the
    least diameter, the one with the least sum of squared distances is taken; where several have
    that, the lexicographically first.

    Parameters
    ----------
    vectors : array, shape (n, d)
    chosen : array of int
        Those that the rule has selected.
    f : int
        Byzantine vectors to survive; needs n >= 2f + 1. The search takes about 1.47^f steps.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] El Mhamdi, Guerraoui & Rouault, "The Hidden Vulnerability of Distributed Learning in
       Byzantium", ICML 2018.
    .. [2] Rousseeuw, "Multivariate estimation with high breakdown point", Mathematical Statistics
       and Applications B, 1985 (the minimal volume idea that it goes back to).

    Examples
    --------
    >>> brute(np.array([[0.0], [1.0], [2.0], [9.0]]), f=1)
    array([1.])
    """
    return average(vectors, chosen)
