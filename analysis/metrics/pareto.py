"""Which variants no other beats in everything at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.groups import Group
from analysis.metrics.curves import final, simulated_seconds
from analysis.statistics import estimate

__all__ = ['Cost', 'costs', 'efficient']


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


class Cost(NamedTuple):
    """What a group came to: its score, what it took, and whether another is better in all."""

    score: float
    seconds: float
    bytes: float
    efficient: bool


def costs(groups: Sequence[Group]) -> dict[Group, Cost]:
    """Return final accuracy, simulated time and bytes of each group, means over seeds.

    Groups without a final accuracy are left out; `efficient` says which are on the Pareto front
    of the others.
    """
    rows = {g: [_mean(g, key) for key in ('test_accuracy', 'seconds', 'bytes')] for g in groups}
    rows = {g: row for g, row in rows.items() if not np.isnan(row).any()}
    points = np.array(list(rows.values())).reshape(-1, 3) * [-1, 1, 1]
    fronts = efficient(points)
    return {
        g: Cost(row[0], row[1], row[2], bool(on))
        for (g, row), on in zip(rows.items(), fronts, strict=True)
    }


def _mean(g: Group, key: str) -> float:
    if key == 'seconds':
        return estimate([simulated_seconds(run) for run in g.runs]).mean
    return estimate([final(run, key) for run in g.runs]).mean
