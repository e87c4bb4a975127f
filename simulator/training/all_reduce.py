"""Data-parallel training without servers: ranks all-reduce their gradients."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from simulator.catalogue import Choice
from simulator.collectives import Ranks, Schedule, apply, chunk_sizes, traffic
from simulator.collectives.timed import Call, Group
from simulator.learning import Optimizer, Pending, frozen, sgd
from simulator.learning.arrays import Floats
from simulator.learning.optimizers import State
from simulator.training.algorithms import ALL_REDUCES
from simulator.training.buckets import Buckets, Piece, pieces_of
from simulator.training.experiment import ELEMENT, Experiment
from simulator.training.facts import Facts
from simulator.training.local import Growth, LocalSteps, Steps
from simulator.training.ranks import ranks_of
from simulator.training.shards import cut

__all__ = ['all_reduce', 'check_all_reduce', 'predict_all_reduce', 'valid_all_reduce']

Program = Generator[Event, Any, None]

FORWARD = 1 / 3  # of a gradient's work, before the first bucket of the backward pass is ready


def all_reduce(
    experiment: Experiment,
    *,
    algorithm: Annotated[Choice, ALL_REDUCES] = ALL_REDUCES.choice('ring'),
    local_steps: Steps = 1,
    local_growth: Growth = 1.0,
    buckets: Buckets = 1,
) -> None:
    """Let every worker hold the model: gradients are all-reduced, each applies their mean.

    With local steps, each rank takes several steps of the optimizer by itself, and what is
    all-reduced is the way gone, so that the models are averaged.

    Parameters
    ----------
    algorithm : all-reduce
        Which one.
    local_steps : int
        H: steps of a rank between two all-reduces.
    local_growth : float
        By what H is multiplied each round.
    buckets : int or 'layers'
        Pieces of the gradient, the last layers first, each sent as soon as the backward pass has
        come so far: communication overlaps with computation. So many even ones, or one a layer:
        of the model that this one stands for, where that is a known one, else of its own.

    References
    ----------
    .. [1] Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", 2017.
    .. [2] Stich, "Local SGD Converges Fast and Communicates Little", ICLR 2019.
    .. [3] Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training",
       VLDB 2020 (buckets).
    """
    ranks = ranks_of(experiment.cluster, algorithm)
    steps = LocalSteps(local_steps, local_growth)
    pieces = pieces_of(experiment.learning.model, buckets, experiment.scale.stages)
    _Ranks(
        experiment, steps, [_Bucket(experiment, algorithm, ranks, each) for each in pieces]
    ).run()


class _Bucket:
    """A piece of the vector that is all-reduced by itself."""

    def __init__(self, experiment: Experiment, algorithm: Choice, ranks: Ranks, piece: Piece):
        self.part, self.share = part, _ = piece
        self.schedule: Schedule = algorithm(ranks)
        elements = chunk_sizes(part.stop - part.start, self.schedule.chunks, whole=True)
        self.sizes: NDArray[np.float64] = elements * experiment.wire_bytes(1)
        self.group = Group(experiment.cluster, experiment.workers, self.schedule, name='all_reduce')
        self._means: tuple[Call, list[Floats]] | None = None

    def mean(self, call: Call, number: int) -> Floats:
        """Return the mean that rank *number* holds after the call; equal ones are one array."""
        if self._means is None or self._means[0] is not call:
            sums = apply(self.schedule, np.stack([each(self.part) for each in call.contributions]))
            means = [frozen(each) for each in sums / np.float32(len(sums))]
            same = [0 if np.array_equal(each, means[0]) else k for k, each in enumerate(means)]
            self._means = (call, [means[k] for k in same])
        return self._means[1][number]


class _Ranks:
    """The node program of a run, and what the ranks share."""

    def __init__(self, experiment: Experiment, steps: LocalSteps, buckets: list[_Bucket]):
        self.experiment = experiment
        self.steps = steps
        self.buckets = buckets
        self.optimizer: Optimizer = experiment.optimizer if steps.are_plain else sgd(rate=1.0)
        start = experiment.learning.initial
        self.start = (start, self.optimizer.init(start))
        self._updates = _Updates(self.optimizer)
        self._round: dict[int, list[Pending]] = {}  # by round, of the ranks that have left

    def run(self) -> None:
        """Start the programs, and run to the end."""
        for rank in range(len(self.experiment.workers)):
            self.experiment.clock.process(self.rank(rank))
        self.experiment.run()

    def rank(self, number: int) -> Program:
        """Compute, all-reduce, apply the mean; again and again."""
        experiment, device = self.experiment, self.experiment.workers[number]
        model, state = self.start
        pending: Pending | None = None
        for step in experiment.rounds():
            pending = self.begun(number, model, step, pending)
            contribution = self.contribution(model, pending)
            calls = []
            for bucket, work in zip(self.buckets, self.work(number, step), strict=True):
                yield work
                calls.append(bucket.group.enter(number, bucket.sizes, contribution))
            since = experiment.clock.now
            yield experiment.clock.all_of([leaving for _, leaving in calls])
            experiment.waited(device, 'all_reduce', step, since)
            means = [
                bucket.mean(call, number)
                for bucket, (call, _) in zip(self.buckets, calls, strict=True)
            ]
            model, state = self._updates.apply(model, state, means[::-1], self.rate_factor(step))
            self.left(step, pending, model)

    def work(self, number: int, step: int) -> Iterator[Event]:
        """Yield the ends of the stretches of work after which each bucket is ready."""
        experiment, count = self.experiment, len(self.buckets)
        if count == 1:
            yield experiment.gradients(number, self.steps.of(step), step)
            return
        device, cluster = experiment.workers[number], experiment.cluster
        flops = experiment.learning.gradient_flops(number) * experiment.scale.flops
        seconds = cluster.seconds(device, flops)
        for k, bucket in enumerate(self.buckets):
            share = (1 - FORWARD) * bucket.share + (FORWARD if k == 0 else 0.0)
            yield cluster.work(
                device, share * seconds, operation='gradient', activity='compute', step=step
            )

    def begun(self, number: int, model: Floats, step: int, last: Pending | None) -> Pending:
        """Ask for what a rank computes in this round."""
        learning = self.experiment.learning
        if self.steps.are_plain:
            return learning.request(number, model)
        state = None if last is None else last.state  # the rank's own goes on
        steps = self.steps.of(step)
        factors = self.experiment.rate_factors(step, steps)
        return learning.request_steps(
            number, model, steps, self.experiment.optimizer, state, factors
        )

    def rate_factor(self, step: int) -> float:
        """Return the schedule's factor of the round's update; local steps have had theirs."""
        return self.experiment.rate_factor(step - 1) if self.steps.are_plain else 1.0

    def contribution(self, model: Floats, pending: Pending) -> Any:
        """Return a function of a slice: what the rank brings, once its value is due."""
        if self.steps.are_plain:
            return lambda part: pending.value[part]
        return lambda part: model[part] - pending.value[part]

    def left(self, step: int, pending: Pending, model: Floats) -> None:
        """Count a rank's leaving; the last one ends the round."""
        losses = self._round.setdefault(step, [])
        losses.append(pending)
        learning, ranks = self.experiment.learning, len(self.experiment.workers)
        if len(losses) == ranks:
            del self._round[step]
            self._updates.forget()
            samples = sum(learning.batch(number) for number in range(ranks)) * self.steps.of(step)
            in_order = sorted(losses, key=lambda each: each.worker)
            self.experiment.scoreboard.round_done(model, [p.loss for p in in_order], samples)


class _Updates:
    """Updates of replicas: ranks that hold the same share the work and the memory."""

    def __init__(self, optimizer: Optimizer):
        self._optimizer = optimizer
        self._known: dict[tuple[int, ...], tuple[Any, tuple[Floats, State]]] = {}

    def apply(
        self, model: Floats, state: State, means: list[Floats], factor: float = 1.0
    ) -> tuple[Floats, State]:
        """Apply the mean gradient, given in slices, to *model*."""
        key = (id(model), id(state), *map(id, means))
        if key not in self._known:
            gradient = means[0] if len(means) == 1 else np.concatenate(means)
            after, state_after = self._optimizer.update(gradient, state, model, factor)
            # what the ids stand for is kept, lest they be given to something else
            self._known[key] = ((model, state, means), (frozen(after), state_after))
        return self._known[key][1]

    def forget(self) -> None:
        """All ranks have ended the round."""
        self._known.clear()


def valid_all_reduce(
    *, local_steps: int = 1, local_growth: float = 1.0, buckets: Buckets = 1, **_: Any
) -> None:
    """Refuse what can't go together."""
    if buckets != 1 and not LocalSteps(local_steps, local_growth).are_plain:
        raise ValueError(
            f'buckets(={buckets}) overlap with one backward pass; they need local_steps: 1'
        )


def check_all_reduce(facts: Facts, *, buckets: Buckets = 1, **_: Any) -> Iterator[str]:
    """Say what does not fit the model."""
    if facts.parameters is None or buckets == 'layers':
        return
    if buckets > facts.parameters:
        yield f'buckets(={buckets}) must be at most {facts.parameters}, one a parameter'


def predict_all_reduce(
    facts: Facts,
    *,
    algorithm: Choice = ALL_REDUCES.choice('ring'),
    buckets: Buckets = 1,
    **_: Any,
) -> dict[str, float]:
    """Return the traffic of a run of known length: what its schedule sends, each round."""
    if facts.rounds is None or facts.parameters is None or buckets == 'layers':
        return {}
    schedule = algorithm(ranks_of(facts, algorithm))
    elements = sum(
        traffic(schedule, chunk_sizes(part.stop - part.start, schedule.chunks, whole=True)).total
        for part in cut(facts.parameters, buckets)
    )
    return {
        'bytes': facts.rounds * elements * ELEMENT * facts.scale.bytes,
        'messages': float(facts.rounds * len(schedule) * buckets),
    }
