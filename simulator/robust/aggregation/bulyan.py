"""Bulyan: pick with a rule, one vector after another, then trust only values near the median."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from simulator.robust.aggregation.constants import bulyan_constant
from simulator.robust.aggregation.coordinatewise import median, near_median, sorting_flops
from simulator.robust.aggregation.diameter import least_diameter
from simulator.robust.aggregation.distances import (
    coordinates,
    distances_to,
    squared_distances,
)
from simulator.robust.aggregation.geometric_median import median_weights
from simulator.robust.aggregation.krum import krum_order, order_of, pair_flops
from simulator.robust.aggregation.rule import Needs, rule
from simulator.robust.arrays import Indices, Vector, Vectors

__all__ = ['bulyan']

Inner = Literal['krum', 'median', 'geometric_median', 'brute']
Nearest = Callable[[Indices], int]
"""Takes the vectors that are left, returns which is closest to what the rule makes of them."""


def _picks(vectors: Vectors, *, f: int, over: Inner = 'krum') -> Indices:
    """Return n - 2f vectors, each the closest to what the rule makes of those left by then."""
    nearest_of = _NEAREST[over](vectors, f)
    left = np.arange(len(vectors))
    picked = []
    for _ in range(len(vectors) - 2 * f):
        nearest = nearest_of(left)
        picked.append(left[nearest])
        left = np.delete(left, nearest)
    return np.array(picked)


def _from_krum(vectors: Vectors, f: int) -> Nearest:
    # what Krum returns is itself one of the vectors
    distances = squared_distances(vectors)

    def nearest(left: Indices) -> int:
        return int(krum_order(distances[np.ix_(left, left)], max(1, len(left) - f - 2))[0])

    return nearest


def _from_median(vectors: Vectors, f: int) -> Nearest:
    return lambda left: int(np.argmin(distances_to(vectors, median(vectors[left]))[left]))


def _from_geometric_median(vectors: Vectors, f: int) -> Nearest:
    points = coordinates(vectors)

    def nearest(left: Indices) -> int:
        weights = median_weights(points[left], np.ones(len(left)))
        return int(np.argmin(distances_to(points[left], weights @ points[left])))

    return nearest


def _from_brute(vectors: Vectors, f: int) -> Nearest:
    distances = squared_distances(vectors)

    def nearest(left: Indices) -> int:
        among = distances[np.ix_(left, left)]
        # |v - mean of a subset|^2 is the mean of |v - member|^2, less the same for all v
        farness = among[:, least_diameter(among, len(left) - f)].mean(axis=1)
        return int(order_of(farness, among)[0])

    return nearest


_NEAREST: dict[str, Callable[[Vectors, int], Nearest]] = {
    'krum': _from_krum,
    'median': _from_median,
    'geometric_median': _from_geometric_median,
    'brute': _from_brute,
}


def _flops(n: int, d: int, *, f: int, over: Inner = 'krum') -> float:
    """Return what picking and the last step cost; over the median each pick sorts anew."""
    picks = n - 2 * f
    inner = sorting_flops(n, d) + 3.0 * n * d if over == 'median' else float(n * n)
    return pair_flops(n, d) + picks * inner + sorting_flops(picks, d)


@rule(needs=Needs(4, 3), flops=_flops, constant=bulyan_constant, selects=_picks)
def bulyan(
    vectors: Vectors, chosen: Indices, *, f: Annotated[int, Ge(0)], over: Inner = 'krum'
) -> Vector:
    """Average, in each coordinate, the values closest to the median of well-chosen vectors.

    First n - 2f vectors are picked, one at a time: each is the vector closest to what an inner
    rule makes of those not yet picked. (Krum scores over at least one neighbour, however few are
    left; of two equally close the one nearer to all goes first, then the first in order.) Then
    each coordinate is the mean of the n - 4f picked values closest to their median. So a liar
    cannot hide one large coordinate in a long vector: the leeway of about sqrt(d) that Krum leaves
    shrinks to about 1/sqrt(d).

    Parameters
    ----------
    vectors : array, shape (n, d)
    chosen : array of int
        Those that the rule has selected.
    f : int
        Byzantine vectors to survive; needs n >= 4f + 3.
    over : {'krum', 'median', 'geometric_median', 'brute'}
        The inner rule.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] El Mhamdi, Guerraoui & Rouault, "The Hidden Vulnerability of Distributed Learning in
       Byzantium", ICML 2018.

    Examples
    --------
    >>> bulyan(np.array([[2.0], [2.0], [2.0], [2.0], [2.0], [2.0], [99.0]]), f=1)
    array([2.])
    """
    return near_median(vectors[chosen], len(vectors) - 4 * f)
