"""By shifts: in the s-th shift every rank talks to the rank s places further on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulator.collectives.ranks import Ranks
from simulator.collectives.schedule import Steps, Transfers, assembled

__all__ = ['all_to_all', 'direct', 'round_robin', 'shifts']


@assembled
def all_to_all(ranks: Ranks) -> Steps:
    """Everyone sends its whole vector to everyone at once: one latency, most traffic.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.

    Returns
    -------
    Schedule
        One step of m(m - 1) transfers of the whole vector, in the order of the shifts, so that
        first-come-first-served ports never wait for each other.

    Examples
    --------
    >>> schedule = all_to_all(Ranks(3))
    >>> list(zip(schedule.source.tolist(), schedule.target.tolist()))
    [(0, 1), (1, 2), (2, 0), (0, 2), (1, 0), (2, 1)]
    """
    m = ranks.count
    rows = m * (m - 1)
    return Steps(m, 1, rows, _all_at_once(m) if rows else iter(()))


@assembled
def round_robin(ranks: Ranks) -> Steps:
    """Everyone sends its whole vector to everyone, one after the other.

    What is sent is always the sender's own vector, so the schedule is one of inputs. Some
    authors call `direct` round-robin.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.

    Returns
    -------
    Schedule
        m - 1 steps of m transfers of the whole vector.

    Examples
    --------
    >>> round_robin(Ranks(5)).steps
    4
    """
    m = ranks.count
    steps = (Transfers(source, target, 0, 1, reduce=True) for source, target in shifts(m))
    return Steps(m, 1, m * (m - 1), steps, inputs=True)


@assembled
def direct(ranks: Ranks) -> Steps:
    """Every rank reduces one chunk, sent to it by each of the others, and sends it to all of them.

    As much traffic as the ring and as many steps, but everyone talks to everyone.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.

    Returns
    -------
    Schedule
        2(m - 1) steps of m transfers of one chunk.

    Examples
    --------
    >>> schedule = direct(Ranks(4))
    >>> schedule.steps, schedule.chunks
    (6, 4)
    """
    m = ranks.count
    return Steps(m, m, 2 * m * (m - 1), _scatter_and_gather(m))


def shifts(m: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield who sends to whom in each of the m - 1 shifts: two arrays of int32, shape (m,)."""
    source = np.arange(m, dtype=np.int32)
    for shift in range(1, m):
        yield source, np.roll(source, -shift)


def _all_at_once(m: int) -> Iterator[Transfers]:
    source = np.arange(m, dtype=np.int32)
    target = source + np.arange(1, m, dtype=np.int32)[:, None]
    target %= m
    yield Transfers(np.tile(source, m - 1), target.ravel(), 0, 1, reduce=True)


def _scatter_and_gather(m: int) -> Iterator[Transfers]:
    for source, target in shifts(m):
        yield Transfers(source, target, target, 1, reduce=True)
    for source, target in shifts(m):
        yield Transfers(source, target, source, 1, reduce=False)
