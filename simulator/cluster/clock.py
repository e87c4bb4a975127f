"""One clock for two engines: simpy drives what thinks, the fabric what moves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import simpy
from simpy.core import Infinity
from simpy.events import Event

from simulator.cluster.fabric import Fabric
from simulator.cluster.tasks import GATES, KINDS

__all__ = ['Clock']

LOST = KINDS.index('lost')  # and behind it 'gone'

PATIENCE = 200  # times a device may come back, on average, without anything coming of it


class Clock(simpy.Environment):
    """A simpy environment whose steps let the fabric run first.

    Before simpy takes its next event, at time t, the fabric runs its own events up to and
    including t, and stops after the first instant that somebody waits for. What was waited for
    becomes simpy events at that instant, in task order, before simpy's others of it. So neither
    engine ever gets ahead of the other.

    Parameters
    ----------
    fabric : Fabric

    Attributes
    ----------
    completions : dict of int to Event
        What is waited for: by task, or GATES + gate.
    on_loss : callable
        Told of each event that will never happen, as its message is lost.

    Examples
    --------
    >>> import networkx as nx
    >>> from simulator.cluster.network import Network
    >>> pair = Network.of(nx.path_graph(2), hosts=2, bandwidth=100.0, latency=1.0)
    >>> clock = Clock(Fabric(pair))
    >>> sent = clock.completion(clock.fabric.send(clock.now, 0, 1, 200.0, watch=True))
    >>> clock.run(sent), clock.now
    (None, 3.0)
    """

    __slots__ = ('_now',)  # where simpy keeps it: see below

    def __init__(self, fabric: Fabric):
        super().__init__()
        self.fabric = fabric
        self.completions: dict[int, Event] = {}
        self.on_loss: Callable[[Any], None] = lambda event: None
        self._due: deque[tuple[int, int]] = deque()  # what has woken at this instant
        self._naps = 0
        self._healing = 0
        self._reviving = 0
        self._revived = 0  # since there was progress

    @property
    def healing(self) -> bool:
        """Whether a fault is in force now that is going to end."""
        return self._healing > 0

    def completion(self, task: int, event: Event | None = None) -> Event:
        """Return the event (a new one, or *event*) that fires when *task* is complete."""
        event = event or Event(self)
        self.completions[task] = event
        return event

    def opening(self, gate: int, event: Event | None = None) -> Event:
        """Return the event (a new one, or *event*) that fires when *gate* opens."""
        event = event or Event(self)
        self.completions[GATES + gate] = event
        return event

    def forget(self, gates: Iterable[int]) -> None:
        """Let nobody wait for *gates* any more."""
        for gate in gates:
            self.completions.pop(GATES + gate, None)

    def progress(self) -> None:
        """Take note that the run has come further."""
        self._revived = 0

    def nap(self, delay: float, *, heals: bool = False, revives: bool = False) -> Event:
        """Return a timeout for what goes on in the background and keeps no run alive.

        Parameters
        ----------
        delay : float
            Seconds.
        heals : bool
            Whether it ends a fault, so that work which stands still may go on.
        revives : bool
            Whether a device will begin anew, so that there will be new work.
        """
        self._naps += 1
        self._healing += heals
        self._reviving += revives
        event = self.timeout(delay)
        event.callbacks.append(lambda _: self._woke(heals, revives))
        return event

    def step(self) -> None:
        """Take the next event of simpy, and all of the fabric's that come before it.

        Raises
        ------
        simpy.core.EmptySchedule
            If neither has one that could ever unblock anybody: nothing is left but naps, and no
            task of the fabric that the end of a fault could set in motion.
        """
        due, completions, queue = self._due, self.completions, self._queue
        fabric = self.fabric
        now, next_ = fabric.hands
        while True:
            while due:  # before everything else simpy has for this instant
                what, why = due.popleft()
                event = completions.pop(what)
                if why >= LOST:
                    self._missed(event, why)
                    continue
                # what simpy's own succeed() and step() do, without the way through its queue
                event._ok, event._value = True, None  # noqa: SLF001
                callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
                for tell in callbacks:
                    tell(event)
            until = queue[0][0] if queue else Infinity
            if next_[0] > until or not (woken := fabric.wake(until)):
                break
            self._now = now[0]
            due.extend(woken)
        hopeless = self._revived > PATIENCE * len(self.fabric.devices)
        if hopeless or (len(self._queue) == self._naps and not self._can_heal()):
            raise simpy.core.EmptySchedule
        super().step()

    def _can_heal(self) -> bool:
        """Whether the fabric goes on by itself, or will when a fault ends or a device is back."""
        ends = self._reviving or (self._healing and self.fabric.active)
        return self.fabric.next < Infinity or bool(ends)

    def _woke(self, heals: bool, revives: bool) -> None:
        self._naps -= 1
        self._healing -= heals
        self._reviving -= revives
        self._revived += revives

    def _missed(self, event: Event, why: int) -> None:
        """Take note that what was waited for will not happen: a message is lost, or work gone."""
        if why == LOST:  # work is gone with a device that crashed, and so is who waited for it
            self.on_loss(event)


# everybody asks what time it is, all the time: a slot under its other name takes no call
Clock.now = Clock._now  # type: ignore[method-assign, assignment, misc] # noqa: SLF001
