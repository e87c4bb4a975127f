"""Hosts on grids: mesh, torus, hypercube."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Annotated

from annotated_types import Ge, Le

from simulator.errors import TopologyError
from topologies.graphs import Graph, Servers, Workers, balanced, with_hosts
from topologies.order import cycle_of_cycles, cycle_of_paths

__all__ = ['Dimensions', 'hypercube', 'mesh', 'torus']

Dimensions = Annotated[int, Ge(1), Le(6)]


def mesh(
    *,
    workers: Workers,
    servers: Servers = 0,
    dimensions: Dimensions = 2,
    shape: list[int] | None = None,
) -> Graph:
    """Hosts on a grid, each wired to its neighbours along rows and columns.

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
        nearly equal factors: 12 hosts give 3 x 4, a prime number gives a line.

    Returns
    -------
    networkx.Graph
        ``graph.graph['shape']`` keeps the shape, ``graph.graph['ring']`` a way through all hosts
        that returns between neighbours wherever the grid has one.

    Raises
    ------
    TopologyError
        If the shape does not hold exactly the hosts.

    Examples
    --------
    >>> import networkx as nx
    >>> nx.diameter(mesh(workers=16))
    6
    """
    sides = _sides('mesh', workers + servers, dimensions, shape)
    graph = _grid('mesh', workers, servers, sides)
    graph.add_edges_from(
        (place, place + stride)
        for place, stride, along, side in _neighbours(sides)
        if along + 1 < side
    )
    graph.graph['ring'] = cycle_of_paths(sides)
    return graph


def torus(
    *,
    workers: Workers,
    servers: Servers = 0,
    dimensions: Dimensions = 2,
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
        the shape, ``graph.graph['ring']`` a ring through all hosts.

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
    sides = _sides('torus', workers + servers, dimensions, shape)
    graph = _grid('torus', workers, servers, sides)
    for place, stride, along, side in _neighbours(sides):
        after = place + stride if along + 1 < side else place - along * stride
        if after != place:
            graph.add_edge(place, after)
    graph.graph['ring'] = cycle_of_cycles(sides)
    return graph


def hypercube(*, workers: Workers, servers: Servers = 0) -> Graph:
    """Hosts numbered in binary, wired to those whose number differs in one bit.

    Parameters
    ----------
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow; together a power of two.

    Returns
    -------
    networkx.Graph
        ``graph.graph['ring']`` is a ring through all hosts, a Gray code.

    Raises
    ------
    TopologyError
        If the hosts are no power of two.

    Examples
    --------
    >>> import networkx as nx
    >>> nx.diameter(hypercube(workers=31, servers=1))
    5
    """
    hosts = workers + servers
    bits = hosts.bit_length() - 1
    if hosts != 1 << bits:
        raise TopologyError(
            f'hypercube: workers + servers = {hosts} must be a power of two, such as '
            f'{1 << bits} or {2 << bits}'
        )
    # two to the half of the bits along each side: what differs in one bit stays on a row or column
    graph = _grid('hypercube', workers, servers, [1 << bits // 2, 1 << (bits + 1) // 2], bits)
    del graph.graph['shape']
    graph.add_edges_from(
        (host, host | 1 << bit)
        for host in range(hosts)
        for bit in range(bits)
        if not host >> bit & 1
    )
    graph.graph['ring'] = [host ^ host >> 1 for host in range(hosts)]
    return graph


def _sides(name: str, hosts: int, dimensions: int, shape: list[int] | None) -> list[int]:
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


def _grid(
    name: str, workers: int, servers: int, sides: list[int], degree: int | None = None
) -> Graph:
    """Return the hosts of a grid in their places, the last dimension along x, others aslant."""
    edges = (workers + servers) * (len(sides) if degree is None else degree)
    graph = with_hosts(name, workers=workers, servers=servers, edges=edges)
    graph.graph['shape'] = sides
    for place, where in enumerate(product(*map(range, sides))):
        x, y = float(where[-1]), -float(where[-2]) if len(sides) > 1 else 0.0
        for depth, along in enumerate(reversed(where[:-2]), start=1):
            x, y = x + 0.37 * along / depth, y + 0.23 * along / depth
        graph.nodes[place].update(x=x, y=y)
    return graph


def _neighbours(sides: list[int]) -> Iterator[tuple[int, int, int, int]]:
    """Yield (place, stride, position along a dimension, its length) for all of the grid."""
    for dimension, side in enumerate(sides):
        stride = prod(sides[dimension + 1 :])
        for place in range(prod(sides)):
            yield place, stride, place // stride % side, side
