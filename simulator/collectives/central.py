"""One rank does the work for all: gather, reduce, send back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from annotated_types import Ge

from simulator.collectives.ranks import Ranks
from simulator.collectives.schedule import Steps, Transfers, assembled
from simulator.errors import ScheduleError

__all__ = ['check_root', 'master_worker']


@assembled
def master_worker(ranks: Ranks, *, root: Annotated[int, Ge(0)] = 0) -> Steps:
    """Everyone sends its vector to the master, which adds them up and sends the sum back.

    As little traffic in all as an all-reduce can do with, but all of it through one port.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.
    root : int
        The master.

    Returns
    -------
    Schedule
        Two steps of m - 1 transfers of the whole vector.

    Raises
    ------
    ScheduleError
        If there is no rank *root*.

    Examples
    --------
    >>> schedule = master_worker(Ranks(3))
    >>> list(zip(schedule.source.tolist(), schedule.target.tolist()))
    [(1, 0), (2, 0), (0, 1), (0, 2)]
    """
    m = ranks.count
    check_root('master_worker', root, m)
    return Steps(m, 1, 2 * (m - 1), _there_and_back(m, root) if m > 1 else iter(()))


def check_root(name: str, root: int, ranks: int) -> None:
    """Refuse a *root* that is none of the *ranks*."""
    if not 0 <= root < ranks:
        raise ScheduleError(f'{name}: root(={root}) must be in 0..{ranks - 1}')


def _there_and_back(m: int, root: int) -> Iterator[Transfers]:
    others = np.delete(np.arange(m, dtype=np.int32), root)
    master = np.full_like(others, root)
    yield Transfers(others, master, 0, 1, reduce=True)
    yield Transfers(master, others, 0, 1, reduce=False)
