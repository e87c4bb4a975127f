"""List scheduling: HEFT and ETF, which foresee when each operation could run where."""

from __future__ import annotations

from bisect import bisect, insort

import numpy as np
from numpy.typing import NDArray

from simulator.placement.memory import Ledger
from simulator.placement.paths import upward
from simulator.placement.problem import Placement, Problem

__all__ = ['etf', 'heft', 'upward_rank']

Floats = NDArray[np.float64]

TIE = 1e-6


def heft(problem: Problem, rng: np.random.Generator) -> Placement:
    """Heterogeneous earliest finish time: by upward rank, each where it would be done first.

    An operation may slip into a gap between others. Its group follows it; where it could be done
    as soon on several devices, what the groups would take there decides.

    References
    ----------
    .. [1] Topcuoglu, Hariri & Wu, "Performance-Effective and Low-Complexity Task Scheduling for
       Heterogeneous Computing", IEEE Transactions on Parallel and Distributed Systems 13(3), 2002.
    """
    ledger, plan = Ledger(problem), _Plan(problem)
    rank = upward_rank(problem)
    place = np.empty(len(rank), np.int64)
    place[problem.graph.order] = np.arange(len(rank))
    for operation in np.lexsort((place, -rank)).tolist():
        start = plan.starts(operation)
        if ledger.device[operation] < 0:
            ledger.choose(int(problem.unit[operation]), start + plan.seconds(operation))
        device = int(ledger.device[operation])
        plan.run(operation, device, float(start[device]))
    return ledger.device


def upward_rank(problem: Problem) -> Floats:
    """Return the longest way from each operation (n,) to an end, at mean costs."""
    graph, rows = problem.graph, problem.graph.successors
    latency, per_byte = problem.platform.mean_transfer
    sending = latency + graph.outputs[graph.before] * per_byte
    # a transfer is needed unless both ends happen to be on one device
    sending *= 1 - 1 / len(problem.platform)
    rank: Floats = upward(
        graph.order, rows.first, rows.ends, problem.mean_compute, sending[rows.edges]
    )[0]
    return rank


class _Plan:
    """When devices would be busy, and when outputs would be where."""

    def __init__(self, problem: Problem):
        self._problem = problem
        self._slots: list[list[tuple[float, float]]] = [[] for _ in range(len(problem.platform))]
        self._ends = np.zeros(len(problem.graph))
        self._device = np.full(len(problem.graph), -1)
        self._free = np.zeros(len(problem.platform))
        self._work = problem.of_units(problem.graph.flops)
        self._pledged = np.zeros(len(problem.platform))  # seconds of members still to come
        self._met = np.zeros(problem.units, bool)

    def ready(self, operation: int) -> Floats:
        """Return when the inputs of *operation* could be on each device, shape (k,)."""
        graph, platform = self._problem.graph, self._problem.platform
        inputs = graph.predecessors.of(operation)
        if not len(inputs):
            return np.zeros(len(platform))
        here = self._device[inputs]
        sending = graph.outputs[inputs][:, None] * platform.seconds_per_byte[here]
        coming: Floats = self._ends[inputs][:, None] + platform.latency[here] + sending
        ready: Floats = coming.max(axis=0)
        return ready

    def starts(self, operation: int) -> Floats:
        """Return when *operation* could begin on each device (k,), in the first gap it fits."""
        ready, seconds = self.ready(operation), self._problem.compute[operation]
        starts = np.maximum(ready, self._free)
        for device in np.flatnonzero(ready < self._free).tolist():
            starts[device] = self._gap(device, float(ready[device]), float(seconds[device]))
        return starts

    def seconds(self, operation: int) -> Floats:
        """Return how long *operation* takes each device (k,); ties go by what its group takes.

        An operation that takes no time, such as a variable, could be anywhere: what counts then
        is the time of its group, behind the groups that a device has already.
        """
        problem, unit = self._problem, self._problem.unit[operation]
        alone: Floats = problem.compute[operation]
        if len(problem.members[unit]) == 1:
            return alone
        together: Floats = self._pledged + self._work[unit] / problem.platform.speed
        return alone + TIE * together

    def run(self, operation: int, device: int, start: float) -> None:
        """Let *device* be busy with *operation* from *start* on."""
        unit = self._problem.unit[operation]
        if not self._met[unit]:
            self._met[unit] = True
            self._pledged[device] += self._work[unit] / self._problem.platform.speed[device]
        self._pledged[device] -= self._problem.compute[operation, device]
        end = start + float(self._problem.compute[operation, device])
        self._device[operation], self._ends[operation] = device, end
        self._free[device] = max(self._free[device], end)
        insort(self._slots[device], (start, end))

    def _gap(self, device: int, ready: float, seconds: float) -> float:
        slots = self._slots[device]
        first = max(bisect(slots, (ready, np.inf)) - 1, 0)
        free = ready
        for start, end in slots[first:]:
            if free + seconds <= start:
                return free
            free = max(free, end)
        return free


def etf(problem: Problem, rng: np.random.Generator) -> Placement:
    """Earliest task first: of all that are ready, what could begin first, where it could.

    Ties go to the greater upward rank. Devices take no more than their memory holds. It is made
    for devices that are alike: of unlike ones it may take a slow one, if that is free.

    References
    ----------
    .. [1] Hwang, Chow, Anger & Lee, "Scheduling Precedence Graphs in Systems with Interprocessor
       Communication Times", SIAM Journal on Computing 18(2), 1989.
    """
    return _Earliest(problem).placement()


class _Earliest:
    """Operations that are ready, and when they could begin where."""

    def __init__(self, problem: Problem):
        self._problem = problem
        self._ledger, self._plan = Ledger(problem), _Plan(problem)
        self._rank = upward_rank(problem)
        self._free = np.zeros(len(problem.platform))
        self._waits = np.diff(problem.graph.predecessors.first)
        self._ready = np.empty((64, len(problem.platform)))
        self._operations: list[int] = []

    def placement(self) -> Placement:
        for operation in np.flatnonzero(self._waits == 0).tolist():
            self._add(operation)
        while self._operations:
            self._next()
        return self._ledger.device

    def _add(self, operation: int) -> None:
        row = len(self._operations)
        if row == len(self._ready):
            self._ready = np.concatenate([self._ready, np.empty_like(self._ready)])
        self._operations.append(operation)
        self._ready[row] = self._plan.ready(operation)
        unit = int(self._problem.unit[operation])
        device = self._ledger.device[operation]
        if device >= 0:
            self._ready[row, np.arange(len(self._free)) != device] = np.inf
        else:
            self._ready[row, ~self._problem.allowed[unit]] = np.inf

    def _next(self) -> None:
        """Place the operation that could begin first."""
        count, problem = len(self._operations), self._problem
        starts = np.maximum(self._ready[:count], self._free)
        soonest = starts.min(axis=1)
        rows = np.flatnonzero(soonest <= soonest.min() * (1 + 1e-12))
        row = int(rows[np.argmax(self._rank[[self._operations[r] for r in rows]])])
        operation = self._operations[row]
        unit = int(problem.unit[operation])
        if self._ledger.device[operation] < 0:
            # of devices where it could begin at once, the one that is done first
            self._ledger.choose(unit, starts[row] + 1e-9 * self._plan.seconds(operation))
            self._follow(unit)
        device = int(self._ledger.device[operation])
        self._remove(row)
        self._plan.run(operation, device, float(starts[row, device]))
        self._free[device] = starts[row, device] + problem.compute[operation, device]
        for user in problem.graph.successors.of(operation).tolist():
            self._waits[user] -= 1
            if self._waits[user] == 0:
                self._add(user)

    def _follow(self, unit: int) -> None:
        """Let other members of the unit that are ready know where they must be."""
        device = self._ledger.device[self._problem.members[unit][0]]
        for row, operation in enumerate(self._operations):
            if self._problem.unit[operation] == unit:
                self._ready[row, np.arange(len(self._free)) != device] = np.inf

    def _remove(self, row: int) -> None:
        last = len(self._operations) - 1
        self._operations[row] = self._operations[last]
        self._ready[row] = self._ready[last]
        self._operations.pop()
