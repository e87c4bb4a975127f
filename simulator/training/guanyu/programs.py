"""The node programs of GuanYu: what a server does, what a worker does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from simpy.events import Event

from simulator.catalogue import Choice
from simulator.learning import Optimizer
from simulator.learning.arrays import Floats
from simulator.learning.orders import GRADIENT
from simulator.robust.aggregation import RULES, flops
from simulator.training.aggregating import Aggregator
from simulator.training.experiment import Experiment
from simulator.training.guanyu.liars import Messenger, Party
from simulator.training.guanyu.numbers import Numbers
from simulator.training.guanyu.quorum import Desk, Goal, Letter, Program, Quorum
from simulator.training.guanyu.score import Score
from simulator.training.lives import Lives
from simulator.training.local import LocalSteps
from simulator.training.promises import Derived, Ledger, Model, Promise, Walk

__all__ = ['GuanYu', 'Settings']

MEDIAN = RULES.choice('median')
"""M of the paper: how models are aggregated, by workers and by servers."""

MODEL, GRADIENT_OF, EXCHANGED = 'model', 'gradient', 'exchange'
"""What is sent: a server's model to workers, a worker's gradient, a server's model to servers."""


class Settings(NamedTuple):
    """How GuanYu is run.

    Attributes
    ----------
    aggregation : Choice
        F of the paper: how a server aggregates gradients.
    servers, workers : Numbers
    steps : LocalSteps
        Of a worker between receiving models and sending what it has computed.
    optimizer : Optimizer
        How a server applies an aggregate.
    gather_every : int
        Steps after which servers exchange their models.
    """

    aggregation: Choice
    servers: Numbers
    workers: Numbers
    steps: LocalSteps
    optimizer: Optimizer
    gather_every: int = 1


class GuanYu:
    """One run: the programs, and what they share.

    Vectors are promised when they are sent, and computed when the scoreboard asks for a round's
    losses: all gradients of a step in one batch.
    """

    def __init__(self, experiment: Experiment, settings: Settings):
        self.experiment = experiment
        self.settings = settings
        plain = settings.steps.are_plain
        self.ledger = Ledger(experiment.learning, GRADIENT if plain else experiment.optimizer)
        self.servers = experiment.servers
        self.workers = experiment.workers
        seeds = experiment.cluster.seeds
        self.rules = {
            device: Aggregator(settings.aggregation, seeds.stream('rule', device=device))
            for device in self.servers
        }
        self.walks: dict[int, Walk | None] = dict.fromkeys(range(len(self.workers)))
        self.newcomers: set[int] = set()  # servers that have crashed, and hold no model yet
        self.messenger = Messenger(experiment, self.ledger, self.parties())
        self.score = Score(experiment, self.servers, self.messenger.byzantine)
        self.lives = Lives(experiment, crashed=self.crashed, returned=self.returned)
        self._medians = Medians(self.ledger)

    def run(self) -> dict[str, Any]:
        """Start the programs, run to the end, and return what the summary says of it."""
        for device in self.servers:
            self.lives.start(device, self.server(device))
        for number, device in enumerate(self.workers):
            self.lives.start(device, self.worker(number))
        self.experiment.run()
        return self.score.figures()

    def parties(self) -> dict[str, Party]:
        """Return whose letters of each kind are, and what becomes of them."""
        settings, trials = self.settings, self.experiment.cluster.seeds.stream('trials')
        honest = [each for each in self.servers if not self.experiment.adversary.controls(each)]
        rule = self.rules[(honest or self.servers)[0]]
        workers = Party(
            'workers', self.workers, settings.workers.quorum, lambda each: rule.trial(each, trials)
        )
        servers = Party('servers', self.servers, settings.servers.quorum, MEDIAN)
        return {GRADIENT_OF: workers, MODEL: servers, EXCHANGED: servers}

    # what a server does

    def server(self, device: int) -> Program:
        """Send the model to all workers; aggregate gradients, update; meet with the servers."""
        settings, desk = self.settings, self.desk(device)
        model: Model = self.experiment.learning.initial
        before: Derived | None = None  # the last update: it knows the optimizer's state
        step = 1
        if device in self.newcomers:
            model, step = yield from self.caught_up(device, desk)
        while self.experiment.scoreboard.wants(step):
            desk.forget_before(step)
            self.send(self.workers, Letter(MODEL, step, device, model))
            if self.messenger.conduct(device, step).rushes:
                model, step = yield from self.rushed(device, desk, step)
                continue
            gradients = Goal(GRADIENT_OF, step, settings.workers.quorum)
            found = yield from self.wait(device, step, desk, gradients, self.ahead(step + 1))
            if found.kind == EXCHANGED:  # the others are a step ahead
                model, step = yield from self.joined(device, found)
                continue
            yield self.work(device, settings.aggregation, len(found.letters), step)
            before = self.updated(device, model, found, before)
            model = self.ledger.derive(itemgetter(0), before)
            if step % settings.gather_every == 0:
                model, step = yield from self.gathered(device, desk, model, step)
            self.score.finished(device, step, model)
            step += 1

    def rushed(self, device: int, desk: Desk, step: int) -> Program:
        """Let a Byzantine server send a model before it has got a gradient; then go with others."""
        others = [each for each in self.servers if each != device]
        self.send(others, Letter(EXCHANGED, step, device, None))
        found = yield from self.wait(device, step, desk, self.ahead(step))
        return (yield from self.joined(device, found))

    def gathered(self, device: int, desk: Desk, model: Model, step: int) -> Program:
        """Send the model to all servers; return the median of the first ones', its own counted."""
        others = [each for each in self.servers if each != device]
        own = Letter(EXCHANGED, step, device, model)
        desk.keep(own)
        self.send(others, own)
        now = Goal(EXCHANGED, step, self.settings.servers.quorum)
        found = yield from self.wait(device, step, desk, now, self.ahead(step + 1))
        model = yield from self.median_of(device, found)
        return model, found.step

    def caught_up(self, device: int, desk: Desk) -> Program:
        """Wait for models that other servers exchange: a server that has crashed holds none."""
        found = yield from self.wait(device, 0, desk, self.ahead(1))
        self.newcomers.discard(device)
        return (yield from self.joined(device, found))

    def joined(self, device: int, found: Quorum) -> Program:
        """Take over where the other servers are; return the model and the step to go on with."""
        model = yield from self.median_of(device, found)
        self.score.finished(device, found.step, model)
        return model, found.step + 1

    def ahead(self, step: int) -> Goal:
        """Return the goal of enough servers that have come to a step, or further."""
        return Goal(EXCHANGED, step, self.settings.servers.quorum, later=True)

    def updated(self, device: int, model: Model, found: Quorum, before: Derived | None) -> Derived:
        """Promise the model after applying F of the gradients found, and the optimizer's state."""
        rule, optimizer = self.rules[device], self.settings.optimizer
        plain = self.settings.steps.are_plain
        factor = self.experiment.rate_factor(found.step - 1) if plain else 1.0
        start = self.experiment.learning.initial

        def update(model: Floats, last: Any, *gradients: Floats) -> Any:
            state = optimizer.init(start) if last is None else last[1]
            return optimizer.update(rule(list(gradients)), state, model, factor)

        self.score.used(device, found)
        return self.ledger.derive(update, model, before, *found.contents)

    # what a worker does

    def worker(self, number: int) -> Program:
        """Take the median of the first models of a step, compute there, send it to all servers."""
        device, quorum = self.workers[number], self.settings.servers.quorum
        desk, step = self.desk(device), 1
        while not self.experiment.scoreboard.over.triggered:
            rushes = self.messenger.conduct(device, step).rushes
            models = Goal(MODEL, step, 1 if rushes else quorum, later=True)
            found = yield from self.wait(device, step, desk, models)
            step, content = found.step, None
            if not rushes:
                model = yield from self.median_of(device, found)
                content = self.computed(number, model, step)
                yield self.experiment.gradients(number, self.settings.steps.of(step), step)
            self.send(self.servers, Letter(GRADIENT_OF, step, device, content))
            step += 1
            desk.forget_before(step)

    def computed(self, number: int, model: Model, step: int) -> Promise:
        """Promise a worker's gradient at *model*, or minus the way that its local steps lead."""
        steps, device, now = self.settings.steps, self.workers[number], self.experiment.clock.now
        self.experiment.adversary.begins(number, device, step - 1, now)
        factors = None if steps.are_plain else self.experiment.rate_factors(step, steps.of(step))
        found: Promise = self.walk(number, model, steps.of(step), step, factors)
        if not steps.are_plain:
            found = self.ledger.derive(_way_back, model, found)
        self.messenger.knows(Letter(GRADIENT_OF, step, device, found))
        return found

    def walk(
        self, number: int, model: Model, steps: int, step: int, factors: Floats | None = None
    ) -> Walk:
        """Promise where a worker's local steps lead; it counts for the losses of this step."""
        walk = self.ledger.walk(number, model, steps, self.walks[number], factors)
        self.walks[number] = walk
        self.score.computed(self.workers[number], step, walk)
        return walk

    # what both do

    def desk(self, device: int) -> Desk:
        """Return a desk for the letters to a device."""
        transport, messenger = self.experiment.transport, self.messenger
        return Desk(
            lambda: transport.receive(device, 'letter'),
            lambda: transport.take(device, 'letter'),
            partial(messenger.seen, device) if messenger.byzantine else None,
        )

    def send(self, targets: Sequence[int], letter: Letter) -> None:
        """Send a letter to some devices; a Byzantine node does so as it likes."""
        if letter.content is not None:
            self.messenger.knows(letter)
        later = self.messenger.send(targets, letter)
        if later is not None:
            self.lives.start(letter.source, later)

    def wait(self, device: int, step: int, desk: Desk, *goals: Goal) -> Program:
        """Wait for the first of some goals; return its quorum, and note who is in it."""
        since = self.experiment.clock.now
        found = yield from desk.first(*goals)
        self.experiment.waited(device, goals[0].kind, step, since)
        self.score.met(device, found)
        return found

    def median_of(self, device: int, found: Quorum) -> Program:
        """Let a device take the median of the models of a quorum; return the promise of it."""
        yield self.work(device, MEDIAN, len(found.letters), found.step)
        return self._medians.of(found.step, found.contents)

    def work(self, device: int, rule: Choice, vectors: int, step: int) -> Event:
        """Let a device work for what a rule costs on so many vectors."""
        cluster, scale = self.experiment.cluster, self.experiment.scale.bytes
        cost = flops(rule, vectors, self.experiment.parameters) * scale
        seconds = cost / float(cluster.devices.speed[device])
        return cluster.work(device, seconds, operation=rule.name, activity='aggregate', step=step)

    # when devices crash

    def crashed(self, device: int) -> None:
        """Forget what a device knew; the others go on without it."""
        if device in self.servers:
            self.newcomers.add(device)
            self.score.left(device)
        elif device in self.workers:
            self.walks[self.workers.index(device)] = None

    def returned(self, device: int) -> None:
        """Let a device begin anew."""
        if device in self.servers:
            self.lives.start(device, self.server(device))
        elif device in self.workers:
            self.lives.start(device, self.worker(self.workers.index(device)))


class Medians:
    """Coordinate-wise medians, each promised once, whoever takes it of the same models."""

    def __init__(self, ledger: Ledger):
        self._ledger = ledger
        self._known: dict[int, dict[tuple[int, ...], tuple[list[Model], Model]]] = {}

    def of(self, step: int, models: list[Model]) -> Model:
        """Promise the median of models (d,)."""
        if all(each is models[0] for each in models):
            return models[0]
        for old in [each for each in self._known if each < step - 1]:
            del self._known[old]
        known = self._known.setdefault(step, {})
        key = tuple(sorted(map(id, models)))  # the models are kept, so that ids stay theirs
        if key not in known:
            known[key] = models, self._ledger.derive(_median, *models)
        return known[key][1]


def _median(*models: Floats) -> Floats:
    result: Floats = MEDIAN(list(models))
    return result


def _way_back(start: Floats, end: Floats) -> Floats:
    return start - end
