"""The halves of an all-reduce: each rank ends with, or starts from, its own chunk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from simulator.collectives.ranks import Order, Ranks
from simulator.collectives.rings import around
from simulator.collectives.schedule import Steps, Transfers, assembled
from simulator.collectives.shifts import shifts
from simulator.errors import ScheduleError

__all__ = ['Algorithm', 'all_gather', 'reduce_scatter']

Algorithm = Literal['ring', 'direct', 'bruck']


@assembled
def reduce_scatter(
    ranks: Ranks, *, algorithm: Algorithm = 'ring', order: Order = 'as_given'
) -> Steps:
    """Add up all vectors and leave the r-th of m chunks of the sum at rank r.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.
    algorithm : {'ring', 'direct', 'bruck'}
        ring: m - 1 steps between neighbours; direct: m - 1 steps between all; bruck: ceil(log2 m)
        steps of halving size, the reverse of Bruck's all-gather.
    order : {'as_given', 'by_topology'}
        Order of the ring.

    Returns
    -------
    Schedule
        Each rank sends m - 1 chunks.

    Raises
    ------
    ScheduleError
        If another order is asked for than a ring's.

    References
    ----------
    .. [1] Thakur, Rabenseifner, Gropp, "Optimization of Collective Communication Operations
       in MPICH", International Journal of High Performance Computing Applications, 2005.

    Examples
    --------
    >>> reduce_scatter(Ranks(6)).steps, reduce_scatter(Ranks(6), algorithm='bruck').steps
    (5, 3)
    """
    m = ranks.count
    _check_order('reduce_scatter', algorithm, order)
    steps: dict[str, Iterator[Transfers]] = {
        'ring': around(ranks.arranged(order), -1, reduce=True),
        'direct': (Transfers(p, q, q, 1, reduce=True) for p, q in shifts(m)),
        'bruck': _bruck(m, reduce=True),
    }
    return Steps(m, m, _rows(m, algorithm), steps[algorithm])


@assembled
def all_gather(ranks: Ranks, *, algorithm: Algorithm = 'ring', order: Order = 'as_given') -> Steps:
    """Bring the r-th of m chunks from rank r, for all r, to every rank.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.
    algorithm : {'ring', 'direct', 'bruck'}
        ring: m - 1 steps between neighbours; direct: m - 1 steps between all; bruck: ceil(log2 m)
        steps of doubling size.
    order : {'as_given', 'by_topology'}
        Order of the ring.

    Returns
    -------
    Schedule
        Each rank sends m - 1 chunks.

    Raises
    ------
    ScheduleError
        If another order is asked for than a ring's.

    References
    ----------
    .. [1] Bruck et al., "Efficient Algorithms for All-to-All Communications in Multiport
       Message-Passing Systems", IEEE Transactions on Parallel and Distributed Systems, 1997.

    Examples
    --------
    >>> all_gather(Ranks(6)).steps, all_gather(Ranks(6), algorithm='bruck').steps
    (5, 3)
    """
    m = ranks.count
    _check_order('all_gather', algorithm, order)
    steps: dict[str, Iterator[Transfers]] = {
        'ring': around(ranks.arranged(order), 0, reduce=False),
        'direct': (Transfers(p, q, p, 1, reduce=False) for p, q in shifts(m)),
        'bruck': _bruck(m, reduce=False),
    }
    return Steps(m, m, _rows(m, algorithm), steps[algorithm])


def _check_order(name: str, algorithm: Algorithm, order: Order) -> None:
    if order != 'as_given' and algorithm != 'ring':
        raise ScheduleError(f'{name}: order(={order}) is for the ring, {algorithm} has none')


def _distances(m: int) -> list[int]:
    return [1 << bit for bit in range((m - 1).bit_length())]


def _rows(m: int, algorithm: Algorithm) -> int:
    if algorithm != 'bruck':
        return m * (m - 1)
    # a run of chunks that wraps around the end of the vector is two transfers
    return sum(m + min(distance, m - distance) - 1 for distance in _distances(m))


def _bruck(m: int, *, reduce: bool) -> Iterator[Transfers]:
    """Gather runs of chunks from ever farther ranks, or send sums back the same way reversed."""
    rank = np.arange(m, dtype=np.int32)
    for distance in reversed(_distances(m)) if reduce else _distances(m):
        run = min(distance, m - distance)
        near = (rank - np.int32(distance)) % np.int32(m)
        head = np.minimum(run, m - rank).astype(np.int32)  # the chunks from `rank` on ...
        tail = np.int32(run) - head  # ... and those beyond the end of the vector
        wraps = np.flatnonzero(tail)
        source, target = (near, rank) if reduce else (rank, near)
        yield Transfers(
            np.concatenate((source, source[wraps])),
            np.concatenate((target, target[wraps])),
            np.concatenate((rank, np.zeros_like(wraps, np.int32))),
            np.concatenate((head, tail[wraps])),
            reduce=reduce,
        )
