"""Gossip learning: models walk from peer to peer, are merged and trained where they arrive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Annotated, Any, Literal, NamedTuple

from annotated_types import Gt

from simulator.training.experiment import ELEMENT
from simulator.training.facts import Facts
from simulator.training.gossip.neighbours import Neighbourhood
from simulator.training.gossip.swarm import Letter, Program, Swarm
from simulator.training.promises import Model
from simulator.transport import Message
from simulator.units import Seconds

__all__ = ['Aged', 'Pull', 'Push', 'PushPull', 'two_models']

Merge = Literal['age', 'average', 'never']
Period = Annotated[Seconds, Gt(0)]

PATIENCE = 100
"""Periods without any update after which the run is taken to be at a standstill."""


class Aged(NamedTuple):
    """A model, and how many local steps it has behind it: t of the papers."""

    model: Model
    age: int


class _Walking:
    """What the three have in common: a peer that sends now and then, and trains what comes."""

    def __init__(self, swarm: Swarm, *, period: Period | None = None, merge: Merge = 'age'):
        self.swarm = swarm
        self.period = round_trip(swarm) if period is None else period
        self.merge = merge
        self.held = [Aged(model, 0) for model in swarm.models]
        self.parcels = [swarm.pack(*each) for each in enumerate(swarm.models)]
        self.updates = 0
        swarm.clock.process(self.heart())

    def programs(self, number: int) -> Iterator[Program]:
        """Yield the programs that run at peer *number*."""
        yield self.active(number)
        yield self.trainer(number)

    def active(self, number: int) -> Program:
        """Once a period, turn to a random neighbour."""
        swarm, clock = self.swarm, self.swarm.clock
        partners = swarm.partners[number]
        yield clock.nap(partners.draw() * self.period)
        for round_ in count(1):
            others = self.partners(swarm.near.of(round_), number)
            if not others:
                swarm.hand_over(number, Letter(number, round_, self.held[number]))
            elif not swarm.is_down(number):
                self.turn_to(partners.one_of(others), number, round_)
            yield clock.nap(self.period)

    def partners(self, near: Neighbourhood, number: int) -> Sequence[int]:
        """Return the neighbours to whom a peer may turn: those it can send to."""
        return near.targets[number]

    def turn_to(self, partner: int, number: int, round_: int) -> None:
        """Begin an exchange with a neighbour: send one's model."""
        self.send(partner, self.letter(number, round_))

    def trainer(self, number: int) -> Program:
        """Merge what has arrived with one's own model, train what comes out, keep it."""
        swarm = self.swarm
        while True:
            message = yield swarm.receive(number)
            own = self.held[number]
            for each in (message, *swarm.arrived(number)):
                own = self.merged(own, each.payload.content)
            round_ = swarm.experiment.scoreboard.rounds + 1
            walk = swarm.train(number, own.model, round_)
            yield swarm.compute(number, round_)
            yield from swarm.compress(number, round_)
            self.parcels[number] = swarm.pack(number, walk)
            self.held[number] = Aged(walk, own.age + swarm.settings.steps.of(round_))
            swarm.models[number] = walk
            swarm.newcomers.discard(number)
            self.updates += 1
            swarm.rounds.updated(walk)

    def send(self, target: int, letter: Letter, kind: str = 'model') -> None:
        """Send a model and its age, or a request alone; what is lost is not sent again."""
        size = 0 if letter.content is None else ELEMENT + self.parcels[letter.source].bytes
        self.swarm.send(target, letter, size, kind=kind, reliable=False)

    def letter(self, number: int, round_: int) -> Letter:
        """Return what a peer sends of itself: its model, as it was packed, and its age."""
        return Letter(number, round_, Aged(self.parcels[number].model, self.held[number].age))

    def merged(self, own: Aged, other: Aged) -> Aged:
        """Return one model of two, as old as the older one."""
        if self.merge == 'never' or own.model is other.model:
            return other
        ages = own.age + other.age
        share = other.age / ages if ages and self.merge == 'age' else 0.5
        model = self.swarm.mix(own.model, [other.model], [share])
        return Aged(model, max(own.age, other.age))

    def lost(self, message: Message) -> None:
        """Do nothing: a copy of a model is gone, its sender still has it."""

    def forget(self, number: int) -> None:
        """Begin anew with a model that no step has touched."""
        start = self.swarm.starts[number]
        self.held[number] = Aged(start, 0)
        self.parcels[number] = self.swarm.pack(number, start)

    def heart(self) -> Program:
        """Keep the run alive as long as models are updated, or a fault may end."""
        clock = self.swarm.clock
        before, hope = -1, True
        while self.updates > before or hope or clock.healing:
            before, hope = self.updates, clock.healing
            yield clock.timeout(PATIENCE * self.period)


class Push(_Walking):
    """Once a period, each peer sends its model to a random neighbour, who merges and trains it.

    A peer merges each model that arrives with its own and trains what comes out, which is its
    model then; what arrives while it trains is merged when it has finished. A model's age counts
    the local steps behind it.

    Nothing is sent again: where a message is lost, or a peer is down, a copy of a model is gone
    whose sender still has it, and the others go on. A peer that comes back from a crash begins
    with the model it once began with, of age 0, which has no weight beside others.

    Parameters
    ----------
    period : time, optional
        From sending to sending; peers begin at random moments of it. By default about as long as
        a round of synchronous gossip: the local steps of the slowest peer, and a model's way
        over the slowest link.
    merge : {'age', 'average', 'never'}
        Weights in proportion to the ages, equal ones, or none: the model that arrives replaces
        one's own, a random walk.

    References
    ----------
    .. [1] Ormandi, Hegedus & Jelasity, "Gossip learning with linear models on fully distributed
       data", Concurrency and Computation: Practice and Experience 25(4), 2013, arXiv:1109.1396.
    .. [2] Hegedus, Danner & Jelasity, "Decentralized learning works: An empirical comparison of
       gossip learning and federated learning", Journal of Parallel and Distributed Computing 148,
       2021 (ages).
    """


class Pull(_Walking):
    """Once a period, each peer asks a random neighbour for its model, merges and trains it.

    Otherwise as `push`; a request takes 8 bytes.

    Parameters
    ----------
    period : time, optional
        From request to request; peers begin at random moments of it. By default about as long as
        a round of synchronous gossip: the local steps of the slowest peer, and a model's way
        over the slowest link.
    merge : {'age', 'average', 'never'}
        Weights in proportion to the ages, equal ones, or none: the model that arrives replaces
        one's own, a random walk.

    References
    ----------
    .. [1] Ormandi, Hegedus & Jelasity, "Gossip learning with linear models on fully distributed
       data", Concurrency and Computation: Practice and Experience 25(4), 2013, arXiv:1109.1396.
    """

    def programs(self, number: int) -> Iterator[Program]:
        """Yield the programs that run at peer *number*."""
        yield from super().programs(number)
        yield self.responder(number)

    def partners(self, near: Neighbourhood, number: int) -> Sequence[int]:
        """Return the neighbours to whom a peer may turn: those that can send to it."""
        return near.sources[number]

    def turn_to(self, partner: int, number: int, round_: int) -> None:
        """Begin an exchange with a neighbour: ask for its model."""
        self.send(partner, Letter(number, round_, None), kind='request')

    def responder(self, number: int) -> Program:
        """Answer requests with one's model, whatever else the peer is at."""
        while True:
            message = yield self.swarm.receive(number, 'request')
            letter: Letter = message.payload
            self.send(letter.source, self.letter(number, letter.round))


class PushPull(_Walking):
    """Once a period, each peer sends its model to a random neighbour, who answers with its own.

    Both merge and train what they receive. Otherwise as `push`.

    Parameters
    ----------
    period : time, optional
        From sending to sending; peers begin at random moments of it. By default about as long as
        a round of synchronous gossip: the local steps of the slowest peer, and a model's way
        over the slowest link.
    merge : {'age', 'average', 'never'}
        Weights in proportion to the ages, equal ones, or none: the model that arrives replaces
        one's own, a random walk.

    References
    ----------
    .. [1] Ormandi, Hegedus & Jelasity, "Gossip learning with linear models on fully distributed
       data", Concurrency and Computation: Practice and Experience 25(4), 2013, arXiv:1109.1396.
    """

    def programs(self, number: int) -> Iterator[Program]:
        """Yield the programs that run at peer *number*."""
        yield from super().programs(number)
        yield self.responder(number)

    def turn_to(self, partner: int, number: int, round_: int) -> None:
        """Begin an exchange with a neighbour: offer one's model."""
        self.send(partner, self.letter(number, round_), kind='exchange')

    def responder(self, number: int) -> Program:
        """Answer offers with one's model, whatever else the peer is at; then train on them."""
        while True:
            message = yield self.swarm.receive(number, 'exchange')
            letter: Letter = message.payload
            self.send(letter.source, self.letter(number, letter.round))
            self.swarm.hand_over(number, letter)


def round_trip(swarm: Swarm) -> float:
    """Return the seconds of a round without contention: compute, then send a model."""
    experiment, cluster = swarm.experiment, swarm.experiment.cluster
    facts = Facts.of(cluster.graph, cluster.network, cluster.devices)
    steps = swarm.settings.steps.of(1) * experiment.scale.flops
    compute = max(
        steps * experiment.learning.gradient_flops(number) / float(cluster.devices.speed[device])
        for number, device in enumerate(swarm.devices)
    )
    size = experiment.wire_bytes(1 + experiment.parameters)
    return compute + facts.latency + size / facts.bandwidth


def two_models(near: Neighbourhood, **_: Any) -> int:
    """Return how many models a peer merges at a time: its own and one that has arrived."""
    return 2
