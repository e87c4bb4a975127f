"""Placements by a score of several aims: memory, importance, traffic, execution time."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from simulator.placement.lists import upward_rank
from simulator.placement.memory import Ledger
from simulator.placement.paths import upward
from simulator.placement.problem import Placement, Problem

__all__ = ['depth_first', 'multi_objective']

Floats = NDArray[np.float64]
Weight = Annotated[float, Ge(0)]
Share = Annotated[float, Gt(0), Le(1)]


class _Weights(NamedTuple):
    memory: float
    importance: float
    traffic: float
    execution: float
    floor: float


def multi_objective(
    problem: Problem,
    rng: np.random.Generator,
    *,
    memory: Weight = 1.0,
    importance: Weight = 1.0,
    traffic: Weight = 1.0,
    execution: Weight = 1.0,
    floor: Share = 0.001,
) -> Placement:
    """Where a product of four terms is least: memory, importance, traffic, execution time.

    Each term is between 0 and 1 over the devices, and is taken to the power of its weight. The
    most urgent go first: those with the longest way to the end.

    Parameters
    ----------
    memory : float
        Weight of the share of a device's memory that is taken.
    importance : float
        Weight of 1 - importance x speed / that of the fastest device. The importance of an
        operation is the longest path through it, as a share of the longest of all.
    traffic : float
        Weight of the time of the transfers to and from what is placed already.
    execution : float
        Weight of the time a device would have to compute for all that it has.
    floor : float
        No term counts as less. The smaller, the more neighbours stay together.

    References
    ----------
    .. [1] Mayer, Mayer & Laich, "The TensorFlow Partitioning and Scheduling Problem: It's the
       Critical Path!", DIDL 2017 (MITE).
    """
    scores = _Scores(problem, _Weights(memory, importance, traffic, execution, floor))
    leading = np.array([scores.rank[members].max() for members in problem.members])
    for unit in np.argsort(-leading, kind='stable').tolist():
        scores.place(unit)
    return scores.ledger.device


def depth_first(
    problem: Problem,
    rng: np.random.Generator,
    *,
    memory: Weight = 1.0,
    importance: Weight = 1.0,
    traffic: Weight = 1.0,
    execution: Weight = 1.0,
    floor: Share = 0.01,
) -> Placement:
    """As `multi_objective`, operations taken depth first, so that chains stay together.

    Parameters
    ----------
    memory : float
        Weight of the share of a device's memory that is taken.
    importance : float
        Weight of 1 - importance x speed / that of the fastest device.
    traffic : float
        Weight of the time of the transfers to and from what is placed already.
    execution : float
        Weight of the time a device would have to compute for all that it has.
    floor : float
        No term counts as less. The smaller, the more neighbours stay together.

    References
    ----------
    .. [1] Mayer, Mayer & Laich, "The TensorFlow Partitioning and Scheduling Problem: It's the
       Critical Path!", DIDL 2017 (DFS).
    """
    scores = _Scores(problem, _Weights(memory, importance, traffic, execution, floor))
    for operation in _depth_first(problem, scores.rank):
        if scores.ledger.device[operation] < 0:
            scores.place(int(problem.unit[operation]))
    return scores.ledger.device


def _depth_first(problem: Problem, rank: Floats) -> list[int]:
    """Return all operations, each followed by one that needs it if one is left: the most urgent."""
    graph = problem.graph
    sources = np.flatnonzero(np.diff(graph.predecessors.first) == 0)
    stack = sources[np.argsort(rank[sources], kind='stable')].tolist()
    seen = np.zeros(len(graph), bool)
    order = []
    while stack:
        operation = stack.pop()
        if not seen[operation]:
            seen[operation] = True
            order.append(operation)
            users = graph.successors.of(operation)
            stack += users[np.argsort(rank[users], kind='stable')].tolist()
    return order


class _Scores:
    """What it costs to put a unit on each device, as placed so far."""

    def __init__(self, problem: Problem, weights: _Weights):
        self.rank = upward_rank(problem)
        self.importance = _importance(problem)
        self.ledger = Ledger(problem)
        self._problem, self._weights = problem, weights
        self._load = np.zeros(len(problem.platform))
        self._flops = problem.of_units(problem.graph.flops)
        self._speed = problem.platform.speed / problem.platform.speed.max()

    def place(self, unit: int) -> None:
        """Put *unit* where it costs least."""
        members, weights = self._problem.members[unit], self._weights
        execution = self._load + self._flops[unit] / self._problem.platform.speed
        importance = float(self.importance[members].max())
        terms = (
            (weights.memory, self._filled(unit)),
            (weights.importance, 1 - importance * self._speed),
            (weights.traffic, _scaled(self._traffic(unit))),
            (weights.execution, _scaled(execution)),
        )
        cost = np.zeros(len(execution))
        for weight, term in terms:
            cost += weight * np.log(np.maximum(term, weights.floor))
        device = self.ledger.choose(unit, cost)
        self._load[device] = execution[device]

    def _filled(self, unit: int) -> Floats:
        graph, members = self._problem.graph, self._problem.members[unit]
        own = (graph.parameters + graph.outputs)[members].sum()
        filled: Floats = (self.ledger.used + own) / self._problem.platform.memory
        return filled

    def _traffic(self, unit: int) -> Floats:
        """Return the time of the transfers to and from neighbours that are placed, shape (k,)."""
        graph, platform = self._problem.graph, self._problem.platform
        seconds = np.zeros(len(platform))
        for operation in self._problem.members[unit]:
            inputs = graph.predecessors.of(operation)
            inputs = inputs[self.ledger.device[inputs] >= 0]
            here = self.ledger.device[inputs]
            seconds += platform.latency[here].sum(axis=0)
            seconds += graph.outputs[inputs] @ platform.seconds_per_byte[here]
            there = np.unique(self.ledger.device[graph.successors.of(operation)])
            there = there[there >= 0]
            seconds += platform.latency[:, there].sum(axis=1)
            seconds += graph.outputs[operation] * platform.seconds_per_byte[:, there].sum(axis=1)
        return seconds


def _importance(problem: Problem) -> Floats:
    """Return the longest computing path through each operation (n,), as a share of the longest."""
    graph, free = problem.graph, np.zeros(problem.graph.edges)
    cost, back = problem.mean_compute, graph.order[::-1].copy()
    after, before = graph.successors, graph.predecessors
    below = upward(graph.order, after.first, after.ends, cost, free)[0]
    above = upward(back, before.first, before.ends, cost, free)[0]
    through = below + above - cost
    share: Floats = through / through.max() if through.max() > 0 else through
    return share


def _scaled(cost: Floats) -> Floats:
    """Return *cost* between 0 and 1."""
    most = float(cost.max())
    return cost / most if most > 0 else cost
