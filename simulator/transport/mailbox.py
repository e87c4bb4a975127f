"""Where messages wait for those who ask for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from typing import Any

from simpy.core import Environment
from simpy.events import Event

__all__ = ['Mailbox', 'Message', 'Waiter']


class Message(Event):
    """What travels: the world times *size*, and never looks into *payload*.

    It is the event of its own arrival.

    Attributes
    ----------
    source, target : int
        Devices.
    size : float
        Bytes on the wire.
    tag : hashable
        What a receiver can ask for.
    payload : object
    sent : float
        Seconds: when it was handed over.
    """

    def __init__(
        self, env: Environment, source: int, target: int, size: float, tag: Hashable, payload: Any
    ):
        self.env = env
        self.callbacks = []
        self.source = source
        self.target = target
        self.size = size
        self.tag = tag
        self.payload = payload
        self.sent = env.now


class Waiter(Event):
    """The event of somebody who waits for a message, from *source* or from anybody.

    Attributes
    ----------
    tag : hashable
    source : int or None
    since : float
        Seconds.
    """

    def __init__(self, env: Environment, tag: Hashable, source: int | None):
        self.env = env
        self.callbacks = []
        self.tag = tag
        self.source = source
        self.since = env.now


class Mailbox:
    """The messages of one device, matched by tag and source, first come, first served.

    Examples
    --------
    >>> import simpy
    >>> env = simpy.Environment()
    >>> box = Mailbox(env)
    >>> model = box.get('model', source=2)
    >>> for source in (1, 2):
    ...     box.put(Message(env, source, 0, 8.0, 'model', f'from {source}'))
    >>> env.run(model).payload, len(box)
    ('from 2', 1)
    """

    def __init__(self, env: Environment):
        self._env = env
        self._arrived: dict[Hashable, deque[Message]] = {}
        self._waiting: dict[Hashable, list[Waiter]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._arrived.values()))

    @property
    def waiting(self) -> Iterator[Waiter]:
        """Who waits here."""
        return (waiter for waiters in self._waiting.values() for waiter in waiters)

    def put(self, message: Message) -> None:
        """Hand *message* to the first who waits for it, or keep it."""
        waiters = self._waiting.get(message.tag, [])
        for waiter in waiters:
            if waiter.source is None or waiter.source == message.source:
                waiters.remove(waiter)
                # let it happen now: as in simpy, without the way through its queue
                waiter._ok, waiter._value = True, message  # noqa: SLF001
                callbacks, waiter.callbacks = waiter.callbacks, None  # type: ignore[assignment]
                for tell in callbacks:
                    tell(waiter)
                return
        self._arrived.setdefault(message.tag, deque()).append(message)

    def get(self, tag: Hashable, source: int | None = None) -> Event:
        """Return an event whose value is the next message with *tag* (and from *source*)."""
        waiter = Waiter(self._env, tag, source)
        if tag in self._arrived and (message := self._take(tag, source)) is not None:
            return waiter.succeed(message)
        waiting = self._waiting.get(tag)
        if waiting is None:
            self._waiting[tag] = [waiter]
        else:
            waiting.append(waiter)
        return waiter

    def take(self, tag: Hashable) -> list[Message]:
        """Return all messages with *tag* that are there, and let go of them."""
        return list(self._arrived.pop(tag, ()))

    def cancel(self, event: Event) -> None:
        """Let nobody wait for *event* any more."""
        for waiters in self._waiting.values():
            waiters[:] = [waiter for waiter in waiters if waiter is not event]

    def clear(self) -> None:
        """Forget all messages, and all who wait."""
        self._arrived.clear()
        self._waiting.clear()

    def _take(self, tag: Hashable, source: int | None) -> Message | None:
        arrived = self._arrived[tag]
        for k, message in enumerate(arrived):
            if source is None or message.source == source:
                del arrived[k]
                if not arrived:
                    del self._arrived[tag]
                return message
        return None
