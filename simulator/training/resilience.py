"""A study of a rule alone: its resilience at fixed parameters, over many mini-batches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import ceil
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le

from simulator.catalogue import Choice
from simulator.learning import Learning, Optimizer, frozen
from simulator.learning.arrays import Floats
from simulator.robust.aggregation import RULES, Context, aggregate, constant, problems, promised
from simulator.robust.attacks import ATTACKS, acts_on, sent
from simulator.robust.resilience import Moments, Resilience, attacked
from simulator.training.aggregating import Aggregator
from simulator.training.experiment import Experiment
from simulator.training.facts import Facts

__all__ = ['check_resilience', 'predict_resilience', 'promises_of_resilience', 'resilience']

AT_ONCE = 1024
"""Samples of the full gradient that are computed together."""


def resilience(
    experiment: Experiment,
    *,
    aggregation: Annotated[Choice, RULES],
    attack: Annotated[Choice, ATTACKS] | None = None,
    liars: Annotated[int, Ge(0)] = 0,
    draws: Annotated[int, Ge(2), Le(1_000_000)] = 1000,
    steps: Annotated[int, Ge(0), Le(1_000_000)] = 0,
) -> dict[str, Any]:
    """Estimate how far a rule's mean result is from the full gradient, at fixed parameters.

    The parameters are those training would start from, perhaps after some honest steps. Each draw
    takes a mini-batch of every worker, lets the last of them lie, and aggregates; over all draws,
    the distance |E[F] - g| and the angle between E[F] and the gradient g of all training samples
    are told beside what is published of the rule. Theory lets all workers draw from the same
    samples: deal them so, by `partition: shared`; of other partitions, what workers do not have in
    common counts in what is measured. It takes no simulated time.

    Parameters
    ----------
    aggregation : aggregation rule
        The rule, with the f that it is told.
    attack : attack
        What liars send; by default they are honest.
    liars : int
        How many of the workers lie.
    draws : int
        Of a mini-batch a worker.
    steps : int
        Honest rounds before, with the mean of all gradients and the scenario's optimizer.

    References
    ----------
    .. [1] Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient
       Descent", NeurIPS 2017 (definition 2, proposition 1).
    """
    study = _Study(experiment, aggregation, attack, liars)
    scoreboard = experiment.scoreboard
    parameters = _after(steps, experiment.learning, experiment.optimizer, study.workers)
    scoreboard.begin(parameters)
    moments = study.moments(parameters)
    for draw in range(1, draws + 1):
        study.draw(moments, parameters, draw)
        scoreboard.count_round()
        if draw == draws or draw & (draw - 1) == 0:  # at powers of 2, for the eye
            _record(scoreboard.metric, moments.measured())
    return {'resilience': _figures(moments.measured(), len(parameters), liars, draws)}


class _Study:
    """Workers, liars among them, and a rule."""

    def __init__(self, experiment: Experiment, rule: Choice, attack: Choice | None, liars: int):
        seeds = experiment.cluster.seeds
        self.learning = experiment.learning
        self.workers = len(experiment.workers)
        self._rule = rule
        self._attack = attack or ATTACKS.choice('sign_flip')
        self._liars = liars if attack else 0
        self._constant = constant(rule, self.workers, liars)
        self._rng = seeds.stream('attack')
        self._tries = seeds.stream('rule', tried=1)
        self._aggregator = Aggregator(rule, seeds.stream('rule', shard=0))
        self._previous: Floats | None = None

    def moments(self, parameters: Floats) -> Moments:
        """Return the sums to which draws at *parameters* (d,) are added."""
        return Moments(full_gradient(self.learning, parameters), self._constant)

    def draw(self, moments: Moments, parameters: Floats, step: int) -> None:
        """Draw mini-batches, let the liars lie, aggregate, and add the result to *moments*."""
        honest = gradients(self.learning, parameters, self.workers)
        lie = partial(sent, self._attack)
        received = attacked(honest, lie, f=self._liars, rng=self._rng, rule=self._try, step=step)
        self._previous = self._aggregator(received)
        moments.add(self._previous, honest)

    def _try(self, vectors: Floats) -> Floats:
        """Return what the rule would make of *vectors*, for liars who try it out."""
        return aggregate(self._rule, vectors, Context(self._previous, self._tries))


def gradients(learning: Learning, parameters: Floats, workers: int) -> Floats:
    """Return each worker's gradient (workers, d) at *parameters* on its next mini-batch."""
    pending = [learning.request(worker, parameters) for worker in range(workers)]
    return np.stack([each.value for each in pending])


def full_gradient(learning: Learning, parameters: Floats) -> Floats:
    """Return the gradient (d,) at *parameters* on all training samples, in double precision."""
    model, (inputs, targets) = learning.pool.model, learning.data.train
    total = np.zeros(model.dimension)
    for part in np.array_split(np.arange(len(inputs)), ceil(len(inputs) / AT_ONCE)):
        found = model.losses_and_gradients(
            parameters[None], inputs[part][None], targets[part][None]
        )
        total += len(part) * found.gradients[0].astype(np.float64)
    return total / len(inputs)


def _after(steps: int, learning: Learning, optimizer: Optimizer, workers: int) -> Floats:
    """Return where honest rounds lead from the parameters that training starts from."""
    parameters = learning.initial
    state = optimizer.init(parameters)
    for _ in range(steps):
        mean = gradients(learning, parameters, workers).mean(axis=0)
        parameters, state = optimizer.update(mean, state, parameters)
    return frozen(np.asarray(parameters))


def _record(metric: Any, found: Resilience) -> None:
    metric('resilience_distance', found.distance)
    metric('resilience_error', found.distance_error)
    metric('resilience_angle', found.angle)


def _figures(found: Resilience, parameters: int, liars: int, draws: int) -> dict[str, Any]:
    """Return what the summary says of the study."""
    return {
        **found._asdict(),
        'parameters': parameters,
        'largest_angle': found.largest_angle,
        'holds': found.holds if np.isfinite(found.bound) else None,
        'liars': liars,
        'draws': draws,
    }


def check_resilience(
    facts: Facts, *, aggregation: Choice, attack: Choice | None = None, liars: int = 0, **_: Any
) -> Iterator[str]:
    """Say what does not fit the workers."""
    yield from problems(aggregation, facts.workers)
    if liars and attack is None:
        yield f'liars(={liars}) need an attack, such as sign_flip'
    if attack is not None and not liars:
        yield f'{attack.name} needs liars, one at least: liars: 1'
    if liars >= facts.workers:
        yield f'liars(={liars}) must be fewer than the {facts.workers} workers'
    if attack is None:
        return
    if acts_on(attack) != 'values':
        yield f'{attack.name} acts on {acts_on(attack)}; here, liars act on values: take another'
    for beside in ('needs_receiver', 'per_receiver'):
        if attack.beside(beside):
            yield f'{attack.name} is about receivers that differ; here, there is one: take another'


def promises_of_resilience(
    facts: Facts, *, aggregation: Choice, liars: int = 0, **_: Any
) -> dict[str, Any]:
    """Return what the rule promises for the vectors of all workers."""
    return promised(aggregation, facts.workers, liars)


def predict_resilience(
    facts: Facts, *, aggregation: Choice, liars: int = 0, **_: Any
) -> dict[str, float]:
    """Return the rule's published constant: |E[F] - g| is at most that times the deviation.

    Examples
    --------
    >>> rule = RULES.read({'krum': {'f': 5}})
    >>> predict_resilience(Facts(workers=25), aggregation=rule, liars=5)['constant'].__round__(2)
    11.27
    """
    value = constant(aggregation, facts.workers, liars)
    return {} if value is None else {'constant': value}
