"""Graphs of tasks that the fabric runs by itself: computations, transfers, who waits for whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.errors import ScheduleError

__all__ = ['TaskGraph']

Integers = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class TaskGraph:
    """Computations on devices and transfers between them, and the order they must keep.

    Attributes
    ----------
    device : array of int32, shape (tasks,)
        Where a computation runs, or a transfer begins.
    target : array of int32, shape (tasks,)
        Where a transfer ends; -1 for a computation.
    size : array of float64, shape (tasks,)
        Seconds of a computation, bytes of a transfer.
    before, after : arrays of int32, shape (edges,)
        Task ``after[e]`` can't start until task ``before[e]`` is complete. What is part of a
        circle never starts.
    priority : array of int32, shape (tasks,), or int
        Of computations: a device takes the least first, then what became ready first.
    tag, step : arrays of int32, shape (tasks,), or int
        For the traces.
    watch : array of bool, shape (tasks,), or bool
        Whether somebody waits for the completion.

    Raises
    ------
    ScheduleError
        If the columns do not fit together.

    Examples
    --------
    Two seconds of work on device 0, whose 100 bytes go to device 1 for one more second:

    >>> graph = TaskGraph([0, 0, 1], [-1, 1, -1], [2.0, 100.0, 1.0], [0, 1], [1, 2])
    >>> len(graph)
    3
    """

    device: Integers
    target: Integers
    size: NDArray[np.float64]
    before: Integers
    after: Integers
    priority: Integers = field(default_factory=lambda: np.zeros((), np.int32))
    tag: Integers = field(default_factory=lambda: np.zeros((), np.int32))
    step: Integers = field(default_factory=lambda: np.zeros((), np.int32))
    watch: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((), np.bool_))

    def __post_init__(self) -> None:
        tasks = np.shape(self.size)
        for name, kind in (('size', np.float64), ('watch', np.bool_)):
            object.__setattr__(self, name, _column(getattr(self, name), kind, tasks))
        for name in ('device', 'target', 'priority', 'tag', 'step'):
            object.__setattr__(self, name, _column(getattr(self, name), np.int32, tasks))
        for name in ('before', 'after'):
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), np.int32))
        _check(self)

    def __len__(self) -> int:
        return len(self.size)


def _column(values: ArrayLike, kind: type, shape: tuple[int, ...]) -> NDArray[Any]:
    array: NDArray[Any] = np.asarray(values, kind)
    if array.shape not in ((), shape) or len(shape) != 1:
        raise ScheduleError(
            f'task graph: all columns must have one dimension and one length, not {array.shape} '
            f'beside {shape}'
        )
    return np.ascontiguousarray(np.broadcast_to(array, shape))


def _check(graph: TaskGraph) -> None:
    tasks = len(graph)
    wrong = ~((graph.size >= 0) & (graph.size < np.inf))
    if wrong.any():
        k = int(np.flatnonzero(wrong)[0])
        raise ScheduleError(f'task graph: task {k}: size(={graph.size[k]}) must be >= 0 and finite')
    if graph.before.ndim != 1 or graph.before.shape != graph.after.shape:
        raise ScheduleError('task graph: before and after must have one dimension and one length')
    ends = np.concatenate([graph.before, graph.after])
    if len(ends) and not 0 <= ends.min() <= ends.max() < tasks:
        e = int(np.flatnonzero((ends < 0) | (ends >= tasks))[0] % len(graph.before))
        raise ScheduleError(
            f'task graph: edge {e} joins tasks {graph.before[e]} and {graph.after[e]}; '
            f'there are 0..{tasks - 1}'
        )
