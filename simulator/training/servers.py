"""The node programs of a parameter server: what a server does, what a worker does."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import numpy as np
from simpy.events import Event

from simulator.catalogue import Choice
from simulator.learning import Optimizer, Pending, frozen
from simulator.learning.arrays import Floats
from simulator.learning.optimizers import State
from simulator.training.clocks import Rule, Standing
from simulator.training.experiment import Experiment
from simulator.training.local import LocalSteps

__all__ = ['Servers', 'Settings']

Program = Generator[Event, Any, None]


class Settings(NamedTuple):
    """How a parameter server is run.

    Attributes
    ----------
    rule : Rule
        The clock.
    aggregation : Choice
        How a server makes one vector of those it has collected.
    steps : LocalSteps
        Of a worker between fetching and pushing.
    optimizer : Optimizer
        How a server applies an aggregate.
    slices : list of slice
        Of the model, one a shard.
    """

    rule: Rule
    aggregation: Choice
    steps: LocalSteps
    optimizer: Optimizer
    slices: list[slice]


class Fetched(NamedTuple):
    """A slice of the model as a worker gets it, after so many updates."""

    version: int
    model: Floats


class Pushed(NamedTuple):
    """What a worker pushes.

    Attributes
    ----------
    worker : int
    versions : list of int
        Of the slices it was computed from.
    pending : Pending
        The promise of a gradient, or of the model after local steps.
    origin : array, optional
        With local steps, the model they started from.
    samples : int
        Training samples it took.
    """

    worker: int
    versions: list[int]
    pending: Pending
    origin: Floats | None
    samples: int

    def vector(self, part: slice) -> Floats:
        """Return what a server is to apply to its slice: a gradient, or minus the way gone."""
        value = self.pending.value[part]
        return value if self.origin is None else self.origin[part] - value


class Servers:
    """One run: the programs, and what they share."""

    def __init__(self, experiment: Experiment, settings: Settings):
        self.experiment = experiment
        self.settings = settings
        self.transport = experiment.transport
        servers, start = experiment.servers, experiment.learning.initial
        self.homes = [servers[shard % len(servers)] for shard in range(len(settings.slices))]
        self.models = [frozen(start[part].copy()) for part in settings.slices]
        self.updates = [0] * len(settings.slices)
        self.used: list[Pushed] = []  # by the first shard, in the present round
        self.lags: list[int] = []  # staleness of each gradient the first shard has got
        self._joined: tuple[list[Floats], Floats] | None = None

    def run(self) -> dict[str, float]:
        """Start the programs, run to the end, and return what the summary says of it."""
        start = self.experiment.clock.process
        for shard in range(len(self.homes)):
            start(self.server(shard))
        for number in range(len(self.experiment.workers)):
            start(self.worker(number))
        self.experiment.run()
        updates = self.updates[0]
        return {
            'updates': updates,
            'updates_per_second': updates / max(self.experiment.clock.now, 1e-12),
            'mean_staleness': float(np.mean(self.lags)) if self.lags else 0.0,
        }

    def server(self, shard: int) -> Program:
        """Let workers proceed, collect what they push, aggregate, update."""
        experiment, home, rule = self.experiment, self.homes[shard], self.settings.rule
        state = self.settings.optimizer.init(self.models[shard])
        workers = _Workers(len(experiment.workers))
        collected: list[Pushed] = []
        while not experiment.scoreboard.over.triggered:
            for number in workers.released(rule, self.updates[shard]):
                self.send_model(shard, number)
            since, step = experiment.clock.now, self.updates[shard] + 1
            message = yield self.transport.receive(home, ('gradient', shard))
            experiment.waited(home, 'gradient', step, since)
            pushed: Pushed = message.payload
            workers.ended(pushed.worker)
            if rule.counts(self.staleness(pushed, shard)):
                collected.append(pushed)
            if len(collected) == rule.collects:
                yield self.aggregation_work(shard, step)
                state = self.update(shard, collected, state)
                collected = []

    def worker(self, number: int) -> Program:
        """Fetch the model, compute, push; again and again."""
        experiment, device = self.experiment, self.experiment.workers[number]
        step, last = 0, None
        while not experiment.scoreboard.over.triggered:
            step += 1
            since = experiment.clock.now
            fetched: list[Fetched] = []
            for shard in range(len(self.homes)):
                message = yield self.transport.receive(device, ('model', shard))
                fetched.append(message.payload)
            experiment.waited(device, 'model', step, since)
            last = self.begun(number, fetched, step, last)
            yield experiment.gradients(number, self.settings.steps.of(step), step)
            for shard in range(len(self.homes)):
                self.push(shard, last, step)

    def begun(self, number: int, fetched: list[Fetched], step: int, last: Pushed | None) -> Pushed:
        """Ask for what a worker computes from the slices it has fetched."""
        learning, steps = self.experiment.learning, self.settings.steps
        model = self.joined([each.model for each in fetched])
        versions = [each.version for each in fetched]
        samples = steps.of(step) * learning.batch(number)
        if steps.are_plain:
            return Pushed(number, versions, learning.request(number, model), None, samples)
        state = None if last is None else last.pending.state  # the worker's own goes on
        factors = self.experiment.rate_factors(step, steps.of(step))
        pending = learning.request_steps(
            number, model, steps.of(step), self.experiment.optimizer, state, factors
        )
        return Pushed(number, versions, pending, model, samples)

    def send_model(self, shard: int, number: int) -> None:
        """Send a worker the slice as it is now."""
        device, model = self.experiment.workers[number], self.models[shard]
        size, version = self.experiment.wire_bytes(len(model)), self.updates[shard]
        self.transport.send(
            self.homes[shard],
            device,
            size,
            Fetched(version, model),
            kind='model',
            tag=('model', shard),
            step=version + 1,
        )

    def push(self, shard: int, pushed: Pushed, step: int) -> None:
        """Send a server its slice of what a worker has computed."""
        device, home = self.experiment.workers[pushed.worker], self.homes[shard]
        size, tag = self.experiment.wire_bytes(len(self.models[shard])), ('gradient', shard)
        self.transport.send(device, home, size, pushed, kind='gradient', tag=tag, step=step)

    def staleness(self, pushed: Pushed, shard: int) -> int:
        """Return how many updates came between reading the slice and this gradient."""
        staleness = self.updates[shard] - pushed.versions[shard]
        if shard == 0:
            self.lags.append(staleness)
        if shard == 0 and (staleness or not self.settings.rule.synchronous):
            device = self.experiment.workers[pushed.worker]
            self.experiment.scoreboard.metric('staleness', staleness, device=device)
        return staleness

    def aggregation_work(self, shard: int, step: int) -> Event:
        """Let the server's device work for what the rule costs."""
        cluster, home = self.experiment.cluster, self.homes[shard]
        aggregation = self.settings.aggregation
        flops = aggregation.beside('flops')
        count, size = self.settings.rule.collects, len(self.models[shard])
        cost = flops(count, size, **aggregation.options) if flops else 0.0
        seconds = cost * self.experiment.scale.bytes / float(cluster.devices.speed[home])
        name = aggregation.name
        return cluster.work(home, seconds, operation=name, activity='aggregate', step=step)

    def update(self, shard: int, collected: list[Pushed], state: State) -> State:
        """Apply the aggregate of what was collected; return the optimizer's state."""
        part, rule = self.settings.slices[shard], self.settings.rule
        collected = sorted(collected, key=lambda each: each.worker)  # not as they arrived
        stale = max(self.updates[shard] - each.versions[shard] for each in collected)
        aggregate = self.settings.aggregation(np.stack([p.vector(part) for p in collected]))
        model, state = self.settings.optimizer.update(
            aggregate, state, self.models[shard], rule.factor(stale) * self.rate_factor(shard)
        )
        self.models[shard] = frozen(model)
        self.updates[shard] += 1
        if shard == 0:
            self.used += collected
        self.updated()
        return state

    def rate_factor(self, shard: int) -> float:
        """Return the schedule's factor of the next update; local steps have had theirs."""
        if not self.settings.steps.are_plain:
            return 1.0
        return self.experiment.rate_factor(self.updates[shard] / self.a_round)

    @property
    def a_round(self) -> int:
        """How many updates make a round."""
        return 1 if self.settings.rule.synchronous else len(self.experiment.workers)

    def updated(self) -> None:
        """Count a round, when all slices have been updated as often as a round asks for."""
        if min(self.updates) // self.a_round <= self.experiment.scoreboard.rounds:
            return
        used, self.used = self.used, []
        losses = [each.pending.loss for each in used]
        samples = sum(each.samples for each in used)
        self.experiment.scoreboard.round_done(self.joined(self.models), losses, samples)

    def joined(self, slices: list[Floats]) -> Floats:
        """Return the whole model of its slices: one array for all workers that hold the same."""
        if len(slices) == 1:
            return slices[0]
        known = self._joined
        if known is None or any(a is not b for a, b in zip(known[0], slices, strict=True)):
            self._joined = known = (list(slices), frozen(np.concatenate(slices)))
        return known[1]


class _Workers:
    """What a server knows of its workers: who waits, and how far each has come."""

    def __init__(self, count: int):
        self.finished = [0] * count
        self.fetched = [-1] * count
        self.idle = set(range(count))
        self._slowest = 0
        self._at_slowest = count  # how many have ended no more rounds than that

    def ended(self, number: int) -> None:
        """Take note that a worker has pushed."""
        self.idle.add(number)
        self.finished[number] += 1
        if self.finished[number] == self._slowest + 1:
            self._at_slowest -= 1
            if self._at_slowest == 0:
                self._slowest += 1
                self._at_slowest = self.finished.count(self._slowest)

    def released(self, rule: Rule, version: int) -> Iterator[int]:
        """Yield the idle workers that may proceed, the model having had *version* updates."""
        for number in sorted(self.idle):
            lag = version - self.fetched[number]
            if rule.may_proceed(Standing(self.finished[number], self._slowest, lag)):
                self.fetched[number] = version
                self.idle.discard(number)
                yield number
