"""A graph to be placed on devices: what may go where, and what an execution would take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from simulator.errors import PlacementError
from simulator.placement.graph import OperationGraph
from simulator.placement.paths import rows_of
from simulator.placement.platform import Platform

__all__ = ['Placement', 'Problem']

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Placement: TypeAlias = Integers
"""The device 0..k-1 of each operation (n,)."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What a placement has to tell: where each operation shall run.

    Operations of one group go together, so what is placed are *units*: a group, or a lone
    operation. Units are numbered by their first operation in topological order.

    Attributes
    ----------
    graph : OperationGraph
    platform : Platform
    seconds : callable, optional
        ``placement (n,) -> seconds`` of a simulated execution, for placements that try things
        out (see `simulator.placement.executor.Executor`).
    watch : callable, optional
        Told by placements that search how far they have come: executions, and figures by name.

    Raises
    ------
    PlacementError
        If there is an operation that no device can hold; it is named.

    Examples
    --------
    >>> ones, none = np.ones(2), np.zeros((2, 2))
    >>> pair = Platform(np.arange(2), ones, np.array([4.0, 9.0]), ('cpu', 'gpu'), none, none)
    >>> Problem(OperationGraph(['a'], 1.0, 6.0, 0.0, [], [], kinds=['cpu']), pair)
    Traceback (most recent call last):
    simulator.errors.PlacementError: operation 'a' needs 6 bytes of memory; the largest cpu holds \
4; give it more, or split the operation
    """

    graph: OperationGraph
    platform: Platform
    seconds: Callable[[Placement], float] | None = None
    watch: Callable[[int, dict[str, float]], None] | None = None

    def __post_init__(self) -> None:
        _check_kinds(self)
        _check_memory(self)

    @cached_property
    def unit(self) -> Integers:
        """The unit of each operation, shape (n,)."""
        numbers: dict[str | int, int] = {}
        unit = np.empty(len(self.graph), np.int64)
        for k in self.graph.order.tolist():
            unit[k] = numbers.setdefault(self.graph.groups[k] or k, len(numbers))
        return unit

    @cached_property
    def members(self) -> list[Integers]:
        """The operations of each unit, in topological order."""
        first, members = rows_of(self.unit[self.graph.order], int(self.unit.max()) + 1)
        return np.split(self.graph.order[members], first[1:-1])

    @property
    def units(self) -> int:
        """How many units there are."""
        return len(self.members)

    def of_units(self, values: Floats) -> Floats:
        """Return the sums over the operations of each unit of *values* (n,)."""
        sums: Floats = np.bincount(self.unit, values, self.units).astype(float)
        return sums

    @cached_property
    def kinds(self) -> list[str]:
        """The kind of device that each unit needs, '' for any."""
        found = [''] * self.units
        for unit, kind in zip(self.unit.tolist(), self.graph.kinds, strict=True):
            found[unit] = found[unit] or kind
        return found

    @cached_property
    def allowed(self) -> NDArray[np.bool_]:
        """Whether a unit's kind lets it run on a device, shape (units, k)."""
        kinds = np.array(self.platform.kinds)
        rows = {kind: (kinds == kind) | (kind == '') for kind in set(self.kinds)}
        return np.array([rows[kind] for kind in self.kinds])

    @cached_property
    def compute(self) -> Floats:
        """Seconds of each operation on each device, shape (n, k)."""
        return self.graph.flops[:, None] / self.platform.speed

    @cached_property
    def mean_compute(self) -> Floats:
        """Seconds of each operation on average over the devices it may use, shape (n,)."""
        seconds = np.where(self.allowed, 1 / self.platform.speed, 0.0).sum(axis=1)
        mean: Floats = self.graph.flops * (seconds / self.allowed.sum(axis=1))[self.unit]
        return mean

    def placed(self, device_of_unit: Integers) -> Placement:
        """Return the device of each operation (n,), from those of the units (units,)."""
        placement: Placement = np.asarray(device_of_unit, np.int64)[self.unit]
        return placement

    def simulated(self, placement: Placement) -> float:
        """Return the seconds of a simulated execution.

        Raises
        ------
        PlacementError
            If nobody has said how to execute.
        """
        if self.seconds is None:
            raise PlacementError('this placement tries executions out: give the problem `seconds`')
        return self.seconds(placement)

    def tell(self, executions: int, now: float, least: float) -> None:
        """Tell who watches how far a search has come: seconds of the last trials, and the best."""
        if self.watch is not None:
            self.watch(executions, {'trial_seconds': now, 'best_seconds': least})


def _check_kinds(problem: Problem) -> None:
    graph, there = problem.graph, set(problem.platform.kinds)
    for k, kind in enumerate(graph.kinds):
        if kind and kind not in there:
            known = ', '.join(sorted(there - {''}))
            told = f'there are devices of kind {known}' if known else 'the devices have no kind'
            raise PlacementError(
                f'operation {graph.names[k]!r} needs a {kind!r} device; {told}; change its kind, '
                'or that of a device'
            )
        own = problem.kinds[problem.unit[k]]
        if kind and kind != own:
            mates = problem.members[problem.unit[k]]
            other = next(m for m in mates if graph.kinds[m] == own)
            raise PlacementError(
                f'operation {graph.names[k]!r} needs a {kind!r}, and {graph.names[other]!r} of its '
                f'group {graph.groups[k]!r} a {own!r}: they can not be on one device'
            )


def _check_memory(problem: Problem) -> None:
    graph, memory = problem.graph, problem.platform.memory
    needed = problem.of_units(graph.parameters + graph.outputs)
    most = np.where(problem.allowed, memory, 0.0).max(axis=1)
    for unit in np.flatnonzero(needed > most)[:1]:
        k = problem.members[unit][0]
        mates = len(problem.members[unit]) - 1
        group = f', with the {mates} others of its group,' if mates else ''
        raise PlacementError(
            f'operation {graph.names[k]!r}{group} needs {needed[unit]:.6g} bytes of memory; '
            f'the largest {problem.kinds[unit] or "device"} holds {most[unit]:.6g}; give it more, '
            'or split the operation'
        )
