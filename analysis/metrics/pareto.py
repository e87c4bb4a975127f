"""Which variants no other beats in everything at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ['efficient']


def efficient(costs: ArrayLike) -> NDArray[np.bool_]:
    """Return which points are on the Pareto front: none is as good everywhere and better somewhere.

    Parameters
    ----------
    costs : array, shape (n, k)
        Less is better in each column; a point with a NaN is not on the front, and beats none.

    Returns
    -------
    bool array, shape (n,)

    References
    ----------
    .. [1] Pareto, "Manuale di economia politica", 1906.

    Examples
    --------
    >>> efficient([[1, 4], [2, 2], [3, 3]]).tolist()
    [True, True, False]
    """
    points = np.asarray(costs, dtype=float)
    known = ~np.isnan(points).any(axis=1)
    with np.errstate(invalid='ignore'):
        no_worse = (points[:, None] <= points[None]).all(axis=-1)
        better = (points[:, None] < points[None]).any(axis=-1)
    beaten = (no_worse & better & known[:, None]).any(axis=0)
    return np.asarray(known & ~beaten)
