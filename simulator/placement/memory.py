"""What a placement asks of the memories, whatever the order in which operations run.

A device holds the parameters of its operations, their outputs until all that need them have run,
and copies of what they need from elsewhere. Here all of it is counted as if it were there at the
same time; so what fits, fits under every schedule. `Execution.peak` is what it came to.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.errors import PlacementError
from simulator.placement.graph import OperationGraph
from simulator.placement.problem import Placement, Problem

__all__ = ['Ledger', 'check_placement', 'copies', 'demand', 'fits']

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def copies(graph: OperationGraph, placement: Placement, devices: int) -> tuple[Integers, Integers]:
    """Return what is sent: each producer once to each device that needs its output.

    Returns
    -------
    keys : int array, shape (transfers,)
        ``producer * devices + device``, ascending.
    transfer : int array, shape (edges,)
        The number of the transfer that serves an edge, -1 where both ends are on one device.

    Examples
    --------
    >>> fork = OperationGraph(['a', 'b', 'c'], 1.0, 0.0, 1.0, [0, 0], [1, 2])
    >>> [each.tolist() for each in copies(fork, np.array([0, 1, 1]), 2)]
    [[1], [0, 0]]
    """
    there = placement[graph.after]
    crossing = np.flatnonzero(placement[graph.before] != there)
    keys = graph.before[crossing] * devices + there[crossing]
    keys, number = np.unique(keys, return_inverse=True)
    transfer = np.full(graph.edges, -1)
    transfer[crossing] = number
    return keys, transfer


def demand(graph: OperationGraph, placement: Placement, devices: int) -> Floats:
    """Return the bytes that each device must be able to hold, shape (devices,)."""
    keys, _ = copies(graph, placement, devices)
    producer, device = np.divmod(keys, devices)
    own = np.bincount(placement, graph.parameters + graph.outputs, devices)
    sent = np.bincount(device, graph.outputs[producer], devices)
    return (own + sent).astype(float)


def fits(problem: Problem, placement: Placement) -> bool:
    """Whether each device can hold what *placement* asks of it."""
    memory = problem.platform.memory
    if np.isinf(memory).all():
        return True
    return bool((demand(problem.graph, placement, len(memory)) <= memory).all())


def check_placement(problem: Problem, placement: Placement) -> None:
    """Refuse a placement that breaks a constraint.

    Raises
    ------
    PlacementError
        If an operation is on a device of the wrong kind or away from its group, or a device must
        hold more than it can.
    """
    graph, platform = problem.graph, problem.platform
    leaders = placement[[members[0] for members in problem.members]][problem.unit]
    for wrong, why in (
        (placement != leaders, 'is on another device than its group'),
        (~problem.allowed[problem.unit, placement], 'is on a device of another kind'),
    ):
        if wrong.any():
            name = graph.names[int(np.flatnonzero(wrong)[0])]
            raise PlacementError(f'operation {name!r} {why}')
    needed = demand(graph, placement, len(platform))
    # the ledger adds up in another order
    for device in np.flatnonzero(needed > platform.memory * (1 + 1e-9))[:1]:
        largest = np.argmax(np.where(placement == device, graph.parameters + graph.outputs, -1.0))
        raise PlacementError(
            f'device {platform.nodes[device]} must hold {needed[device]:.6g} bytes and has '
            f'{platform.memory[device]:.6g}; operation {graph.names[int(largest)]!r} is the largest'
        )


class Ledger:
    """Memory while units are placed one by one.

    Parameters
    ----------
    problem : Problem

    Attributes
    ----------
    device : int array, shape (n,)
        Where each operation is; -1 where it is nowhere yet.
    used : array, shape (k,)
        Bytes taken so far.
    """

    def __init__(self, problem: Problem):
        self.problem = problem
        graph, k = problem.graph, len(problem.platform)
        self.device = np.full(len(graph), -1)
        self.used = np.zeros(k)
        self._limited = bool(np.isfinite(problem.platform.memory).any())
        self._own = problem.of_units(graph.parameters + graph.outputs)
        self._there = np.zeros((len(graph), k), bool)  # outputs that a device has room for

    def fitting(self, unit: int) -> NDArray[np.bool_]:
        """Return which devices (k,) may take *unit*, and still can."""
        allowed: NDArray[np.bool_] = self.problem.allowed[unit]
        if not self._limited:
            return allowed
        room = self.problem.platform.memory - self.used
        fits: NDArray[np.bool_] = allowed & (self._needed(unit) <= room)
        return fits

    def choose(self, unit: int, cost: Floats) -> int:
        """Put *unit* on the device of least *cost* (k,) among those that fit, and return it.

        Raises
        ------
        PlacementError
            If none fits; the operation is named.
        """
        fits = self.fitting(unit)
        if not fits.any():
            raise PlacementError(self._nowhere(unit))
        device = int(np.argmin(np.where(fits, cost, np.inf)))
        self.put(unit, device)
        return device

    def put(self, unit: int, device: int) -> None:
        """Put *unit* on *device*."""
        members = self.problem.members[unit]
        if self._limited:
            self.used[device] += self._needed(unit)[device]
            self._there[self._inputs(unit), device] = True
            self._there[members, device] = True
        self.device[members] = device

    def _needed(self, unit: int) -> Floats:
        """Return the bytes that *unit* would take on each device (k,), its inputs included.

        Room for a copy of an input is kept also where it is not placed yet, so that it may be
        placed anywhere later; it is given back if that is here.
        """
        outputs, members = self.problem.graph.outputs, self.problem.members[unit]
        inputs = self._inputs(unit)
        kept = outputs[members] @ self._there[members]
        needed: Floats = self._own[unit] - kept + outputs[inputs] @ ~self._there[inputs]
        return needed

    def _inputs(self, unit: int) -> Integers:
        """Return the operations outside of *unit* whose outputs it needs."""
        members, graph = self.problem.members[unit], self.problem.graph
        inputs = np.unique(np.concatenate([graph.predecessors.of(k) for k in members]))
        outside: Integers = inputs[self.problem.unit[inputs] != unit]
        return outside

    def _nowhere(self, unit: int) -> str:
        problem, needed = self.problem, self._needed(unit)
        room = np.where(problem.allowed[unit], problem.platform.memory - self.used, -np.inf)
        best = int(np.argmax(room - needed))
        name = problem.graph.names[problem.members[unit][0]]
        return (
            f'operation {name!r} needs {needed[best]:.6g} bytes, its inputs included, beside what '
            f'is placed already; on no {problem.kinds[unit] or "device"} are there more than '
            f'{room[best]:.6g} left for it; give devices more memory, or add some'
        )
