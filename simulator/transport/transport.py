"""Sending and receiving between simpy processes."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from simpy.events import Event

from simulator.cluster.cluster import Cluster
from simulator.cluster.tasks import RELIABLE, TRANSFER, WATCH
from simulator.transport.mailbox import Mailbox, Message

__all__ = ['Transport']


class Transport:
    """Messages over the fabric of a cluster, into the mailboxes of its devices.

    Parameters
    ----------
    cluster : Cluster

    Examples
    --------
    ::

        yield transport.send(0, 1, 400.0, model, kind='model')  # until it has arrived
        message = yield transport.receive(1, 'model', source=0)
    """

    def __init__(self, cluster: Cluster):
        self.clock = cluster.clock
        self._fabric = cluster.fabric
        self._tags = cluster.tags.numbers
        self._arrive = self._deliver
        self._boxes = [Mailbox(self.clock) for _ in range(cluster.network.hosts)]
        self._born = cluster.born
        cluster.diagnoses.append(self.diagnosis)
        cluster.on_crash.append(self.forget)

    def send(
        self,
        source: int,
        target: int,
        size: float,
        payload: Any = None,
        *,
        kind: str = 'message',
        tag: Hashable = None,
        step: int = -1,
        reliable: bool = True,
    ) -> Message:
        """Send a message from one device to another.

        Parameters
        ----------
        source, target : int
        size : float
            Bytes on the wire.
        payload : object
            Handed to the receiver as it is: freeze what may change.
        kind : str
            What it is, in the traces.
        tag : hashable
            What the receiver asks for; by default the kind.
        step : int
            The round it belongs to, for the traces.
        reliable : bool
            Whether it is sent again when it is lost; if not, the event of a lost one never fires.

        Returns
        -------
        Message
            The event that fires when it is in the receiver's mailbox.
        """
        clock = self.clock
        message = Message(clock, source, target, size, kind if tag is None else tag, payload)
        message.callbacks.append(self._arrive)
        fabric, number = self._fabric, self._tags[kind, '']
        flags = WATCH | RELIABLE if reliable else WATCH
        route = fabric.route(source, target)
        task = fabric.submit(message.sent, TRANSFER, route, size, number, step, 0, flags)
        clock.completions[task] = message
        return message

    def expect(self, devices: Sequence[int], others: Sequence[int]) -> None:
        """Prepare for messages between any of *devices* and any of *others*, both ways."""
        here, there = np.repeat(devices, len(others)), np.tile(others, len(devices))
        routes = self._fabric.table
        routes.expect(np.concatenate([here, there]), np.concatenate([there, here]))

    def box(self, device: int) -> Mailbox:
        """Return the mailbox of a device: for who asks it again and again."""
        return self._boxes[device]

    def receive(self, device: int, tag: Hashable, source: int | None = None) -> Event:
        """Return an event whose value is the next message to *device* with *tag*."""
        return self._boxes[device].get(tag, source)

    def take(self, device: int, tag: Hashable) -> list[Message]:
        """Return all messages with *tag* that *device* has got and not read; it waits for none."""
        return self._boxes[device].take(tag)

    def hand_over(
        self, device: int, payload: Any = None, *, tag: Hashable, size: float = 0.0
    ) -> None:
        """Put a message that *device* sends itself into its mailbox, at once."""
        self._boxes[device].put(Message(self.clock, device, device, size, tag, payload))

    def cancel(self, device: int, event: Event) -> None:
        """Give up waiting for the event of a `receive`."""
        self._boxes[device].cancel(event)

    def forget(self, device: int) -> None:
        """Empty the mailbox of a device, and let nobody wait there any more."""
        self._boxes[device].clear()

    def diagnosis(self) -> Iterator[str]:
        """Say which devices wait for which messages, from whom and since when."""
        for device, box in enumerate(self._boxes):
            for waiter in box.waiting:
                what = _words(waiter.tag)
                source = '' if waiter.source is None else f' from device {waiter.source}'
                yield f'device {device} waits for {what}{source} since {waiter.since:.6g} s'

    def _deliver(self, message: Any) -> None:
        if message.sent < self._born[message.target]:  # it was for one who crashed since
            self.clock.on_loss(message)
            return
        self._boxes[message.target].put(message)


def _words(tag: Hashable) -> str:
    """Return a tag as words."""
    return ' '.join(map(str, tag)) if isinstance(tag, tuple) else str(tag)
