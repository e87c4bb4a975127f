"""Which of the operations that are ready a device takes first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.placement.paths import upward
from simulator.placement.problem import Placement, Problem

__all__ = ['SCHEDULERS', 'Scheduler', 'priorities', 'remaining']

Floats = NDArray[np.float64]
Scheduler = Callable[[Problem, Placement], Floats]


def fifo(problem: Problem, placement: Placement) -> Floats:
    """First come, first served: what became ready first."""
    return np.zeros(len(problem.graph))


def longest_remaining(problem: Problem, placement: Placement) -> Floats:
    """Longest remaining time first: what the longest way to the end begins with.

    A way takes the times of its operations on their devices and of its transfers, uncontended.

    References
    ----------
    .. [1] Mayer, Mayer & Laich, "The TensorFlow Partitioning and Scheduling Problem: It's the
       Critical Path!", DIDL 2017 (path computation time).
    """
    return remaining(problem, placement)


def most_successors(problem: Problem, placement: Placement) -> Floats:
    """Most successors first: what lets most other operations begin.

    References
    ----------
    .. [1] Mayer, Mayer & Laich, "The TensorFlow Partitioning and Scheduling Problem: It's the
       Critical Path!", DIDL 2017 (maximum successor rank).
    """
    return np.diff(problem.graph.successors.first).astype(float)


SCHEDULERS: dict[str, Scheduler] = {
    'fifo': fifo,
    'longest_remaining': longest_remaining,
    'most_successors': most_successors,
}


def remaining(problem: Problem, placement: Placement) -> Floats:
    """Return the longest time from an operation's start to an end, as placed, shape (n,).

    Examples
    --------
    >>> from simulator.placement.graph import OperationGraph
    >>> from simulator.placement.platform import Platform
    >>> one = Platform(np.arange(1), np.ones(1), np.ones(1), ('',), *np.zeros((2, 1, 1)))
    >>> chain = OperationGraph(['a', 'b'], [1.0, 2.0], 0.0, 0.0, [0], [1])
    >>> remaining(Problem(chain, one), np.zeros(2, int))
    array([3., 2.])
    """
    graph, platform = problem.graph, problem.platform
    rows, here, there = graph.successors, placement[graph.before], placement[graph.after]
    sending = platform.latency[here, there]
    sending = sending + graph.outputs[graph.before] * platform.seconds_per_byte[here, there]
    own = graph.flops / platform.speed[placement]
    length: Floats = upward(graph.order, rows.first, rows.ends, own, sending[rows.edges])[0]
    return length


def priorities(urgency: Floats) -> NDArray[np.int32]:
    """Return the ranks (n,) of *urgency*: the most urgent has 0, equal ones share a rank."""
    ranks = np.unique(-urgency, return_inverse=True)[1]
    return ranks.astype(np.int32)
