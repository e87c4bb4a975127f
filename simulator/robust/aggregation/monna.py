"""Trust one vector, and average those that are near it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from simulator.robust.aggregation.distances import distances_to
from simulator.robust.aggregation.mean import average
from simulator.robust.aggregation.rule import Needs, Promises, rule
from simulator.robust.arrays import Indices, Vector, Vectors

__all__ = ['monna']


def _nearest(vectors: Vectors, *, f: int, trusted: int = 0) -> Indices:
    distances = distances_to(vectors, vectors[trusted])
    distances[trusted] = -1.0  # itself before its equals
    return np.argsort(distances, kind='stable')[: len(vectors) - f]


def _is_there(n: int, *, trusted: int = 0, **_: Any) -> Iterator[str]:
    if trusted >= n:
        yield f'monna needs trusted < n: n={n}, trusted={trusted}'


@rule(
    needs=Needs(2, 1),
    flops=lambda n, d, **_: float(4 * n * d),
    promises=Promises(permutation_invariant=False),
    problems=_is_there,
    selects=_nearest,
)
def monna(
    vectors: Vectors,
    chosen: Indices,
    *,
    f: Annotated[int, Ge(0)],
    trusted: Annotated[int, Ge(0)] = 0,
) -> Vector:
    """Average the n - f vectors nearest to a trusted one, itself among them.

    It is meant for a node that has a vector of its own, and promises nothing if the trusted one
    lies. Of vectors equally near, the first in order is taken.

    Parameters
    ----------
    vectors : array, shape (n, d)
    chosen : array of int
        Those that the rule has selected.
    f : int
        Byzantine vectors to survive; needs n >= 2f + 1.
    trusted : int
        Which vector is trusted.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Farhadkhani et al., "Robust Collaborative Learning with Linear Gradient Overhead", ICML
       2023.

    Examples
    --------
    >>> monna(np.array([[1.0], [2.0], [99.0], [0.0]]), f=1)
    array([1.])
    """
    return average(vectors, chosen)
