"""The time of a schedule whose ports are never shared: its longest chain of transfers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.collectives.schedule import Schedule

__all__ = ['critical_path']


def critical_path(
    schedule: Schedule, sizes: ArrayLike, alpha: float, beta: float, gamma: float = 0.0
) -> float | None:
    """Return the time on an uncontended network, if no port is shared within a step.

    Parameters
    ----------
    schedule : Schedule
        What is timed.
    sizes : array, shape (chunks,), or float
        Bytes of each chunk.
    alpha, beta, gamma : float
        Latency of a route (s), seconds per byte of a port, seconds to reduce a byte.

    Returns
    -------
    float or None
        Seconds; None if some rank sends or receives twice in a step, since what then happens
        is for the network to say.

    Examples
    --------
    >>> from simulator.collectives import Ranks, all_to_all, ring
    >>> critical_path(ring(Ranks(4)), 10.0, alpha=1.0, beta=0.1)
    12.0
    >>> critical_path(all_to_all(Ranks(4)), 10.0, alpha=1.0, beta=0.1) is None
    True
    """
    chunk = np.broadcast_to(np.asarray(sizes, np.float64), (schedule.chunks,))
    ends = np.concatenate(([0.0], np.cumsum(chunk)))
    ready = np.zeros(schedule.ranks)
    for begin, end in pairwise(schedule.bounds().tolist()):
        rows = slice(begin, end)
        source, target = schedule.source[rows], schedule.target[rows]
        if _twice(source) or _twice(target):
            return None
        first = schedule.first_chunk[rows]
        size = ends[first + schedule.count[rows]] - ends[first]
        cost = alpha + size * (beta + gamma * schedule.reduce[rows])
        done = np.maximum(ready[source], ready[target]) + cost
        np.maximum.at(ready, source, done)
        np.maximum.at(ready, target, done)
    return float(ready.max())


def _twice(ranks: NDArray[np.int32]) -> bool:
    return len(np.unique(ranks)) < len(ranks)
