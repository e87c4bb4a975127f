"""The subset of least diameter, by bounded search instead of enumeration.

Join two vectors that are more than r apart. A subset of diameter at most r is what is left when
every edge has lost an end; so there is one of n - f vectors if f vectors cover all edges. Vertex
cover with f vertices is decided by branching: a vertex is in the cover or all its neighbours are,
which takes about 1.47^f steps. The least r is then found by bisection over the distances.

Among the subsets of that diameter the best is found by branch and bound. All is done in Python's
whole numbers: a set of vectors is a bit mask, and a subset's cost one number that orders by sum
of squared distances first and lexicographically second, so there are no ties.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

import numpy as np

from simulator.robust.arrays import Matrix

__all__ = ['least_diameter']

Graph = list[int]
"""The neighbours of each vertex, as a bit mask."""

BITS = 52
"""Of the least diameter; of smaller distances, what lies below is rounded away."""


def least_diameter(distances: Matrix, keep: int) -> list[int]:
    """Return the *keep* of n vectors with the least largest distance among them, in order.

    Parameters
    ----------
    distances : array, shape (n, n)
        Squared or not.
    keep : int
        1 <= keep <= n.

    Examples
    --------
    >>> line = np.array([0.0, 3.0, 4.0, 5.0, 9.0])
    >>> least_diameter(np.abs(line[:, None] - line), 3)
    [1, 2, 3]
    """
    n = len(distances)
    radii = np.unique(distances)  # the diagonal gives 0, for duplicates and for keep = 1
    low, high = 0, len(radii) - 1
    while low < high:
        middle = (low + high) // 2
        if _coverable(_longer(distances, radii[middle]), (1 << n) - 1, n - keep):
            high = middle
        else:
            low = middle + 1
    return list(_members(_Best(distances, float(radii[low]), n - keep).kept))


def _longer(distances: Matrix, radius: float) -> Graph:
    """Return the graph of the pairs that are farther apart than *radius*."""
    return [sum(1 << int(j) for j in np.flatnonzero(row > radius)) for row in distances]


def _members(mask: int) -> Iterator[int]:
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1


def _busiest(graph: Graph, alive: int) -> tuple[int, int]:
    """Return the vertex of most neighbours alive, and that number; leaves' neighbours first."""
    best, most = -1, 0
    for vertex in _members(alive):
        neighbours = graph[vertex] & alive
        degree = neighbours.bit_count()
        if degree == 1:  # to cover this edge by its other end is never worse
            return neighbours.bit_length() - 1, -1
        if degree > most:
            best, most = vertex, degree
    return best, most


def _coverable(graph: Graph, alive: int, budget: int) -> bool:
    """Say whether at most *budget* vertices touch all edges among those alive."""
    vertex, degree = _busiest(graph, alive)
    if degree == 0:
        return True
    if budget <= 0:
        return False
    without = alive & ~(1 << vertex)
    if _coverable(graph, without, budget - 1):
        return True
    if degree < 0 or degree > budget:
        return False
    return _coverable(graph, without & ~graph[vertex], budget - degree)


class _Best:
    """Branch and bound for the cheapest subset without an edge.

    Attributes
    ----------
    kept : int
        The mask of the cheapest, once constructed.
    """

    def __init__(self, distances: Matrix, radius: float, budget: int):
        n = len(distances)
        # what is longer is never paid for; to scale by a power of two rounds nothing
        shares = np.ldexp(np.minimum(distances, radius), BITS - int(np.frexp(radius)[1]))
        self._costs = [[int(x) << n for x in row] for row in np.rint(shares)]
        # to remove an early vector costs a little more: of equal sums the first wins
        self._late = [1 << (n - 1 - v) for v in range(n)]
        self._graph = _longer(distances, radius)
        self._nearest = [[0, *accumulate(sorted(row)[1:])] for row in self._costs]
        self.kept, self._least = 0, -1
        everything = [sum(row) for row in self._costs]
        self._search((1 << n) - 1, 0, budget, everything, sum(everything) // 2)

    def _search(self, alive: int, fixed: int, budget: int, sums: list[int], cost: int) -> None:
        """Remove *budget* more of those alive and not fixed; *sums* are costs to those alive."""
        # of what two removed have between them each may count half: at least that of its nearest
        others = max(budget - 1, 0)
        gains = {
            v: sums[v] - self._late[v] - self._nearest[v][others] // 2
            for v in _members(alive & ~fixed)
        }
        best = sorted(gains.values(), reverse=True)[:budget]
        if len(best) < budget or 0 <= self._least <= cost - sum(best):
            return
        vertex, degree = self._busiest(alive)
        if budget == 0:
            if degree == 0:
                self.kept, self._least = alive, cost
            return
        if degree == 0:
            vertex = max(gains, key=gains.__getitem__)
        elif degree > budget:
            self._remove(1 << vertex, alive, fixed, budget, sums, cost)
            return
        self._remove(1 << vertex, alive, fixed, budget, sums, cost)
        neighbours = self._graph[vertex] & alive
        self._remove(neighbours, alive, fixed | 1 << vertex, budget, sums, cost)

    def _remove(
        self, gone: int, alive: int, fixed: int, budget: int, sums: list[int], cost: int
    ) -> None:
        for vertex in _members(gone):
            cost += self._late[vertex] - sums[vertex]
            row = self._costs[vertex]
            sums = [total - own for total, own in zip(sums, row, strict=True)]
        self._search(alive & ~gone, fixed, budget - gone.bit_count(), sums, cost)

    def _busiest(self, alive: int) -> tuple[int, int]:
        degrees = {v: (self._graph[v] & alive).bit_count() for v in _members(alive)}
        vertex = max(degrees, key=degrees.__getitem__)
        return vertex, degrees[vertex]
