"""Data-parallel training without servers: ranks all-reduce their gradients."""

from __future__ import annotations

from collections.abc import Generator
from typing import Annotated, Any

import numpy as np
from simpy.events import Event

from simulator.catalogue import Choice
from simulator.collectives import Schedule, apply, chunk_sizes, traffic
from simulator.collectives.timed import Call, Group
from simulator.learning import Pending, frozen
from simulator.learning.arrays import Floats
from simulator.learning.optimizers import State
from simulator.training.algorithms import ALL_REDUCES
from simulator.training.experiment import ELEMENT, Experiment
from simulator.training.facts import Facts
from simulator.training.ranks import ranks_of

__all__ = ['all_reduce', 'predict_all_reduce']

Program = Generator[Event, Any, None]
Replica = tuple[Floats, State]


def all_reduce(
    experiment: Experiment,
    *,
    algorithm: Annotated[Choice, ALL_REDUCES] = ALL_REDUCES.choice('ring'),
) -> None:
    """Let every worker hold the model: gradients are all-reduced, each applies their mean.

    Parameters
    ----------
    algorithm : collective
        Which all-reduce.

    References
    ----------
    .. [1] Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", 2017.
    """
    _Ranks(experiment, algorithm(ranks_of(experiment.cluster))).run()


class _Ranks:
    """The node program of a run, and what the ranks share."""

    def __init__(self, experiment: Experiment, schedule: Schedule):
        self.experiment = experiment
        self.schedule = schedule
        self.sizes = experiment.wire_bytes(1) * chunk_sizes(
            experiment.parameters, schedule.chunks, whole=True
        )
        self.group = Group(experiment.cluster, experiment.workers, schedule, name='all_reduce')
        start = experiment.learning.initial
        self.start: Replica = (start, experiment.optimizer.init(start))
        self._sums: tuple[Call, list[Floats]] | None = None
        self._replicas: dict[tuple[int, int], tuple[Replica, Floats, Replica]] = {}

    def run(self) -> None:
        for rank in range(len(self.experiment.workers)):
            self.experiment.clock.process(self.rank(rank))
        self.experiment.run()

    def rank(self, number: int) -> Program:
        """Compute a gradient, all-reduce it, apply the mean."""
        experiment, device = self.experiment, self.experiment.workers[number]
        replica = self.start
        for step in experiment.rounds():
            pending = experiment.learning.request(number, replica[0])
            yield experiment.gradients(number, 1, step)
            since = experiment.clock.now
            call, leaving = self.group.enter(number, self.sizes, pending)
            yield leaving
            experiment.waited(device, 'all_reduce', step, since)
            replica = self.updated(replica, self.mean(call, number))
            self.left(call, replica[0])

    def mean(self, call: Call, number: int) -> Floats:
        """Return the mean that rank *number* holds after the call; equal ones are one array."""
        if self._sums is None or self._sums[0] is not call:
            gradients = np.stack([pending.value for pending in call.contributions])
            sums = apply(self.schedule, gradients)
            means = [frozen(each) for each in sums / np.float32(len(sums))]
            same = [0 if np.array_equal(each, means[0]) else k for k, each in enumerate(means)]
            self._sums = (call, [means[k] for k in same])
        return self._sums[1][number]

    def updated(self, replica: Replica, gradient: Floats) -> Replica:
        """Apply a mean gradient; ranks that hold the same share the work and the memory."""
        key = (id(replica), id(gradient))
        known = self._replicas.get(key)
        if known is None:
            model, state = self.experiment.optimizer.update(gradient, replica[1], replica[0])
            known = (replica, gradient, (frozen(model), state))  # keeps what the ids stand for
            self._replicas[key] = known
        return known[2]

    def left(self, call: Call, model: Floats) -> None:
        """Count a rank's leaving; the last one ends the round."""
        if not call.complete:
            return
        self._replicas.clear()
        learning = self.experiment.learning
        pending: list[Pending] = call.contributions
        samples = sum(learning.batch(number) for number in range(len(pending)))
        losses = [each.loss for each in pending]
        self.experiment.scoreboard.round_done(model, losses, samples)


def predict_all_reduce(facts: Facts, *, algorithm: Choice, **_: Any) -> dict[str, float]:
    """Return the traffic of a run of known length: what its schedule sends, each round."""
    if facts.rounds is None or facts.parameters is None:
        return {}
    schedule = algorithm(ranks_of(facts))
    elements = chunk_sizes(facts.parameters, schedule.chunks, whole=True)
    total = traffic(schedule, elements).total
    return {
        'bytes': facts.rounds * total * ELEMENT * facts.scale.bytes,
        'messages': float(facts.rounds * len(schedule)),
    }
