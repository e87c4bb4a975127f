"""How a peer that goes round by round waits for its neighbours' letters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from simpy.events import Event

from simulator.training.gossip.swarm import Letter, Program, Swarm

__all__ = ['Inbox']


class Inbox:
    """The letters to one peer, round by round.

    A neighbour whose letter does not come in time is given up: it is not waited for any more,
    until a letter shows that it is there. A peer that has waited in vain and meanwhile heard of a
    later round was away itself: it goes on from there.

    Parameters
    ----------
    swarm : Swarm
    number : int
        The peer's.
    timeout : float or None
        Seconds for which it waits once it is ready itself; None for ever.
    """

    def __init__(self, swarm: Swarm, number: int, timeout: float | None):
        self._swarm = swarm
        self._number = number
        self._alarm = Alarm(swarm, number, timeout)
        self._held: dict[int, list[Letter]] = {}
        self._heard: dict[int, set[int]] = {}  # from whom, by round
        self._waited_for = 0
        self._gone: set[int] = set()
        self._waited_in_vain = False

    def first(self) -> Program:
        """Return the next letter, which is kept: it tells a newcomer where the others are."""
        message = yield self._swarm.receive(self._number)
        self._keep(message.payload)
        return message.payload

    def rounds(self, round_: int = 1) -> Iterator[int]:
        """Count the peer's rounds, from *round_* until the run's stop is reached."""
        scoreboard = self._swarm.experiment.scoreboard
        while scoreboard.wants(round_):
            yield round_
            round_ = self._next(round_)

    def wait(self, round_: int, sources: Iterable[int], present: int | None = None) -> Program:
        """Wait until the letters of *round_* are there from all *sources* that are not given up.

        Parameters
        ----------
        round_ : int
        sources : iterable of int
        present : int, optional
            The peer's own round, where it is a later one.
        """
        swarm, since = self._swarm, self._swarm.clock.now
        present = round_ if present is None else present
        self._waited_in_vain = False
        missing = set(sources) - self._heard.pop(round_, set()) - self._gone
        deadline = self._alarm.deadline()
        while missing:
            message = yield self._alarm.receive(deadline)
            if message is None:
                self._gone |= missing
                self._waited_in_vain = True
                break
            self._keep(message.payload)
            if message.payload.round == round_:
                missing.discard(message.payload.source)
        self._waited_for = round_
        swarm.waited(self._number, 'neighbours', present, since)

    def read(self, round_: int) -> list[Letter]:
        """Return the letters of *round_* and of those before, by round and sender."""
        self._collect()
        due = sorted(each for each in self._held if each <= round_)
        return [letter for each in due for letter in sorted(self._held.pop(each), key=_source)]

    def _collect(self) -> None:
        """Take what is there without waiting."""
        for message in self._swarm.arrived(self._number):
            self._keep(message.payload)

    def _keep(self, letter: Letter) -> None:
        held = self._held.setdefault(letter.round, [])
        if all(each.source != letter.source for each in held):  # a sender counts once a round
            held.append(letter)
        if letter.round > self._waited_for:
            self._heard.setdefault(letter.round, set()).add(letter.source)
        self._gone.discard(letter.source)

    def _next(self, round_: int) -> int:
        ahead = max(self._held, default=0) if self._waited_in_vain else 0
        return max(round_ + 1, ahead)


def _source(letter: Letter) -> int:
    return letter.source


class Alarm:
    """Ends a peer's waiting for a message at a deadline; one timeout at a time is under way."""

    def __init__(self, swarm: Swarm, number: int, timeout: float | None):
        self._swarm = swarm
        self._number = number
        self._timeout = timeout
        self._set = False
        self._deadline = 0.0
        self._waiting: Event | None = None

    def deadline(self) -> float | None:
        """Return when waiting that begins now is to end."""
        return None if self._timeout is None else self._swarm.clock.now + self._timeout

    def receive(self, deadline: float | None) -> Event:
        """Return an event whose value is the next message, or None at the deadline."""
        event = self._swarm.receive(self._number)
        if deadline is not None and not event.triggered:
            self._waiting, self._deadline = event, deadline
            if not self._set:
                self._start()
        return event

    def _start(self) -> None:
        self._set = True
        ringing = self._swarm.clock.timeout(max(0.0, self._deadline - self._swarm.clock.now))
        assert ringing.callbacks is not None  # noqa: S101 - it has not fired yet
        ringing.callbacks.append(self._ring)

    def _ring(self, _: Any) -> None:
        self._set = False
        if self._waiting is None or self._waiting.triggered:
            return
        if self._swarm.clock.now < self._deadline:
            self._start()
            return
        device = self._swarm.devices[self._number]
        self._swarm.experiment.transport.cancel(device, self._waiting)
        self._waiting.succeed(None)
