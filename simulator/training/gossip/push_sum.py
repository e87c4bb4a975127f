"""Stochastic gradient push: averaging over links that go one way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
from annotated_types import Ge, Gt

from simulator.learning.arrays import Floats
from simulator.training.experiment import ELEMENT
from simulator.training.gossip.dpsgd import moved
from simulator.training.gossip.inbox import Inbox
from simulator.training.gossip.neighbours import Neighbourhood
from simulator.training.gossip.swarm import Letter, Program, Swarm
from simulator.training.promises import Model
from simulator.transport import Message
from simulator.units import Seconds

__all__ = ['Mass', 'PushSum', 'push_sum_traffic']


LEAST = 1e-6
"""Weight below which a peer keeps what it has: halved for ever, it would vanish in rounding."""


class Mass(NamedTuple):
    """What a peer holds, or what is on its way.

    Attributes
    ----------
    vector : array, shape (d,), or Promise
        x of the paper.
    weight : float
        w of the paper; the peer's model is x / w.
    """

    vector: Model
    weight: float


class PushSum:
    """Push shares of a sum and of a weight along links one way; their quotient is the model.

    In each round a peer takes its local steps from the model z = x / w and adds them to x, cuts x
    and w into equal shares, one for each neighbour it sends to and one for itself, and adds up
    the shares it receives. What all x sum to, those on their way included, changes by gradients
    alone, whatever the links; so z tends to the true average on any strongly connected graph.

    Nothing is ever lost of this mass: a share that is late is added when it comes, one that is
    given up (its receiver is down, or the link loses messages for good) goes back to its sender,
    who learns of it by the missing acknowledgement. Only a crash takes what the peer held, sum
    and weight alike; a peer that comes back begins with the first share it receives. Lest mass
    drain away into the void, shares are empty to who has acknowledged none for longer than
    *timeout*, and to all once the peer's weight is below 1e-6.

    Parameters
    ----------
    staleness : int
        A peer goes on as soon as all shares of this many rounds before are there: 0 waits for
        those of the round itself, more lets shares travel while their owners compute.
    timeout : time, optional
        How long a peer that is ready waits for shares; by default for ever. A neighbour that was
        late is not waited for again until it is heard of.

    References
    ----------
    .. [1] Kempe, Dobra & Gehrke, "Gossip-Based Computation of Aggregate Information", FOCS 2003.
    .. [2] Assran et al., "Stochastic Gradient Push for Distributed Deep Learning", ICML 2019,
       arXiv:1811.10792.
    """

    def __init__(
        self,
        swarm: Swarm,
        *,
        staleness: Annotated[int, Ge(0)] = 0,
        timeout: Annotated[Seconds, Gt(0)] | None = None,
    ):
        self.swarm = swarm
        self.staleness = staleness
        self.timeout = timeout
        self.under_way: dict[tuple[int, int], float] = {}
        self.held: list[Mass | None] = [Mass(model, 1.0) for model in swarm.models]

    def programs(self, number: int) -> Iterator[Program]:
        """Yield the programs that run at peer *number*."""
        yield self.peer(number)

    def peer(self, number: int) -> Program:
        """Take local steps from x / w, push shares of x and w, add up what has come."""
        swarm, inbox = self.swarm, Inbox(self.swarm, number, self.timeout)
        present = 1
        if number in swarm.newcomers:
            present = yield from self.joined(number, inbox)
        for round_ in inbox.rounds(present):
            start = swarm.models[number]
            walk = swarm.train(number, start, round_)
            yield swarm.compute(number, round_)
            self.step(number, walk, start)
            self.push(number, swarm.near.of(round_).targets[number], round_)
            awaited = round_ - self.staleness
            if awaited > 0:
                yield from inbox.wait(awaited, swarm.near.of(awaited).sources[number], round_)
            received = [letter.content for letter in inbox.read(round_)]
            self.take(number, received)
            if received:
                yield swarm.mixing_work(number, 1 + len(received), round_)
            swarm.rounds.finished(number, round_, walk)

    def joined(self, number: int, inbox: Inbox) -> Program:
        """Let a newcomer take over the model of the first share it gets; return its round."""
        swarm = self.swarm
        while True:
            first: Letter = yield from inbox.first()
            if first.content.weight:  # not of somebody who has nothing either
                break
        vector, weight = first.content
        self.held[number] = Mass(swarm.ledger.derive(scaled, vector, 0.0), 0.0)
        swarm.models[number] = swarm.ledger.derive(scaled, vector, 1 / weight)
        swarm.newcomers.discard(number)
        return first.round

    def step(self, number: int, walk: Model, start: Model) -> None:
        """Add to x how far the local steps have led."""
        vector, weight = self.mass(number)
        moved_on = self.swarm.ledger.derive(moved, vector, walk, start)
        self.held[number] = Mass(moved_on, weight)

    def mass(self, number: int) -> Mass:
        """Return what a peer holds that has not crashed."""
        held = self.held[number]
        assert held is not None  # noqa: S101 - who holds nothing waits for its first share
        return held

    def push(self, number: int, targets: Sequence[int], round_: int) -> None:
        """Send each of *targets* an equal share; keep one."""
        held = self.mass(number)
        reached = {target for target in targets if self.answers(number, target)}
        reached = reached if held.weight > LEAST else set()
        share = self.part_of(held, 1 / (1 + len(reached)))
        nothing = share if len(reached) == len(targets) else self.part_of(held, 0.0)
        for target in targets:
            self.send(target, Letter(number, round_, share if target in reached else nothing))
        self.held[number] = share

    def part_of(self, mass: Mass, part: float) -> Mass:
        """Return so much of a mass."""
        return Mass(self.swarm.ledger.derive(scaled, mass.vector, part), mass.weight * part)

    def send(self, target: int, letter: Letter) -> None:
        """Send a share, and remember since when it is under way."""
        swarm, way = self.swarm, (letter.source, target)
        arrival = swarm.send(target, letter, ELEMENT * (1 + swarm.parameters))
        if self.timeout is not None and arrival.callbacks is not None:
            self.under_way.setdefault(way, swarm.clock.now)
            arrival.callbacks.append(self.acknowledged)

    def acknowledged(self, message: Any) -> None:
        """Take note that a share has arrived."""
        self.under_way.pop((message.payload.source, self.swarm.number_of(message.target)), None)

    def answers(self, number: int, target: int) -> bool:
        """Whether no share to *target* has been under way for longer than the timeout."""
        since = self.under_way.get((number, target))
        if since is None or self.timeout is None:
            return True
        return self.swarm.clock.now - since <= self.timeout

    def take(self, number: int, shares: list[Mass]) -> None:
        """Add shares to what a peer holds."""
        vectors, weights = zip(self.mass(number), *shares, strict=True)
        ledger, weight = self.swarm.ledger, sum(weights)
        vector = ledger.derive(added, *vectors) if shares else vectors[0]
        self.held[number] = Mass(vector, weight)
        if weight:
            self.swarm.models[number] = ledger.derive(scaled, vector, 1 / weight)

    def lost(self, message: Message) -> None:
        """Give a share back to its sender."""
        letter: Letter = message.payload
        self.under_way.pop((letter.source, self.swarm.number_of(message.target)), None)
        cluster = self.swarm.experiment.cluster
        if self.held[letter.source] is not None and message.sent >= cluster.born[message.source]:
            self.take(letter.source, [letter.content])

    def forget(self, number: int) -> None:
        """Drop the mass that a peer held."""
        self.held[number] = None


def scaled(vector: Floats, factor: float) -> Floats:
    """Return *factor* times *vector*."""
    return vector * vector.dtype.type(factor)


def added(*vectors: Floats) -> Floats:
    """Return the sum of vectors."""
    return np.asarray(sum(vectors[1:], start=vectors[0]))


def push_sum_traffic(near: Neighbourhood, size: float, **_: Any) -> tuple[int, float]:
    """Return the messages of a round, and the bytes of each: shares of x and of w."""
    return near.messages, size + ELEMENT
