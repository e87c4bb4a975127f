"""Schedules put together from parts: rows in any order, smaller schedules on some of the ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.collectives.schedule import COLUMNS, Schedule

__all__ = ['Columns', 'merged', 'placed']

Integers = NDArray[np.int32]


@dataclass(frozen=True, eq=False, slots=True)
class Columns:
    """Rows of a schedule in any order; the columns are those of `Schedule`."""

    step: Integers
    source: Integers
    target: Integers
    first_chunk: Integers
    count: Integers
    reduce: NDArray[np.bool_]


def merged(ranks: int, chunks: int, parts: Sequence[Columns]) -> Schedule:
    """Return the schedule that holds the rows of all *parts*, by step, then in their order.

    Parameters
    ----------
    ranks, chunks : int
        Of the schedule.
    parts : sequence of Columns
        At least one.

    Returns
    -------
    Schedule
        Steps in which nothing happens are left out.
    """
    step = np.concatenate([part.step for part in parts])
    order = np.argsort(step, kind='stable')
    step = step[order]
    consecutive = np.cumsum(np.diff(step, prepend=step[:1]) != 0, dtype=np.int32)
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])[order] for name in COLUMNS
    }
    return Schedule(ranks, chunks, consecutive, **columns, inputs=False)


def placed(schedule: Schedule, members: Integers, *, chunks: int, after: int) -> Columns:
    """Return the rows of *schedule* as played by *members* of a larger collective.

    Parameters
    ----------
    schedule : Schedule
        Of as many ranks as there are members.
    members : array of int32, shape (schedule.ranks,)
        Who plays each of its ranks.
    chunks : int
        Of the larger collective, a multiple of the schedule's own.
    after : int
        Its first step there.

    Returns
    -------
    Columns
    """
    finer = np.int32(chunks // schedule.chunks)
    return Columns(
        step=schedule.step + np.int32(after),
        source=members[schedule.source],
        target=members[schedule.target],
        first_chunk=schedule.first_chunk * finer,
        count=schedule.count * finer,
        reduce=schedule.reduce,
    )
