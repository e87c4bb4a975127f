"""Placement by balanced cuts of the graph that sever as few bytes as they can."""

from __future__ import annotations

from typing import Annotated

import networkx as nx
import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from simulator.placement.memory import Ledger
from simulator.placement.problem import Placement, Problem

__all__ = ['min_cut']

Integers = NDArray[np.int64]


def min_cut(
    problem: Problem,
    rng: np.random.Generator,
    *,
    devices: Annotated[int, Gt(0)] | None = None,
    passes: Annotated[int, Ge(0), Le(1000)] = 5,
) -> Placement:
    """Halve the graph and the devices again and again, each cut severing few bytes.

    A cut begins between two halves of the topological order that have as much work for as much
    speed, and is improved by exchanging operations (Kernighan-Lin). What does not fit where it
    should go (by kind or memory) goes to a device as fast, with room.

    Parameters
    ----------
    devices : int, optional
        How many of the fastest devices are used; by default all.
    passes : int
        How often a cut is gone through for exchanges at the most.

    References
    ----------
    .. [1] Kernighan & Lin, "An Efficient Heuristic Procedure for Partitioning Graphs", Bell
       System Technical Journal 49(2), 1970.
    """
    speed = problem.platform.speed
    fastest = np.argsort(-speed, kind='stable')[: devices or len(speed)]
    wanted = np.empty(problem.units, np.int64)
    cuts = [(np.arange(problem.units), fastest)]
    while cuts:
        units, hosts = cuts.pop()
        if len(hosts) == 1 or len(units) < 2:
            wanted[units] = hosts[0]
        else:
            cuts += _halved(problem, units, hosts, passes, rng)
    return _settled(problem, wanted)


def _halved(
    problem: Problem, units: Integers, hosts: Integers, passes: int, rng: np.random.Generator
) -> list[tuple[Integers, Integers]]:
    """Cut *units* into two parts, with work in proportion to the speed of two parts of *hosts*."""
    speed = problem.platform.speed[hosts]
    here, there = hosts[::2], hosts[1::2]
    work = np.cumsum(problem.of_units(problem.graph.flops)[units])
    share = speed[::2].sum() / speed.sum()
    middle = int(np.clip(np.searchsorted(work, share * work[-1]) + 1, 1, len(units) - 1))
    first, second = units[:middle].tolist(), units[middle:].tolist()
    if passes:
        halves = nx.community.kernighan_lin_bisection(
            _bytes_between(problem, units),
            (set(first), set(second)),
            max_iter=passes,
            seed=int(rng.integers(2**31)),
        )
        first, second = (sorted(half) for half in halves)
    return [(np.array(first), here), (np.array(second), there)]


def _bytes_between(problem: Problem, units: Integers) -> nx.Graph[int]:
    """Return a graph of *units*, its edges weighing the bytes between two of them."""
    graph = problem.graph
    inside = np.zeros(problem.units, bool)
    inside[units] = True
    ends = problem.unit[np.stack([graph.before, graph.after])]
    between = inside[ends].all(axis=0) & (ends[0] != ends[1])
    ends, weight = np.sort(ends[:, between], axis=0), graph.outputs[graph.before[between]]
    pairs, number = np.unique(ends[0] * problem.units + ends[1], return_inverse=True)
    sums = np.bincount(number, weight)
    joined: nx.Graph[int] = nx.Graph()
    joined.add_nodes_from(units.tolist())
    one, other = np.divmod(pairs, problem.units)
    joined.add_weighted_edges_from(zip(one.tolist(), other.tolist(), sums.tolist(), strict=True))
    return joined


def _settled(problem: Problem, wanted: Integers) -> Placement:
    """Put units where they are *wanted*, or else on a device of about that speed."""
    ledger, speed = Ledger(problem), problem.platform.speed
    for unit in range(problem.units):
        away = np.abs(speed - speed[wanted[unit]])
        away[wanted[unit]] = -1.0
        ledger.choose(unit, away)
    return ledger.device
