"""Schedules replayed on real vectors, with a place for a lie."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.collectives.replay import Round, replay
from simulator.collectives.schedule import Schedule
from simulator.errors import ScheduleError

__all__ = ['Corrupt', 'Reduction', 'apply']

SMALL = 2**17  # rows of a schedule whose rounds are remembered

Array = NDArray[Any]
Reduction = Callable[[Array, Array], Array]
Corrupt = Callable[[int, int, int, Array], Array]


def apply(
    schedule: Schedule,
    values: Array,
    reduction: Reduction = np.add,
    corrupt: Corrupt | None = None,
    *,
    liars: Collection[int] | None = None,
) -> Array:
    """Return what each rank holds after the collective.

    Parameters
    ----------
    schedule : Schedule
        What is played.
    values : array, shape (m, d)
        What each rank holds before; it is left as it is. Chunks are cut between elements, as
        `chunk_sizes` with *whole* does.
    reduction : callable
        Elementwise (held, arrived) -> sum on arrays of one shape; associative and commutative.
        Ranks may add in different orders, so that their results differ by rounding.
    corrupt : callable, optional
        ``corrupt(rank, step, target, chunk_values) -> chunk_values``: what *rank* sends to
        *target* instead of *chunk_values*, shape (k,), all chunks of one transfer in a row.
    liars : collection of int, optional
        Ranks for which *corrupt* is called; all by default.

    Returns
    -------
    array, shape (m, d)
        Of the dtype of *values*.

    Raises
    ------
    ScheduleError
        If *values* has not one row a rank, or a corrupted chunk another size.

    Examples
    --------
    >>> from simulator.collectives import Ranks, ring
    >>> apply(ring(Ranks(3)), np.eye(3))
    array([[1., 1., 1.],
           [1., 1., 1.],
           [1., 1., 1.]])
    >>> apply(ring(Ranks(2)), np.ones((2, 2)), corrupt=lambda *_, v: -v, liars=[])
    array([[2., 2.],
           [2., 2.]])
    """
    if values.ndim != 2 or len(values) != schedule.ranks:
        raise ScheduleError(
            f'apply: values must be ({schedule.ranks}, d), one row a rank, not {values.shape}'
        )
    state = _padded(values, schedule.chunks)
    own = state.copy() if schedule.inputs else state
    for rounds in _steps(schedule):
        # several rounds must all read what was held before the step
        before = own if schedule.inputs or len(rounds) <= 1 else state.copy()
        lies: dict[int, Array] = {}
        if corrupt is not None:
            rows = _spoken(schedule, rounds, liars)
            lies = {row: _lie(schedule, row, before, values.shape[1], corrupt) for row in rows}
        for transfers in rounds:
            _deliver(schedule, state, before, transfers, reduction, lies)
    return _unpadded(state, *values.shape)


def _steps(schedule: Schedule) -> Iterable[list[Round]]:
    """Return the rounds of each step; those of a small schedule, played again and again, once."""
    return _remembered(schedule) if len(schedule) <= SMALL else replay(schedule)


@lru_cache(maxsize=16)
def _remembered(schedule: Schedule) -> list[list[Round]]:
    return list(replay(schedule))


def _deliver(
    schedule: Schedule,
    state: Array,
    before: Array,
    transfers: Round,
    reduction: Reduction,
    lies: dict[int, Array],
) -> None:
    """Let one round arrive: add or replace, truth or lie."""
    arrived = before.take(transfers.source, axis=0)  # quicker than by brackets
    for row, lie in lies.items():
        mine = np.flatnonzero(transfers.row == row)
        first = schedule.source[row] * schedule.chunks + schedule.first_chunk[row]
        arrived[mine] = lie[transfers.source[mine] - first]
    adds = transfers.reduce
    if adds.all():
        state[transfers.target] = reduction(state.take(transfers.target, axis=0), arrived)
        return
    state[transfers.target[~adds]] = arrived[~adds]
    if adds.any():
        state[transfers.target[adds]] = reduction(state[transfers.target[adds]], arrived[adds])


def _spoken(schedule: Schedule, rounds: list[Round], liars: Collection[int] | None) -> list[int]:
    """Return the rows of the step that *liars* send, each once, in order."""
    rows = np.unique(np.concatenate([r.row for r in rounds])) if rounds else np.empty(0, int)
    if liars is not None:
        rows = rows[np.isin(schedule.source[rows], list(liars))]
    return [int(row) for row in rows]


def _lie(schedule: Schedule, row: int, before: Array, d: int, corrupt: Corrupt) -> Array:
    """Return what *corrupt* makes of the transfer in *row*: its chunks, padded."""
    first, count = int(schedule.first_chunk[row]), int(schedule.count[row])
    source, target = int(schedule.source[row]), int(schedule.target[row])
    cell = source * schedule.chunks + first
    chunks = before[cell : cell + count].copy()
    real = _real(d, schedule.chunks)[first : first + count]
    truth = chunks[real]
    lie = np.asarray(corrupt(source, int(schedule.step[row]), target, truth))
    if lie.shape != truth.shape:
        raise ScheduleError(
            f'apply: corrupt returned {lie.shape} for what rank {source} sends, not {truth.shape}'
        )
    chunks[real] = lie
    return chunks


def _real(d: int, chunks: int) -> NDArray[np.bool_]:
    """Tell elements from padding: (chunks, longest), the first chunks one longer than the rest."""
    least, larger = divmod(d, chunks)
    lengths = least + (np.arange(chunks) < larger)
    return np.arange(max(lengths)) < lengths[:, None]


def _padded(values: Array, chunks: int) -> Array:
    """Cut each row into chunks of one length, (ranks * chunks, longest)."""
    ranks, d = values.shape
    real = _real(d, chunks)
    if real.all():
        return values.reshape(ranks * chunks, -1).copy()
    state = np.zeros((ranks, *real.shape), values.dtype)
    state[:, real] = values
    return state.reshape(ranks * chunks, -1)


def _unpadded(state: Array, ranks: int, d: int) -> Array:
    real = _real(d, len(state) // ranks)
    cut = state.reshape(ranks, *real.shape)
    return cut.reshape(ranks, d) if real.all() else cut[:, real]
