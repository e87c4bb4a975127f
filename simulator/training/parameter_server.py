"""The parameter server: workers compute gradients, servers keep the model."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

import numpy as np
from annotated_types import Ge
from simpy.events import Event

from simulator.catalogue import Choice
from simulator.collectives import chunk_sizes
from simulator.learning import Pending, frozen
from simulator.learning.arrays import Floats
from simulator.robust.aggregation import RULES
from simulator.training.clocks import CLOCKS, Rule
from simulator.training.experiment import ELEMENT, Experiment
from simulator.training.facts import Facts

__all__ = ['check_parameter_server', 'parameter_server', 'predict_parameter_server']

Program = Generator[Event, Any, None]


class Pushed(NamedTuple):
    """What a worker pushes: its number, and the promise of its gradient."""

    worker: int
    pending: Pending


def parameter_server(
    experiment: Experiment,
    *,
    clock: Annotated[Choice, CLOCKS] = CLOCKS.choice('bsp'),
    aggregation: Annotated[Choice, RULES] = RULES.choice('mean'),
    shards: Annotated[int, Ge(1)] | None = None,
) -> None:
    """Keep the model at servers: workers fetch it, compute gradients, and push them.

    In each round a server sends its slice of the model to every worker; a worker computes the
    gradient of its mini-batch and sends each server its slice; a server aggregates what it has
    received, once all is there, and updates its slice.

    Parameters
    ----------
    clock : clock
        May a worker proceed before the others are ready?
    aggregation : aggregation rule
        How a server makes one gradient of all.
    shards : int
        Slices into which the model is cut, each kept by one server (in turn, where there are
        more slices than servers); by default one a server.

    References
    ----------
    .. [1] Li et al., "Scaling Distributed Machine Learning with the Parameter Server", OSDI 2014.
    """
    _Servers(experiment, clock, aggregation, shards or len(experiment.servers)).run()


class _Servers:
    """The node programs of one run, and what they share."""

    def __init__(self, experiment: Experiment, clock: Choice, aggregation: Choice, shards: int):
        self.experiment = experiment
        self.transport = experiment.transport
        self.rule: Rule = clock(len(experiment.workers))
        self.aggregation = aggregation
        self.slices = cut(experiment.parameters, shards)
        self.homes = [experiment.servers[k % len(experiment.servers)] for k in range(shards)]
        self.models: list[Floats] = [
            frozen(experiment.learning.initial[part].copy()) for part in self.slices
        ]
        self.updates = [0] * shards
        self._joined: tuple[list[Floats], Floats] | None = None

    def run(self) -> None:
        start = self.experiment.clock.process
        for shard in range(len(self.slices)):
            start(self.server(shard))
        for number in range(len(self.experiment.workers)):
            start(self.worker(number))
        self.experiment.run()

    def server(self, shard: int) -> Program:
        """Send the slice to who may proceed, collect gradients, aggregate, update."""
        experiment, home = self.experiment, self.homes[shard]
        state = experiment.optimizer.init(self.models[shard])
        finished = [0] * len(experiment.workers)
        idle = set(range(len(experiment.workers)))
        for step in experiment.rounds():
            released = {n for n in idle if self.rule.may_proceed(finished[n], min(finished))}
            for number in sorted(released):
                self.send_model(shard, number, step)
            idle -= released
            pushed: list[Pushed] = []
            since = experiment.clock.now
            while len(pushed) < self.rule.collects:
                message = yield self.transport.receive(home, ('gradient', shard))
                pushed.append(message.payload)
                finished[message.payload.worker] += 1
                idle.add(message.payload.worker)
            experiment.waited(home, 'gradient', step, since)
            pushed.sort(key=lambda each: each.worker)  # sums must not depend on arrivals
            yield self.aggregation_work(shard, step)
            gradients = [each.pending.value[self.slices[shard]] for each in pushed]
            model, state = experiment.optimizer.update(
                self.aggregation(np.stack(gradients)), state, self.models[shard]
            )
            self.models[shard] = frozen(model)
            self.updated(shard, pushed)

    def worker(self, number: int) -> Program:
        """Fetch the model, compute a gradient, push it."""
        experiment, device = self.experiment, self.experiment.workers[number]
        for step in experiment.rounds():
            since = experiment.clock.now
            slices: list[Floats] = []
            for shard in range(len(self.slices)):
                message = yield self.transport.receive(device, ('model', shard))
                slices.append(message.payload)
            experiment.waited(device, 'model', step, since)
            pending = experiment.learning.request(number, self.joined(slices))
            yield experiment.gradient(number, step)
            for shard in range(len(self.slices)):
                self.push(shard, Pushed(number, pending), step)

    def send_model(self, shard: int, number: int, step: int) -> None:
        """Send a worker the slice as it is now."""
        device, model = self.experiment.workers[number], self.models[shard]
        size, tag = self.experiment.wire_bytes(len(model)), ('model', shard)
        self.transport.send(
            self.homes[shard], device, size, model, kind='model', tag=tag, step=step
        )

    def push(self, shard: int, pushed: Pushed, step: int) -> None:
        """Send a server its slice of a gradient."""
        device, home = self.experiment.workers[pushed.worker], self.homes[shard]
        size, tag = self.experiment.wire_bytes(len(self.models[shard])), ('gradient', shard)
        self.transport.send(device, home, size, pushed, kind='gradient', tag=tag, step=step)

    def aggregation_work(self, shard: int, step: int) -> Event:
        """Let the server's device work for what the rule costs."""
        cluster, home = self.experiment.cluster, self.homes[shard]
        flops = self.aggregation.beside('flops')
        cost = flops(self.rule.collects, len(self.models[shard])) if flops else 0.0
        seconds = cost * self.experiment.scale.bytes / float(cluster.devices.speed[home])
        name = self.aggregation.name
        return cluster.work(home, seconds, operation=name, activity='aggregate', step=step)

    def updated(self, shard: int, pushed: list[Pushed]) -> None:
        """Count an update of one slice; the last slice of a round ends the round."""
        self.updates[shard] += 1
        if min(self.updates) == max(self.updates):
            learning = self.experiment.learning
            losses = [each.pending.loss for each in pushed]
            samples = sum(learning.batch(each.worker) for each in pushed)
            self.experiment.scoreboard.round_done(self.joined(self.models), losses, samples)

    def joined(self, slices: list[Floats]) -> Floats:
        """Return the whole model of its slices: one array for all workers that hold the same."""
        if len(slices) == 1:
            return slices[0]
        known = self._joined
        if known is None or any(a is not b for a, b in zip(known[0], slices, strict=True)):
            self._joined = known = (list(slices), frozen(np.concatenate(slices)))
        return known[1]


def cut(parameters: int, shards: int) -> list[slice]:
    """Return the slices of a model, as even as can be.

    Examples
    --------
    >>> cut(7, 2)
    [slice(0, 4, None), slice(4, 7, None)]
    """
    sizes = chunk_sizes(parameters, shards, whole=True)
    bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(int).tolist()
    return [slice(*pair) for pair in pairwise(bounds)]


def check_parameter_server(facts: Facts, *, shards: int | None = None, **_: Any) -> Iterator[str]:
    """Say what does not fit the cluster or the model."""
    if facts.servers == 0:
        yield 'needs a server: give the topology one, such as {star: {workers: 8, servers: 1}}'
    parameters = facts.parameters
    if parameters is not None and (shards or facts.servers) > parameters:
        yield f'shards(={shards or facts.servers}) must be at most {parameters}, one a parameter'


def predict_parameter_server(
    facts: Facts, *, shards: int | None = None, **_: Any
) -> dict[str, float]:
    """Return the traffic of a run of known length: two models a worker and round.

    Examples
    --------
    >>> predict_parameter_server(Facts(workers=4, servers=1, parameters=10, rounds=3))
    {'bytes': 960.0, 'messages': 24.0}
    """
    if facts.rounds is None or facts.parameters is None:
        return {}
    passes = 2 * facts.workers * facts.rounds
    return {
        'bytes': passes * facts.parameters * ELEMENT * facts.scale.bytes,
        'messages': float(passes * (shards or facts.servers)),
    }
