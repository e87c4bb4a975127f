"""An order of the hosts in which neighbours in the graph stay neighbours around a ring."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from topologies.graphs import Graph, hosts_of

__all__ = ['cycle_of_cycles', 'cycle_of_paths', 'ring_order']


def ring_order(graph: Graph, hosts: Sequence[int] | None = None) -> tuple[int, ...]:
    """Arrange *hosts* so that those near each other in *graph* follow each other.

    Where the topology knows a ring through its hosts (``graph.graph['ring']``: grids and
    hypercubes), that is taken. Otherwise the hosts are taken in the order in which a depth-first
    walk meets them, those of a group together: along a tree each link is then crossed once each
    way, and through a random graph most steps lead to a neighbour.

    Parameters
    ----------
    graph : networkx.Graph
        A topology.
    hosts : sequence of int, optional
        The hosts to arrange; all by default.

    Returns
    -------
    tuple of int
        Places in *hosts*: the ring goes through ``hosts[order[0]], hosts[order[1]], ...``.

    Examples
    --------
    >>> from topologies import TOPOLOGIES
    >>> ring_order(TOPOLOGIES['torus'](workers=6))
    (0, 1, 2, 5, 4, 3)
    >>> ring_order(TOPOLOGIES['star'](workers=5), [4, 2, 0])
    (2, 1, 0)
    """
    hosts = hosts_of(graph) if hosts is None else hosts
    place = {host: number for number, host in enumerate(hosts)}
    around = graph.graph.get('ring') or _depth_first(graph, min(hosts))
    return tuple(place[node] for node in around if node in place)


def cycle_of_cycles(sides: Sequence[int]) -> list[int]:
    """Return a ring through a torus: all places once, each a neighbour of the next.

    Examples
    --------
    >>> cycle_of_cycles([3, 3])
    [0, 1, 2, 5, 3, 4, 7, 8, 6]
    """
    if len(sides) == 1:
        return list(range(sides[0]))
    slow, inner = sides[0], cycle_of_cycles(sides[1:])
    fast = len(inner)
    if slow % 2 and (fast % 2 == 0 or fast > slow):
        # the other way round: along the inner ring slowly, along the first side fast
        return [along * fast + inner[place] for place, along in _wind(fast, slow)]
    return [along * fast + inner[place] for along, place in _wind(slow, fast)]


def cycle_of_paths(sides: Sequence[int]) -> list[int]:
    """Return a way through a mesh: all places once, and back to the first if there is such a way.

    Examples
    --------
    >>> cycle_of_paths([2, 3]), cycle_of_paths([3, 3])
    ([1, 2, 5, 4, 3, 0], [0, 1, 2, 5, 4, 3, 6, 7, 8])
    """
    sides = [side for side in sides if side > 1] or [1]
    slow, inner = sides[0], _snake(sides[1:])
    fast = len(inner)
    if slow % 2 == 0 and fast > 1:
        return [along * fast + inner[place] for along, place in _comb(slow, fast)]
    if fast % 2 == 0 and slow > 1:
        return [along * fast + inner[place] for place, along in _comb(fast, slow)]
    return _snake(sides)


def _wind(slow: int, fast: int) -> list[tuple[int, int]]:
    """Go round each of *slow* rings of *fast* places, then step to the next and round again.

    A round started at s ends at s - 1 or, the other way, at s + 1; the last has to end where the
    first began. So as many rounds go one way as the other if *slow* is even, and *fast* more if
    both are odd (then *slow* must not be the smaller).
    """
    forward = slow // 2 if slow % 2 == 0 else (slow + fast) // 2
    way, start = [], 0
    for along in range(slow):
        step = 1 if along < forward else -1
        way += [(along, (start + step * k) % fast) for k in range(fast)]
        start = (start - step) % fast
    return way


def _comb(slow: int, fast: int) -> list[tuple[int, int]]:
    """Go to and fro through all columns but the first, an even number of times, and back in it."""
    way = []
    for along in range(slow):
        columns = range(1, fast) if along % 2 == 0 else range(fast - 1, 0, -1)
        way += [(along, column) for column in columns]
    return way + [(along, 0) for along in range(slow - 1, -1, -1)]


def _snake(sides: Sequence[int]) -> list[int]:
    """Return a path through a mesh, turning round at the end of each row."""
    if not sides:
        return [0]
    inner = _snake(sides[1:])
    rows = [inner if along % 2 == 0 else inner[::-1] for along in range(sides[0])]
    stride = prod(sides[1:])
    return [along * stride + place for along, row in enumerate(rows) for place in row]


def _depth_first(graph: Graph, start: int) -> list[int]:
    """Return all nodes in the order of a depth-first walk: own group first, then low numbers."""
    group = graph.nodes.data('group')
    met: dict[int, None] = {}
    ahead = [start]
    while ahead:
        node = ahead.pop()
        if node not in met:
            met[node] = None
            near = [(group[other] != group[node], other) for other in graph[node]]
            ahead += [other for _, other in sorted(near, reverse=True) if other not in met]
    return list(met)
