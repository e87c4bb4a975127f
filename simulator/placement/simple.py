"""Placements that look at no edge: all on one device, or at random; and the critical path."""

from __future__ import annotations

import numpy as np

from simulator.errors import PlacementError
from simulator.placement.memory import Ledger, demand
from simulator.placement.paths import upward
from simulator.placement.problem import Placement, Problem

__all__ = ['critical_path', 'hash_', 'longest_path', 'single']


def single(problem: Problem, rng: np.random.Generator) -> Placement:
    """Put all on one device: the fastest that may run every operation and holds them all.

    Raises
    ------
    PlacementError
        If there is none.

    Examples
    --------
    >>> from simulator.placement.graph import OperationGraph
    >>> from simulator.placement.platform import Platform
    >>> free = np.zeros((2, 2))
    >>> two = Platform(np.arange(2), np.array([1.0, 2.0]), np.ones(2), ('',) * 2, free, free)
    >>> chain = OperationGraph(['a', 'b'], 1.0, 0.0, 0.0, [0], [1])
    >>> single(Problem(chain, two), np.random.default_rng()).tolist()
    [1, 1]
    """
    graph, platform = problem.graph, problem.platform
    needed = demand(graph, np.zeros(len(graph), np.int64), 1)[0]
    allowed = problem.allowed.all(axis=0)
    fits = allowed & (platform.memory >= needed)
    if fits.any():
        best = np.argmax(np.where(fits, platform.speed, -1.0))
        return np.full(len(graph), best, np.int64)
    if allowed.any():
        most = np.where(allowed, platform.memory, 0.0).max()
        raise PlacementError(
            f'single: the graph needs {needed:.6g} bytes, the largest device holds {most:.6g}; '
            'choose a placement that splits it'
        )
    kinds = ', '.join(sorted(set(problem.kinds) - {''}))
    raise PlacementError(
        f'single: operations need devices of kinds {kinds}; choose a placement that splits it'
    )


def hash_(problem: Problem, rng: np.random.Generator) -> Placement:
    """Draw devices in proportion to their speed: what looks at no edge.

    References
    ----------
    .. [1] Mayer, Mayer & Laich, "The TensorFlow Partitioning and Scheduling Problem: It's the
       Critical Path!", DIDL 2017 (weighted hashing).
    """
    ledger, speed = Ledger(problem), problem.platform.speed
    for unit in range(problem.units):
        # the first of exponential clocks rings in proportion to its rate
        ledger.choose(unit, rng.exponential(size=len(speed)) / speed)
    return ledger.device


def critical_path(problem: Problem, rng: np.random.Generator) -> Placement:
    """Put the longest path on the fastest device, and the rest where least waits.

    The path is that of the longest computation. What is on it goes to the fastest device that it
    fits on, all of it to the same as long as that has room. The rest, in topological order, goes
    to the device that would have computed all it has by then at the earliest.

    References
    ----------
    .. [1] Mayer, Mayer & Laich, "The TensorFlow Partitioning and Scheduling Problem: It's the
       Critical Path!", DIDL 2017.

    Examples
    --------
    >>> from simulator.placement.graph import OperationGraph
    >>> from simulator.placement.platform import Platform
    >>> free = np.zeros((2, 2))
    >>> two = Platform(np.arange(2), np.array([1.0, 2.0]), np.ones(2), ('',) * 2, free, free)
    >>> fork = OperationGraph(['a', 'b', 'c'], [1.0, 5.0, 2.0], 0.0, 0.0, [0, 0], [1, 2])
    >>> critical_path(Problem(fork, two), np.random.default_rng()).tolist()
    [1, 1, 0]
    """
    ledger, speed = Ledger(problem), problem.platform.speed
    flops = problem.of_units(problem.graph.flops)
    load = np.zeros(len(speed))
    path = dict.fromkeys(problem.unit[longest_path(problem)].tolist())
    for unit in path:
        device = ledger.choose(unit, -speed)
        load[device] += flops[unit] / speed[device]
    for unit in range(problem.units):
        if unit not in path:
            device = ledger.choose(unit, load + flops[unit] / speed)
            load[device] += flops[unit] / speed[device]
    return ledger.device


def longest_path(problem: Problem) -> list[int]:
    """Return the operations of the path that computes longest, from first to last."""
    graph = problem.graph
    rows, free = graph.successors, np.zeros(graph.edges)
    length, follower = upward(graph.order, rows.first, rows.ends, problem.mean_compute, free)
    way = [int(np.argmax(length))]
    while follower[way[-1]] >= 0:
        way.append(int(follower[way[-1]]))
    return way
