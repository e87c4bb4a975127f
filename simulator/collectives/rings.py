"""Around a ring: each rank talks to the next one only, and all links are busy all the time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simulator.collectives.ranks import Order, Ranks
from simulator.collectives.schedule import Steps, Transfers, assembled

__all__ = ['around', 'ring']


@assembled
def ring(ranks: Ranks, *, order: Order = 'as_given') -> Steps:
    """Reduce-scatter, then all-gather, around a ring: bandwidth-optimal for any number of ranks.

    The vector is cut into m chunks. In each of m - 1 steps every rank passes one chunk on, which
    the next adds to its own; in m - 1 more steps the finished chunks go round.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.
    order : {'as_given', 'by_topology'}
        Ranks in the order of their numbers, or so that neighbours in the graph stay neighbours.

    Returns
    -------
    Schedule
        2(m - 1) steps of m transfers of one chunk.

    References
    ----------
    .. [1] Patarasuk, Yuan, "Bandwidth optimal all-reduce algorithms for clusters of
       workstations", Journal of Parallel and Distributed Computing, 2009.

    Examples
    --------
    >>> schedule = ring(Ranks(3))
    >>> schedule.steps, len(schedule)
    (4, 12)
    >>> schedule.first_chunk[:3].tolist()
    [2, 0, 1]
    """
    m = ranks.count
    places = ranks.arranged(order)
    return Steps(m, m, 2 * m * (m - 1), _all_reduce(places))


def around(places: NDArray[np.int32], first: int, *, reduce: bool) -> Iterator[Transfers]:
    """Pass chunks round the ring *places*, each rank one chunk a step, for m - 1 steps.

    Parameters
    ----------
    places : array of int32, shape (m,)
        The rank at each place of the ring.
    first : int
        In the first step the rank at place p sends the chunk that belongs to place p + first
        (mod m), then the one before, and so on; chunk r belongs to rank r's place.
    reduce : bool
        Whether what arrives is added.

    Yields
    ------
    Transfers
    """
    after = np.roll(places, -1)
    for step in range(len(places) - 1):
        yield Transfers(places, after, np.roll(places, step - first), 1, reduce)


def _all_reduce(places: NDArray[np.int32]) -> Iterator[Transfers]:
    # the last chunk to reach a place in the first half is its own, complete
    yield from around(places, -1, reduce=True)
    yield from around(places, 0, reduce=False)
