"""Schedules in time: ranks call a collective, each when it is ready, and leave one by one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from simulator.cluster.cluster import Cluster
from simulator.cluster.fabric import Launched
from simulator.collectives.pieces import Streamed, in_pieces
from simulator.collectives.schedule import Schedule

__all__ = ['Call', 'Group']


class Call:
    """One call of a collective, which each rank enters once.

    Attributes
    ----------
    number : int, optional
        Which call of all collectives of the cluster this is; None until it is launched.
    contributions : list
        What each rank brought, by rank; None until it enters.
    entered, left : list of float
        Seconds; NaN until then.
    """

    def __init__(
        self, cluster: Cluster, schedule: Schedule | Streamed, devices: list[int], tag: int
    ):
        self._cluster = cluster
        self._clock = cluster.clock
        self._fabric = cluster.fabric
        self._devices = np.array(devices, np.int64)
        self._tag = tag
        self._pieces = in_pieces(schedule)
        self._to_come = len(schedule)  # transfers that are not in the fabric yet
        self._laid = 0  # pieces that are
        self._offsets: NDArray[np.float64] = np.zeros(1)
        self._by_row = False
        self._pieces_laid: list[Launched] = []
        self._exits = [Event(cluster.clock) for _ in devices]
        self._entries: NDArray[np.int64] = np.empty(0, np.int64)
        self.number: int | None = None
        self.contributions: list[Any] = [None] * schedule.ranks
        self.entered = [float('nan')] * schedule.ranks
        self.left = [float('nan')] * schedule.ranks
        self._inside = schedule.ranks  # who has not left

    def launch(self, sizes: NDArray[np.float64], *, by_row: bool = False) -> None:
        """Hand the schedule to the fabric, its chunks of *sizes* (chunks,) bytes.

        If *by_row*, these are the bytes of each transfer, (rows,), of a schedule held whole.

        Of a streamed one, two pieces are always ahead of the first rank: it never waits for one,
        and what all ranks have left behind is forgotten.
        """
        self._offsets = np.concatenate([[0.0], np.cumsum(sizes)])
        self._by_row = by_row
        self._lay()
        if self._to_come:
            self._lay()

    def abandon(self) -> None:
        """Give the call up: nothing of it moves any more, and nobody leaves."""
        for piece in self._pieces_laid:
            self._fabric.abandon(self._clock.now, piece)
            self._clock.forget(piece.exits.tolist())

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
        return not self._inside

    @property
    def staying(self) -> list[int]:
        """Ranks that have entered and not left."""
        return [r for r, t in enumerate(self.entered) if not np.isnan(t) and np.isnan(self.left[r])]

    def _lay(self) -> None:
        """Lay the next piece into the fabric, behind the one before."""
        columns, before = next(self._pieces), self._pieces_laid[-1:]
        if self._by_row:  # each row is a chunk of its own
            rows = np.arange(len(columns[0]), dtype=np.int32)
            columns = (*columns[:3], rows, np.ones_like(rows), columns[5])
        self._to_come -= len(columns[0])
        more = self._to_come > 0
        place = (self._offsets, self._devices)
        piece = self._fabric.launch(columns, *place, tag=self._tag, more=more)
        self.number = self._cluster.tracer.launched(piece.first_task, len(columns[0]), self.number)
        self._pieces_laid.append(piece)
        self._laid += 1
        if before:
            self._fabric.chain(self._clock.now, before[0].exits, piece.entries)
        else:
            self._entries = piece.entries
        for gate, leaving in zip(piece.exits.tolist(), self._exits, strict=True):
            if more:
                self._clock.opening(gate).callbacks.append(partial(self._passed, self._laid))
            else:
                self._clock.opening(gate, leaving)

    def _passed(self, piece: int, _: Event) -> None:
        """Take note that a rank has left a *piece*: the first one to do so needs one more."""
        if self._to_come and self._laid < piece + 2:
            self._lay()

    def _leave(self, rank: int) -> None:
        self.left[rank] = self._clock.now
        self._inside -= 1


class Group:
    """Devices that call a collective together, again and again: the k-th calls belong together.

    Parameters
    ----------
    cluster : Cluster
    devices : list of int
        The device of each rank.
    schedule : Schedule or Streamed
    name : str
        What its messages are called in the traces.

    Attributes
    ----------
    running : list of Call
        Calls that some rank has not left.
    """

    def __init__(
        self, cluster: Cluster, devices: list[int], schedule: Schedule | Streamed, *, name: str
    ):
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
        self,
        rank: int,
        sizes: NDArray[np.float64],
        contribution: Any = None,
        *,
        by_row: bool = False,
    ) -> tuple[Call, Event]:
        """Let *rank* make its next call.

        Parameters
        ----------
        rank : int
        sizes : array, shape (chunks,)
            Bytes of each chunk; those of the first rank to make this call count.
        contribution : object
            Kept in the call for whoever computes the result.
        by_row : bool
            Whether *sizes* are those of the transfers (rows,) instead.

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
            call.launch(sizes, by_row=by_row)
            self.running.append(call)
        call = self.running[place]
        event = call.enter(rank, contribution)
        assert event.callbacks is not None  # noqa: S101 - as in Call.enter
        event.callbacks.append(lambda _: self._forget())
        return call, event

    def abandon(self) -> None:
        """Give up all running calls; the next one of any rank is a new one of all."""
        for call in self.running:
            call.abandon()
        self._first += len(self.running)
        self._next = [self._first] * len(self._next)
        self.running.clear()

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
