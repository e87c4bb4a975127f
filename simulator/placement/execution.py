"""What became of a placed graph: when everything ran, and what that means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.errors import PlacementError
from simulator.placement.problem import Placement, Problem
from simulator.placement.tasks import Laid

__all__ = ['Execution']

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Execution:
    """One execution of a graph; times in seconds since its beginning.

    Attributes
    ----------
    problem : Problem
    placement : int array, shape (n,)
    start, end : arrays, shape (n,)
        Of the operations.
    producer, target : int arrays, shape (transfers,)
        Whose output was sent, and the device 0..k-1 it went to.
    sent, delivered : arrays, shape (transfers,)
    transfer : int array, shape (edges,)
        The transfer that served an edge, -1 where none was needed.
    """

    problem: Problem
    placement: Placement
    start: Floats
    end: Floats
    producer: Integers
    target: Integers
    sent: Floats
    delivered: Floats
    transfer: Integers

    @classmethod
    def of(
        cls,
        problem: Problem,
        placement: Placement,
        laid: Laid,
        starts: Floats,
        ends: Floats,
    ) -> Execution:
        """Return the execution in which the tasks (n + transfers,) began and ended then."""
        count = len(problem.graph)
        return cls(
            problem,
            placement,
            starts[:count],
            ends[:count],
            laid.producer,
            laid.target,
            starts[count:],
            ends[count:],
            laid.transfer,
        )

    @property
    def makespan(self) -> float:
        """When all was done."""
        return float(max(self.end.max(), self.delivered.max(initial=0.0)))

    @cached_property
    def busy(self) -> Floats:
        """How long each device computed, shape (k,)."""
        busy = np.bincount(self.placement, self.end - self.start, len(self.problem.platform))
        return busy.astype(float)

    @property
    def bytes(self) -> float:
        """What went over the network."""
        return float(self.problem.graph.outputs[self.producer].sum())

    @cached_property
    def ready(self) -> Floats:
        """When the inputs of each operation were all there, shape (n,)."""
        ready = np.zeros(len(self.problem.graph))
        np.maximum.at(ready, self.problem.graph.after, self.arrival)
        return ready

    @cached_property
    def arrival(self) -> Floats:
        """When what an edge carries was where it is needed, shape (edges,)."""
        local = self.end[self.problem.graph.before]
        if not len(self.delivered):
            return local
        return np.where(self.transfer < 0, local, self.delivered[self.transfer])

    @cached_property
    def peak(self) -> Floats:
        """The most bytes that each device held at once, shape (k,).

        Parameters are there from the beginning; an output from its operation's start until all
        that need it there have run and it is sent to the others; a copy from its sending until
        all that need it there have run. What nobody needs stays to the end.
        """
        graph, devices = self.problem.graph, len(self.problem.platform)
        device = np.concatenate([self.placement, self.target])
        size = np.concatenate([graph.outputs, graph.outputs[self.producer]])
        taken = np.concatenate([self.start, self.sent])
        peak = np.bincount(self.placement, graph.parameters, devices)
        # at one instant, room is made before it is taken
        moments = np.concatenate([taken, self._freed()])
        signed = np.concatenate([size, -size])
        order = np.lexsort((signed, moments, np.tile(device, 2)))
        where = np.tile(device, 2)[order]
        held = np.cumsum(signed[order])
        base = np.concatenate([[0.0], held])[np.searchsorted(where, np.arange(devices))]
        most = np.zeros(devices)
        np.maximum.at(most, where, held - base[where])
        return peak + most

    def _freed(self) -> Floats:
        """Return when each output and each copy was needed no more."""
        graph, count = self.problem.graph, len(self.problem.graph)
        freed = np.concatenate([self.end, self.delivered])
        holder = np.where(self.transfer < 0, graph.before, count + self.transfer)
        np.maximum.at(freed, holder, self.end[graph.after])
        np.maximum.at(freed, self.producer, self.delivered)
        results = np.diff(graph.successors.first) == 0
        freed[:count][results] = self.makespan
        return freed

    def check_memory(self) -> None:
        """Refuse an execution in which a device held more than it can.

        Raises
        ------
        PlacementError
        """
        platform = self.problem.platform
        over = np.flatnonzero(self.peak > platform.memory * (1 + 1e-9))
        if len(over):
            device = over[0]
            largest = np.where(
                self.placement == device,
                self.problem.graph.parameters + self.problem.graph.outputs,
                -1.0,
            )
            raise PlacementError(
                f'device {platform.nodes[device]} held {self.peak[device]:.6g} bytes and has '
                f'{platform.memory[device]:.6g}; operation '
                f'{self.problem.graph.names[int(np.argmax(largest))]!r} is the largest there'
            )
