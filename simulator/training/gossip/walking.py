"""Gossip learning: models walk from peer to peer, are merged and trained where they arrive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from annotated_types import Gt
from simpy.events import Event

from simulator.training.facts import Facts
from simulator.training.gossip.swarm import Letter, Program, Swarm
from simulator.training.promises import Model
from simulator.transport import Message
from simulator.units import Seconds

__all__ = ['Aged', 'Pull', 'Push', 'PushPull']

Merge = Literal['age', 'average', 'never']
Period = Annotated[Seconds, Gt(0)]

PATIENCE = 100
"""Periods without any update after which the run is taken to be at a standstill."""


class Aged(NamedTuple):
    """A model, and how many local steps it has behind it: t of the papers."""

    model: Model
    age: int


class _Walking:
    """What the three have in common: a peer that asks now and then, and takes what comes."""

    pushes = False
    asks = False

    def __init__(self, swarm: Swarm, period: float | None, merge: Merge):
        self.swarm = swarm
        self.period = round_trip(swarm) if period is None else period
        self.merge = merge
        self.held = [Aged(model, 0) for model in swarm.models]
        self.arrived: list[list[Aged]] = [[] for _ in swarm.models]
        self.called: list[Event | None] = [None] * swarm.count
        self.updates = 0
        swarm.clock.process(self.heart())

    def programs(self, number: int) -> Iterator[Program]:
        """Yield the programs that run at peer *number*."""
        yield self.active(number)
        yield self.passive(number)
        yield self.trainer(number)

    def active(self, number: int) -> Program:
        """Once a period, send one's model to a random neighbour, or ask for another's."""
        swarm, clock = self.swarm, self.swarm.clock
        rng = swarm.experiment.cluster.seeds.stream('partners', device=swarm.devices[number])
        yield clock.nap(rng.random() * self.period)
        round_ = 0
        while True:
            round_ += 1
            near = swarm.near.of(round_)
            others = near.targets[number] if self.pushes else near.sources[number]
            if not others:
                self.arrive(number, self.held[number])
            elif not swarm.is_down(number):
                content = self.held[number] if self.pushes else None
                partner = others[int(rng.integers(len(others)))]
                self.send(number, partner, round_, content, asks=self.asks)
            yield clock.nap(self.period)

    def passive(self, number: int) -> Program:
        """Answer who asks; keep the models that come."""
        while True:
            message = yield self.swarm.receive(number)
            letter: Letter = message.payload
            content, asks = letter.content
            if asks:
                self.send(number, letter.source, letter.round, self.held[number])
            if content is not None:
                self.arrive(number, content)

    def send(
        self, number: int, target: int, round_: int, content: Aged | None, *, asks: bool = False
    ) -> None:
        """Send a model and its age, or a request alone; what is lost is not sent again."""
        elements = 0 if content is None else 1 + self.swarm.parameters
        letter = Letter(number, round_, (content, asks))
        self.swarm.send(target, letter, elements, reliable=False)

    def arrive(self, number: int, model: Aged) -> None:
        """Let a peer train on a model, at once or when it has finished what it does."""
        self.arrived[number].append(model)
        called, self.called[number] = self.called[number], None
        if called is not None:
            called.succeed()

    def trainer(self, number: int) -> Program:
        """Merge what has arrived with one's own model, train what comes out, keep it."""
        swarm = self.swarm
        while True:
            if not self.arrived[number]:
                self.called[number] = called = swarm.clock.event()
                yield called
            arrived, self.arrived[number] = self.arrived[number], []
            model, age = self.held[number]
            for other in arrived:
                model, age = self.merged(Aged(model, age), other)
            round_ = swarm.experiment.scoreboard.rounds + 1
            walk = swarm.train(number, model, round_)
            yield swarm.compute(number, round_)
            self.held[number] = Aged(walk, age + swarm.settings.steps.of(round_))
            swarm.models[number] = walk
            swarm.newcomers.discard(number)
            self.updates += 1
            swarm.rounds.updated(walk)

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
        self.held[number] = Aged(self.swarm.starts[number], 0)
        self.arrived[number], self.called[number] = [], None

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

    pushes = True

    def __init__(self, swarm: Swarm, *, period: Period | None = None, merge: Merge = 'age'):
        super().__init__(swarm, period, merge)


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

    asks = True

    def __init__(self, swarm: Swarm, *, period: Period | None = None, merge: Merge = 'age'):
        super().__init__(swarm, period, merge)


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

    pushes = True
    asks = True

    def __init__(self, swarm: Swarm, *, period: Period | None = None, merge: Merge = 'age'):
        super().__init__(swarm, period, merge)


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
