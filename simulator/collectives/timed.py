"""Schedules in time: ranks call a collective, each when it is ready, and leave one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from simulator.cluster.cluster import Cluster
from simulator.collectives.schedule import Schedule

__all__ = ['Call', 'Group']


class Call:
    """One call of a collective, which each rank enters once.

    Attributes
    ----------
    number : int
        Which call of all collectives of the cluster this is.
    contributions : list
        What each rank brought, by rank; None until it enters.
    entered, left : list of float
        Seconds; NaN until then.
    """

    def __init__(self, cluster: Cluster, schedule: Schedule, devices: list[int], tag: int):
        self._clock = cluster.clock
        self._fabric = cluster.fabric
        self._schedule = schedule
        self._devices = np.array(devices, np.int64)
        self._tag = tag
        self._exits: list[Event] = []
        self._entries: NDArray[np.int64] = np.empty(0, np.int64)
        self.number = -1
        self.contributions: list[Any] = [None] * schedule.ranks
        self.entered = [float('nan')] * schedule.ranks
        self.left = [float('nan')] * schedule.ranks

    def launch(self, cluster: Cluster, sizes: NDArray[np.float64]) -> None:
        """Hand the schedule to the fabric, its chunks of *sizes* (chunks,) bytes."""
        s = self._schedule
        columns = (s.step, s.source, s.target, s.first_chunk, s.count, s.reduce)
        offsets = np.concatenate([[0.0], np.cumsum(sizes)])
        launched = self._fabric.launch(columns, offsets, self._devices, tag=self._tag)
        self.number = cluster.tracer.launched(launched.first_task, len(s))
        self._entries = launched.entries
        self._exits = [self._clock.opening(int(gate)) for gate in launched.exits]

    def enter(self, rank: int, contribution: Any) -> Event:
        """Let *rank* take part from now on; return the event of its leaving."""
        self.contributions[rank] = contribution
        self.entered[rank] = self._clock.now
        self._fabric.open(self._clock.now, int(self._entries[rank]))
        event = self._exits[rank]
        assert event.callbacks is not None  # noqa: S101 - it has not fired: the rank enters now
        event.callbacks.append(lambda _: self._leave(rank))
        return event

    @property
    def complete(self) -> bool:
        """Whether every rank has left."""
        return not any(np.isnan(self.left))

    @property
    def staying(self) -> list[int]:
        """Ranks that have entered and not left."""
        return [r for r, t in enumerate(self.entered) if not np.isnan(t) and np.isnan(self.left[r])]

    def _leave(self, rank: int) -> None:
        self.left[rank] = self._clock.now


class Group:
    """Devices that call a collective together, again and again: the k-th calls belong together.

    Parameters
    ----------
    cluster : Cluster
    devices : list of int
        The device of each rank.
    schedule : Schedule
    name : str
        What its messages are called in the traces.

    Attributes
    ----------
    running : list of Call
        Calls that some rank has not left.
    """

    def __init__(self, cluster: Cluster, devices: list[int], schedule: Schedule, *, name: str):
        self.schedule = schedule
        self.devices = devices
        self.name = name
        self.running: list[Call] = []
        self._cluster = cluster
        self._tag = cluster.tags.number(name)
        self._next = [0] * schedule.ranks
        self._first = 0  # number of the first running call
        cluster.diagnoses.append(self.diagnosis)

    def enter(
        self, rank: int, sizes: NDArray[np.float64], contribution: Any = None
    ) -> tuple[Call, Event]:
        """Let *rank* make its next call.

        Parameters
        ----------
        rank : int
        sizes : array, shape (chunks,)
            Bytes of each chunk; those of the first rank to make this call count.
        contribution : object
            Kept in the call for whoever computes the result.

        Returns
        -------
        call : Call
        event : Event
            Fires when the rank may leave.
        """
        place = self._next[rank] - self._first
        self._next[rank] += 1
        if place == len(self.running):
            call = Call(self._cluster, self.schedule, self.devices, self._tag)
            call.launch(self._cluster, sizes)
            self.running.append(call)
        call = self.running[place]
        event = call.enter(rank, contribution)
        assert event.callbacks is not None  # noqa: S101 - as in Call.enter
        event.callbacks.append(lambda _: self._forget())
        return call, event

    def diagnosis(self) -> Iterator[str]:
        """Say which ranks can't leave a call, since when, and who has not come to it."""
        for call in self.running:
            absent = [r for r, entered in enumerate(call.entered) if np.isnan(entered)]
            missing = f', which ranks {absent} have not entered' if absent else ''
            for rank in call.staying:
                yield (
                    f'rank {rank} (device {self.devices[rank]}) waits in {self.name} call '
                    f'{call.number} since {call.entered[rank]:.6g} s{missing}'
                )

    def _forget(self) -> None:
        while self.running and self.running[0].complete:
            del self.running[0]
            self._first += 1
