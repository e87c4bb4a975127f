"""A schedule in pieces: whole steps, a bounded number of transfers at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.collectives.ranks import Ranks
from simulator.collectives.schedule import COLUMNS, Schedule, Steps, Transfers, stream

__all__ = ['PIECE', 'Columns', 'Streamed', 'in_pieces']

PIECE = 2**19
"""Transfers of a piece, or as many as one step has."""

Columns = tuple[NDArray[Any], ...]
"""step, source, target, first chunk, count, reduce: arrays of one length."""


@dataclass(frozen=True)
class Streamed:
    """A schedule that is never held whole.

    Attributes
    ----------
    ranks, chunks : int
        As in `Schedule`.
    rows : int
        Number of transfers in all.
    steps : callable
        Makes the steps, from the first on, each time it is called.

    Examples
    --------
    >>> from simulator.collectives import ring
    >>> large = Streamed.of(ring, Ranks(2000))
    >>> large.rows, len(next(in_pieces(large))[0])
    (7996000, 526000)
    """

    ranks: int
    chunks: int
    rows: int
    steps: Callable[[], Steps]

    @classmethod
    def of(cls, builder: Callable[..., Schedule], ranks: Ranks, **options: Any) -> Streamed:
        """Return the schedule that *builder*, an entry of the catalogue, would build."""

        def steps() -> Steps:
            return stream(builder)(ranks, **options)

        first = steps()
        return cls(first.ranks, first.chunks, first.rows, steps)

    def __len__(self) -> int:
        return self.rows


def in_pieces(schedule: Schedule | Streamed) -> Iterator[Columns]:
    """Yield the columns of *schedule*: all at once, or in pieces if it is streamed.

    There is always a first piece, if only an empty one.
    """
    if isinstance(schedule, Schedule):
        yield tuple(getattr(schedule, name) for name in ('step', *COLUMNS))
        return
    gathered: list[Columns] = [_columns(0, Transfers(*_NOTHING, False))]
    rows = 0
    for number, transfers in enumerate(schedule.steps().transfers):
        gathered.append(_columns(number, transfers))
        rows += len(transfers.source)
        if rows >= PIECE:
            yield _joined(gathered)
            gathered, rows = [], 0
    if gathered:
        yield _joined(gathered)


_NOTHING = (np.empty(0, np.int32),) * 4


def _columns(step: int, transfers: Transfers) -> Columns:
    """Return the columns of one step, scalars repeated."""
    size = len(transfers.source)
    given = [np.asarray(step, np.int32)]
    given += [np.asarray(getattr(transfers, name), np.int32) for name in COLUMNS[:-1]]
    given.append(np.asarray(transfers.reduce, np.bool_))
    return tuple(np.broadcast_to(column, size) for column in given)


def _joined(parts: list[Columns]) -> Columns:
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))
