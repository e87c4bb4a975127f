"""Operations in groups that are placed together, and what a policy is told of each group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.placement import Problem

__all__ = ['features', 'grouped']

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RAISE = 1.25  # of the limit on the work of a group, while there are too many

NEIGHBOURS = 2  # of each side, by the bytes that travel


def grouped(problem: Problem, most: int) -> Integers:
    """Return the group of each unit, (units,): at most so many, where kinds of devices allow it.

    Units that exchange the most bytes are joined first, as long as no group gets more than twice
    its share of the work. If that leaves too many, the limit is raised, little by little, so that
    none becomes so heavy that the device it is on makes the time.
    """
    unit, graph = problem.unit, problem.graph
    before, after = unit[graph.before], unit[graph.after]
    heaviest = np.argsort(-graph.outputs[graph.before], kind='stable')
    pairs = list(zip(before[heaviest].tolist(), after[heaviest].tolist(), strict=True))
    # what no edge joins is joined in topological order, at last
    order = [(k, k + 1) for k in range(problem.units - 1)]
    group, kinds = list(range(problem.units)), list(problem.kinds)
    work = problem.of_units(graph.flops)
    total = float(work.sum()) or 1.0
    limit, left = 2 * total / most, problem.units
    while left > most and limit < 2 * RAISE * total:
        for one, other in (*pairs, *order):
            if left <= most:
                break
            left -= _joined(group, kinds, work, one, other, limit)
        limit *= RAISE
    roots = [_root(group, k) for k in range(problem.units)]
    return np.unique(roots, return_inverse=True)[1].astype(np.int64)


def _root(group: list[int], k: int) -> int:
    while group[k] != k:
        group[k] = group[group[k]]
        k = group[k]
    return k


def _joined(
    group: list[int], kinds: list[str], work: Floats, one: int, other: int, limit: float
) -> bool:
    """Join the groups of two units, if they may be together; return whether that was done."""
    first, second = sorted((_root(group, one), _root(group, other)))
    unlike = kinds[first] and kinds[second] and kinds[first] != kinds[second]
    if first == second or unlike or work[first] + work[second] > limit:
        return False
    group[second] = first
    work[first] += work[second]
    kinds[first] = kinds[first] or kinds[second]
    return True


def features(problem: Problem, group: Integers) -> Floats:
    """Return what is known of each group (T, F), each column of mean 0 and deviation 1.

    Logarithms of its flops, of the bytes of its parameters and outputs, and of those that come
    in and go out; operations of each type; where its heaviest neighbours stand on both sides.
    """
    graph, count = problem.graph, int(group.max()) + 1
    of = group[problem.unit]
    sums = [np.bincount(of, each, count) for each in (graph.flops, graph.parameters, graph.outputs)]
    between = np.zeros((count, count))
    np.add.at(between, (of[graph.before], of[graph.after]), graph.outputs[graph.before])
    np.fill_diagonal(between, 0.0)
    types = sorted(set(graph.types))[:32]
    numbers = [np.bincount(of, [each == name for each in graph.types], count) for name in types]
    columns = np.log1p(np.array([*sums, between.sum(axis=0), between.sum(axis=1), *numbers])).T
    near = np.concatenate([_heaviest(between), _heaviest(between.T)], axis=1)
    whole = np.concatenate([columns, near], axis=1)
    spread = whole.std(axis=0)
    result: Floats = (whole - whole.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return result


def _heaviest(between: Floats) -> Floats:
    """Return where the heaviest neighbours of each row stand, as shares; -1 where there is none."""
    order = np.argsort(-between, axis=1, kind='stable')[:, :NEIGHBOURS]
    there = np.take_along_axis(between, order, axis=1) > 0
    result: Floats = np.where(there, order / len(between), -1.0)
    return result
