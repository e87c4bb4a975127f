"""Schedules replayed step by step, in rounds in which no two transfers meet at one place."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.collectives.schedule import Schedule
from simulator.errors import ScheduleError

__all__ = ['Round', 'replay']

Indices = NDArray[np.int64]


class Round(NamedTuple):
    """Chunk transfers of one step, no two of them into the same chunk of the same rank.

    Attributes
    ----------
    row : array of int64, shape (k,)
        Row of the schedule.
    source, target : array of int64, shape (k,)
        Cells read and written: rank * chunks + chunk, chunks counted within the block.
    reduce : array of bool, shape (k,)
        Whether the target adds.
    """

    row: Indices
    source: Indices
    target: Indices
    reduce: NDArray[np.bool_]


def replay(schedule: Schedule, first: int = 0, last: int | None = None) -> Iterator[list[Round]]:
    """Yield the rounds of each step, for the chunks *first* .. *last* - 1 only.

    Chunks never mix, so what is too large to hold is replayed in blocks of chunks.

    Parameters
    ----------
    schedule : Schedule
        What is replayed.
    first, last : int
        The block of chunks; all by default.

    Yields
    ------
    list of Round
        A step's; all of them read what was held before the step.

    Raises
    ------
    ScheduleError
        If something is written to a chunk in the step in which something else arrives there:
        the outcome would hang on the order of arrival.
    """
    last = schedule.chunks if last is None else last
    bounds = schedule.bounds().tolist()
    for step, (begin, end) in enumerate(pairwise(bounds)):
        transfers = _chunk_transfers(schedule, begin, end, first, last)
        yield _rounds(transfers, step)


def _chunk_transfers(schedule: Schedule, begin: int, end: int, first: int, last: int) -> Round:
    """Take rows begin..end-1 apart into transfers of single chunks of the block."""
    low = np.maximum(schedule.first_chunk[begin:end], first)
    high = np.minimum(schedule.first_chunk[begin:end] + schedule.count[begin:end], last)
    counts = np.maximum(high - low, 0)
    row = np.repeat(np.arange(begin, end), counts)
    starts = np.cumsum(counts) - counts  # of each row's chunks in the expanded list
    chunk = np.arange(len(row)) + np.repeat(low - first - starts, counts)
    width = last - first
    source = schedule.source[row].astype(np.int64) * width + chunk
    target = schedule.target[row].astype(np.int64) * width + chunk
    return Round(row, source, target, schedule.reduce[row])


def _rounds(transfers: Round, step: int) -> list[Round]:
    """Split *transfers* so that the j-th into a cell, in row order, is in the j-th round."""
    order = np.argsort(transfers.target, kind='stable')
    target = transfers.target[order]
    same = target[1:] == target[:-1]
    if not same.any():
        return [transfers] if len(target) else []
    crowded = np.concatenate(([False], same)) | np.concatenate((same, [False]))
    if (wrong := crowded & ~transfers.reduce[order]).any():
        row = transfers.row[order][wrong][0]
        raise ScheduleError(
            f'schedule: row {row}: step {step} overwrites a chunk into which more arrives '
            'in the same step'
        )
    places = np.arange(len(target))
    opens = np.concatenate(([True], ~same))
    turn = places - np.maximum.accumulate(np.where(opens, places, 0))
    by_turn = np.argsort(turn, kind='stable')
    cuts = np.cumsum(np.bincount(turn))[:-1]
    return [_taken(transfers, part) for part in np.split(order[by_turn], cuts)]


def _taken(transfers: Round, part: Indices) -> Round:
    row, source, target, reduce = transfers
    return Round(row[part], source[part], target[part], reduce[part])
