"""Hosts wired to each other, without switches: ring, complete graph, torus."""

from __future__ import annotations

from itertools import combinations, product
from math import prod
from typing import Annotated

from annotated_types import Ge, Le

from simulator.errors import TopologyError
from topologies.graphs import Graph, Servers, Workers, balanced, on_circle, with_hosts

__all__ = ['complete', 'ring', 'torus']


def ring(*, workers: Workers, servers: Servers = 0) -> Graph:
    """Hosts in a circle, each wired to the next; servers close the circle after the workers.

    Parameters
    ----------
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.

    Returns
    -------
    networkx.Graph
        Two hosts share one edge, a lone host has none.

    Examples
    --------
    >>> import networkx as nx
    >>> nx.diameter(ring(workers=7, servers=1))
    4
    """
    hosts = workers + servers
    graph = with_hosts('ring', workers=workers, servers=servers, edges=hosts)
    if hosts > 1:
        graph.add_edges_from((host, (host + 1) % hosts) for host in range(hosts))
    on_circle(graph, range(hosts))
    return graph


def complete(*, workers: Workers, servers: Servers = 0) -> Graph:
    """Every host wired to every other, a link for each pair.

    Parameters
    ----------
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.

    Returns
    -------
    networkx.Graph

    Examples
    --------
    >>> complete(workers=4, servers=1).number_of_edges()
    10
    """
    hosts = workers + servers
    edges = hosts * (hosts - 1) // 2
    graph = with_hosts('complete', workers=workers, servers=servers, edges=edges)
    graph.add_edges_from(combinations(range(hosts), 2))
    on_circle(graph, range(hosts))
    return graph


def torus(
    *,
    workers: Workers,
    servers: Servers = 0,
    dimensions: Annotated[int, Ge(1), Le(6)] = 2,
    shape: list[int] | None = None,
) -> Graph:
    """Hosts on a grid whose rows and columns close into rings.

    Hosts fill the grid row by row, workers first, so servers sit at the end of the last rows.

    Parameters
    ----------
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.
    dimensions : int
        Dimensions of the grid when no shape is given.
    shape : list of int, optional
        Hosts along each dimension; their product is the number of hosts. By default the most
        nearly equal factors: 12 hosts give 3 x 4, a prime number gives a ring.

    Returns
    -------
    networkx.Graph
        Along a dimension of 2 the two ways round are one edge. ``graph.graph['shape']`` keeps
        the shape.

    Raises
    ------
    TopologyError
        If the shape does not hold exactly the hosts.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = torus(workers=16)
    >>> graph.graph['shape'], {degree for _, degree in graph.degree()}, nx.diameter(graph)
    ([4, 4], {4}, 4)
    """
    sides = grid_shape('torus', workers + servers, dimensions, shape)
    hosts = workers + servers
    edges = len(sides) * hosts
    graph = with_hosts('torus', workers=workers, servers=servers, edges=edges)
    graph.graph['shape'] = sides
    for place, stride, along, side in _neighbours(sides):
        after = place + stride if along + 1 < side else place - along * stride
        if after != place:
            graph.add_edge(place, after)
    on_grid(graph, sides)
    return graph


def grid_shape(name: str, hosts: int, dimensions: int, shape: list[int] | None) -> list[int]:
    """Return the sides of a grid of *hosts*, as given or as equal as they can be."""
    if shape is None:
        return balanced(hosts, dimensions)
    if not shape or min(shape) < 1 or prod(shape) != hosts:
        size = ' x '.join(map(str, shape)) or 'nothing'
        raise TopologyError(
            f'{name}: shape(={shape}) must hold workers + servers = {hosts} hosts, '
            f'{size} holds {prod(shape) if shape else 0}'
        )
    return list(shape)


def on_grid(graph: Graph, sides: list[int]) -> None:
    """Draw a grid with its last dimension along x, the one before along y, others aslant."""
    for place, where in enumerate(product(*map(range, sides))):
        x, y = float(where[-1]), -float(where[-2]) if len(sides) > 1 else 0.0
        for depth, along in enumerate(reversed(where[:-2]), start=1):
            x, y = x + 0.37 * along / depth, y + 0.23 * along / depth
        graph.nodes[place].update(x=x, y=y)


def _neighbours(sides: list[int]) -> list[tuple[int, int, int, int]]:
    """List (place, stride, position along the dimension, its length) for all of the grid."""
    found = []
    for dimension, side in enumerate(sides):
        stride = prod(sides[dimension + 1 :])
        found += [(p, stride, p // stride % side, side) for p in range(prod(sides))]
    return found
