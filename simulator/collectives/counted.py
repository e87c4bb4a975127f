"""What a schedule costs the network: bytes by rank, by pair, by link; sums over columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.collectives.schedule import Schedule
from simulator.errors import ScheduleError

__all__ = ['PairTraffic', 'Traffic', 'link_traffic', 'pair_traffic', 'traffic']

Floats = NDArray[np.float64]
Link = TypeVar('Link', bound=Hashable)

_BLOCK_ROWS = 2**20  # temporaries stay small beside a schedule of millions of rows


@dataclass(frozen=True, eq=False)
class Traffic:
    """Bytes that each rank sends and receives.

    Attributes
    ----------
    sent, received : array of float64, shape (m,)
        Bytes by rank.
    """

    sent: Floats
    received: Floats

    @property
    def total(self) -> float:
        """Bytes on the wire, all ranks together."""
        return float(self.sent.sum())


@dataclass(frozen=True, eq=False)
class PairTraffic:
    """Bytes between the ranks that talk to each other.

    Attributes
    ----------
    source, target : array of int64, shape (k,)
        Each pair once, ascending.
    bytes : array of float64, shape (k,)
        What the first sends to the second.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    bytes: Floats


def traffic(schedule: Schedule, sizes: ArrayLike) -> Traffic:
    """Count the bytes each rank sends and receives.

    Parameters
    ----------
    schedule : Schedule
        What is counted.
    sizes : array, shape (chunks,), or float
        Bytes of each chunk.

    Returns
    -------
    Traffic

    Examples
    --------
    >>> from simulator.collectives import Ranks, master_worker
    >>> counted = traffic(master_worker(Ranks(4)), 100.0)
    >>> counted.sent.tolist(), counted.total
    ([300.0, 100.0, 100.0, 100.0], 600.0)
    """
    sent, received = np.zeros(schedule.ranks), np.zeros(schedule.ranks)
    for rows, weight in _blocks(schedule, sizes):
        sent += np.bincount(schedule.source[rows], weight, schedule.ranks)
        received += np.bincount(schedule.target[rows], weight, schedule.ranks)
    return Traffic(sent, received)


def pair_traffic(schedule: Schedule, sizes: ArrayLike) -> PairTraffic:
    """Count the bytes between each pair of ranks.

    Parameters
    ----------
    schedule : Schedule
        What is counted.
    sizes : array, shape (chunks,), or float
        Bytes of each chunk.

    Returns
    -------
    PairTraffic

    Examples
    --------
    >>> from simulator.collectives import Ranks, ring
    >>> pairs = pair_traffic(ring(Ranks(3)), 10.0)
    >>> list(zip(pairs.source.tolist(), pairs.target.tolist(), pairs.bytes.tolist()))
    [(0, 1, 40.0), (1, 2, 40.0), (2, 0, 40.0)]
    """
    keys: NDArray[np.int64] = np.empty(0, np.int64)
    sums: Floats = np.empty(0)
    for rows, weight in _blocks(schedule, sizes):
        key = schedule.source[rows].astype(np.int64) * schedule.ranks + schedule.target[rows]
        merged, place = np.unique(np.concatenate((keys, key)), return_inverse=True)
        sums = np.bincount(place, np.concatenate((sums, weight)), len(merged)).astype(float)
        keys = merged.astype(np.int64)
    source, target = np.divmod(keys, schedule.ranks)
    return PairTraffic(source, target, sums)


def link_traffic(
    schedule: Schedule, sizes: ArrayLike, route: Callable[[int, int], Iterable[Link]]
) -> dict[Link, float]:
    """Count the bytes on each link, given the routes.

    Parameters
    ----------
    schedule : Schedule
        What is counted.
    sizes : array, shape (chunks,), or float
        Bytes of each chunk.
    route : callable
        (source rank, target rank) -> the links between them, however they are named.

    Returns
    -------
    dict
        Bytes by link, for the links that are used.

    Examples
    --------
    >>> from simulator.collectives import Ranks, master_worker
    >>> up_and_down = lambda source, target: [('up', source), ('down', target)]
    >>> link_traffic(master_worker(Ranks(3)), 5.0, up_and_down)['down', 0]
    10.0
    """
    pairs = pair_traffic(schedule, sizes)
    carried: dict[Link, float] = {}
    for source, target, weight in zip(pairs.source, pairs.target, pairs.bytes, strict=True):
        for link in route(int(source), int(target)):
            carried[link] = carried.get(link, 0.0) + float(weight)
    return carried


def _blocks(schedule: Schedule, sizes: ArrayLike) -> Iterator[tuple[slice, Floats]]:
    """Yield runs of rows with the bytes of each row."""
    chunk = np.broadcast_to(np.asarray(sizes, np.float64), (schedule.chunks,))
    if (chunk < 0).any():
        raise ScheduleError(f'traffic: sizes must be >= 0, the least is {chunk.min()}')
    ends = np.concatenate(([0.0], np.cumsum(chunk)))
    for begin in range(0, len(schedule), _BLOCK_ROWS):
        rows = slice(begin, begin + _BLOCK_ROWS)
        first = schedule.first_chunk[rows]
        yield rows, ends[first + schedule.count[rows]] - ends[first]
