"""Orders and longest paths of a directed acyclic graph, compiled: placements ask for many.

Edges stand in compressed rows: those of node v are ``first[v]`` to ``first[v + 1]``.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ['rows_of', 'topological_order', 'upward']

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NONE = -1


def rows_of(ends: Integers, count: int) -> tuple[Integers, Integers]:
    """Return where the row of each of *count* nodes begins, and the edges sorted by row.

    Parameters
    ----------
    ends : int array, shape (edges,)
        The node by which each edge is found.
    count : int

    Returns
    -------
    first : int array, shape (count + 1,)
    edges : int array, shape (edges,)

    Examples
    --------
    >>> first, edges = rows_of(np.array([1, 0, 1]), 3)
    >>> first.tolist(), edges.tolist()
    ([0, 1, 3, 3], [1, 0, 2])
    """
    edges = np.argsort(ends, kind='stable')
    return np.searchsorted(ends[edges], np.arange(count + 1)), edges


@njit(cache=True)
def topological_order(first: Integers, after: Integers) -> Integers:
    """Return the nodes, each behind all before it; fewer where some are part of a circle.

    Parameters
    ----------
    first, after : int arrays
        Rows of the nodes behind each node.
    """
    count = len(first) - 1
    waits = np.zeros(count, np.int64)
    for node in after:
        waits[node] += 1
    order = np.empty(count, np.int64)
    done = 0
    for node in range(count):
        if waits[node] == 0:
            order[done] = node
            done += 1
    taken = 0
    while taken < done:
        node = order[taken]
        taken += 1
        for e in range(first[node], first[node + 1]):
            waits[after[e]] -= 1
            if waits[after[e]] == 0:
                order[done] = after[e]
                done += 1
    return order[:done]


@njit(cache=True)
def upward(
    order: Integers, first: Integers, after: Integers, cost: Floats, edge_cost: Floats
) -> tuple[Floats, Integers]:
    """Return the longest way from each node to an end, itself included, and where it goes on.

    Parameters
    ----------
    order : int array, shape (n,)
        Topological.
    first, after : int arrays
        Rows of the nodes behind each node.
    cost : array, shape (n,)
        Of a node.
    edge_cost : array, shape (edges,)
        Of an edge, in the order of *after*.

    Returns
    -------
    length : array, shape (n,)
    next : int array, shape (n,)
        The next node of that way; -1 where it ends.
    """
    length = np.zeros(len(cost))
    follower = np.full(len(cost), NONE)
    for place in range(len(order) - 1, -1, -1):
        node = order[place]
        for e in range(first[node], first[node + 1]):
            rest = edge_cost[e] + length[after[e]]
            if follower[node] == NONE or rest > length[node]:
                length[node] = rest
                follower[node] = after[e]
        length[node] += cost[node]
    return length, follower
