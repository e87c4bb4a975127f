"""A collective is data: who sends which chunks to whom, in which step, and whether they add up.

Time rules (the fabric's part): a rank enters step s + 1 when all its own transfers of steps
<= s, sent and received, are complete; a transfer starts when its source and its target have
both entered its step. What a rank sends in a step is what it held before that step. So the
values depend on the columns alone, and the same schedule is verified, counted, applied to
arrays and timed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import wraps
from inspect import unwrap
from itertools import pairwise
from typing import NamedTuple, ParamSpec

import numpy as np
from numpy.typing import NDArray

from simulator.errors import ScheduleError

__all__ = [
    'COLUMNS',
    'MOST_TRANSFERS',
    'Schedule',
    'Steps',
    'Transfers',
    'assembled',
    'check_rows',
    'chunk_sizes',
    'stream',
]

MOST_TRANSFERS = 2**27  # 21 bytes each: 2.8 GB

_BLOCK_ROWS = 2**20  # temporaries stay small beside a schedule of millions of rows

COLUMNS = ('source', 'target', 'first_chunk', 'count', 'reduce')

Integers = NDArray[np.int32]
Booleans = NDArray[np.bool_]
Context = ParamSpec('Context')


@dataclass(frozen=True, eq=False)
class Schedule:
    """A collective over *ranks* ranks, its vector cut into *chunks*: one row a transfer.

    Attributes
    ----------
    ranks, chunks : int
        Number of ranks m, and of parts into which the vector is cut.
    step : array of int32, shape (rows,)
        Step of each transfer, ascending from 0.
    source, target : array of int32, shape (rows,)
        Ranks that send and receive.
    first_chunk, count : array of int32, shape (rows,)
        The transfer carries chunks first_chunk .. first_chunk + count - 1.
    reduce : array of bool, shape (rows,)
        Whether the target adds what arrives to what it holds, or replaces it.
    inputs : bool
        Whether every transfer carries its sender's own input, whatever the sender has added to
        it since, instead of the sender's state.

    Raises
    ------
    ScheduleError
        If the columns do not describe transfers between those ranks.

    Examples
    --------
    >>> exchange = Schedule(2, 1, [0, 0], [0, 1], [1, 0], [0, 0], [1, 1], [True, True])
    >>> len(exchange), exchange.steps
    (2, 1)
    """

    ranks: int
    chunks: int
    step: Integers
    source: Integers
    target: Integers
    first_chunk: Integers
    count: Integers
    reduce: Booleans
    inputs: bool = False

    def __post_init__(self) -> None:
        for field in fields(self)[2:-1]:
            dtype = np.bool_ if field.name == 'reduce' else np.int32
            object.__setattr__(self, field.name, np.asarray(getattr(self, field.name), dtype))
        _check(self)

    def __len__(self) -> int:
        return len(self.step)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return int(self.step[-1]) + 1 if len(self) else 0

    def bounds(self) -> NDArray[np.int64]:
        """Return where each step's rows begin, and the end: shape (steps + 1,)."""
        return np.searchsorted(self.step, np.arange(self.steps + 1, dtype=np.int32))


@dataclass(frozen=True, eq=False, slots=True)
class Transfers:
    """The transfers of one step; a scalar stands for a constant column.

    Attributes
    ----------
    source : array of int32, shape (k,)
        Ranks that send.
    target, first_chunk, count : array of int32, shape (k,), or int
        As in `Schedule`.
    reduce : array of bool, shape (k,), or bool
        As in `Schedule`.
    """

    source: Integers
    target: Integers | int
    first_chunk: Integers | int
    count: Integers | int
    reduce: Booleans | bool


class Steps(NamedTuple):
    """A schedule step by step, made as it is read: what a builder returns.

    Attributes
    ----------
    ranks, chunks : int
        As in `Schedule`.
    rows : int
        Number of transfers in all.
    transfers : iterator of Transfers
        One item a step.
    inputs : bool
        As in `Schedule`.
    """

    ranks: int
    chunks: int
    rows: int
    transfers: Iterator[Transfers]
    inputs: bool = False


def assembled(builder: Callable[Context, Steps]) -> Callable[Context, Schedule]:
    """Turn a builder of steps into one of schedules; `stream` finds the steps again."""

    @wraps(builder)
    def build(*context: Context.args, **options: Context.kwargs) -> Schedule:
        return _assemble(builder.__name__, builder(*context, **options))

    return build


def stream(builder: Callable[Context, Schedule]) -> Callable[Context, Steps]:
    """Return the step-by-step form of a *builder*, for schedules too large to hold.

    Parameters
    ----------
    builder : callable
        An entry of the catalogue.

    Returns
    -------
    callable
        Takes what the builder takes, returns `Steps`.

    Examples
    --------
    >>> from simulator.collectives import Ranks, ring
    >>> steps = stream(ring)(Ranks(10_000))
    >>> steps.rows
    199980000
    >>> next(steps.transfers).first_chunk[:3].tolist()
    [9999, 0, 1]
    """

    def steps(*context: Context.args, **options: Context.kwargs) -> Steps:
        built = unwrap(builder)(*context, **options)
        return built if isinstance(built, Steps) else _cut(built)

    return steps


def chunk_sizes(total: float, chunks: int, *, whole: bool = False) -> NDArray[np.float64]:
    """Return the size of each of *chunks* parts of *total*.

    Parameters
    ----------
    total : float
        What is cut: bytes, or elements.
    chunks : int
        Number of parts.
    whole : bool
        Cut between elements, the first parts one larger where it does not come out even (as
        `numpy.array_split`); otherwise all parts are equal real numbers.

    Returns
    -------
    array of float64, shape (chunks,)

    Raises
    ------
    ScheduleError
        If *whole* and *total* is no whole number, or a size is negative.

    Examples
    --------
    >>> chunk_sizes(10, 4).tolist(), chunk_sizes(10, 4, whole=True).tolist()
    ([2.5, 2.5, 2.5, 2.5], [3.0, 3.0, 2.0, 2.0])
    """
    if total < 0 or (whole and total != int(total)):
        raise ScheduleError(f'chunk_sizes: total(={total}) must be a whole number >= 0')
    if not whole:
        return np.full(chunks, total / chunks)
    least, larger = divmod(int(total), chunks)
    return least + (np.arange(chunks) < larger).astype(np.float64)


def check_rows(name: str, rows: int, ranks: int) -> None:
    """Refuse a schedule too large to hold, before anything is built."""
    if rows > MOST_TRANSFERS:
        raise ScheduleError(
            f'{name}: {rows} transfers over {ranks} ranks, at most {MOST_TRANSFERS} fit; '
            'take fewer ranks or segments'
        )


def _assemble(name: str, steps: Steps) -> Schedule:
    """Fill the columns; nothing but them is ever held whole."""
    check_rows(name, steps.rows, steps.ranks)
    columns = {name: np.empty(steps.rows, np.int32) for name in ('step', *COLUMNS[:-1])}
    reduce = np.empty(steps.rows, np.bool_)
    begin = 0
    for number, transfers in enumerate(steps.transfers):
        rows = slice(begin, begin + len(transfers.source))
        columns['step'][rows] = number
        for name in COLUMNS[:-1]:
            columns[name][rows] = getattr(transfers, name)
        reduce[rows] = transfers.reduce
        begin = rows.stop
    return Schedule(steps.ranks, steps.chunks, **columns, reduce=reduce, inputs=steps.inputs)


def _cut(schedule: Schedule) -> Steps:
    """Cut a schedule that was built whole into its steps."""
    columns = [getattr(schedule, name) for name in COLUMNS]
    bounds = schedule.bounds()
    transfers = (
        Transfers(*(column[begin:end] for column in columns)) for begin, end in pairwise(bounds)
    )
    return Steps(schedule.ranks, schedule.chunks, len(schedule), transfers, schedule.inputs)


def _check(schedule: Schedule) -> None:
    """Refuse columns that don't fit together, naming the first wrong row."""
    columns = [getattr(schedule, name) for name in ('step', *COLUMNS)]
    if {column.shape for column in columns} != {(len(schedule.step),)}:
        raise ScheduleError('schedule: all columns must be one-dimensional and of one length')
    if schedule.ranks < 1 or schedule.chunks < 1:
        raise ScheduleError(
            f'schedule: ranks(={schedule.ranks}) and chunks(={schedule.chunks}) must be >= 1'
        )
    for begin in range(0, len(schedule), _BLOCK_ROWS):
        rows = slice(begin, begin + _BLOCK_ROWS)
        for what, wrong in _faults(schedule, rows):
            if wrong.any():
                raise ScheduleError(f'schedule: row {begin + int(np.argmax(wrong))}: {what}')


def _faults(schedule: Schedule, rows: slice) -> Iterator[tuple[str, Booleans]]:
    """Yield what may be wrong, and where in the block it is."""
    ranks, chunks = schedule.ranks, schedule.chunks
    source, target = schedule.source[rows], schedule.target[rows]
    first, count = schedule.first_chunk[rows], schedule.count[rows]
    before = schedule.step[rows.start - 1 : rows.start] if rows.start else np.zeros(1, np.int32)
    yield 'steps must ascend from 0', np.diff(schedule.step[rows], prepend=before) < 0
    for name, rank in (('source', source), ('target', target)):
        yield f'{name} must be in 0..{ranks - 1}', (rank < 0) | (rank >= ranks)
    yield 'source and target must differ', source == target
    yield 'count must be >= 1', count < 1
    yield f'its chunks must lie in 0..{chunks - 1}', (first < 0) | (first > chunks - count)
