"""Stretches of time that overlap, laid out side by side, and added up."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ['lanes', 'steps']

Times = NDArray[np.integer[Any]]


def lanes(start: Times, end: Times) -> NDArray[np.int64]:
    """Return a lane for each stretch so that none overlap in a lane, using as few as can be.

    Parameters
    ----------
    start, end : array of int, shape (n,)
        Sorted by *start*; a stretch may begin when another ends.

    Returns
    -------
    array of int, shape (n,)
        The lowest lane that is free when the stretch begins.

    Examples
    --------
    >>> lanes(np.array([0, 1, 2, 5]), np.array([4, 2, 3, 6])).tolist()
    [0, 1, 1, 0]
    """
    taken: list[tuple[int, int]] = []  # (end, lane), the next to end first
    free: list[int] = []
    found, most = np.empty(len(start), np.int64), 0
    for k, (begins, ends) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        while taken and taken[0][0] <= begins:
            heappush(free, heappop(taken)[1])
        if not free:
            heappush(free, most)
            most += 1
        found[k] = lane = heappop(free)
        heappush(taken, (ends, lane))
    return found


def steps(start: Times, end: Times, height: NDArray[np.float64]) -> Iterator[tuple[int, float]]:
    """Yield when the sum of all heights present changes, and to what; it ends at 0.

    Examples
    --------
    >>> list(steps(np.array([0, 2]), np.array([4, 4]), np.array([1.0, 0.5])))
    [(0, 1.0), (2, 1.5), (4, 0.0)]
    """
    times, place = np.unique(np.concatenate([start, end]), return_inverse=True)
    change = np.zeros(len(times))
    np.add.at(change, place, np.concatenate([height, -height]))
    present = np.zeros(len(times), np.int64)
    np.add.at(present, place, np.concatenate([np.ones_like(start), -np.ones_like(end)]))
    sums = np.where(np.cumsum(present) > 0, np.cumsum(change), 0.0)  # no dust of rounding
    yield from zip(times.tolist(), sums.tolist(), strict=True)
