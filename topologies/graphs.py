"""What all topologies share: numbered hosts and switches, and a limit that keeps a typo small."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import cos, pi, prod, sin
from typing import TYPE_CHECKING, Annotated

import networkx as nx
from annotated_types import Ge, Le

from simulator.errors import TopologyError

__all__ = [
    'MOST_EDGES',
    'MOST_NODES',
    'Graph',
    'Servers',
    'Workers',
    'balanced',
    'check_size',
    'hosts_of',
    'on_circle',
    'on_line',
    'with_hosts',
]

if TYPE_CHECKING:
    Graph = nx.Graph[int]
else:
    Graph = nx.Graph  # generic in the stubs only; signatures are read at run time

MOST_NODES = 100_000
MOST_EDGES = 5_000_000  # an edge costs networkx about 300 bytes

Workers = Annotated[int, Ge(1), Le(MOST_NODES)]
Servers = Annotated[int, Ge(0), Le(MOST_NODES)]


def check_size(name: str, *, nodes: int, edges: int) -> None:
    """Refuse a graph that would not fit, before anything is built.

    Parameters
    ----------
    name : str
        Topology, for the message.
    nodes, edges : int
        What it would have.

    Raises
    ------
    TopologyError
        If either is above its limit.

    Examples
    --------
    >>> check_size('complete', nodes=50_000, edges=1_249_975_000)
    Traceback (most recent call last):
    simulator.errors.TopologyError: complete: edges(=1249975000) must be at most 5000000
    """
    for what, count, most in (('nodes', nodes, MOST_NODES), ('edges', edges, MOST_EDGES)):
        if count > most:
            raise TopologyError(f'{name}: {what}(={count}) must be at most {most}')


def with_hosts(
    name: str, *, workers: int, servers: int, switches: int = 0, edges: int = 0
) -> Graph:
    """Return a graph without edges: workers, then servers, then switches.

    Parameters
    ----------
    name : str
        Topology, for messages and as the graph's name.
    workers, servers, switches : int
        How many of each; at least one worker.
    edges : int
        How many edges are going to be added.

    Returns
    -------
    networkx.Graph
        Nodes 0..n-1 with ``kind`` ('host' or 'switch'); hosts also have ``role`` ('worker' or
        'server').

    Raises
    ------
    TopologyError
        If a count is out of range or the graph would be too large.

    Examples
    --------
    >>> graph = with_hosts('star', workers=2, servers=1, switches=1)
    >>> [node.get('role', 'switch') for node in graph.nodes.values()]
    ['worker', 'worker', 'server', 'switch']
    """
    if workers < 1:
        raise TopologyError(f'{name}: workers(={workers}) must be >= 1')
    if servers < 0:
        raise TopologyError(f'{name}: servers(={servers}) must be >= 0')
    check_size(name, nodes=workers + servers + switches, edges=edges)
    graph: Graph = nx.Graph(name=name)
    hosts = workers + servers
    graph.add_nodes_from(range(workers), kind='host', role='worker')
    graph.add_nodes_from(range(workers, hosts), kind='host', role='server')
    graph.add_nodes_from(range(hosts, hosts + switches), kind='switch')
    return graph


def hosts_of(graph: Graph) -> list[int]:
    """Return the hosts of *graph* in ascending order.

    Examples
    --------
    >>> hosts_of(with_hosts('star', workers=2, servers=1, switches=1))
    [0, 1, 2]
    """
    return sorted(node for node in graph if graph.nodes[node]['kind'] == 'host')


def on_circle(
    graph: Graph,
    nodes: Sequence[int],
    *,
    radius: float = 1.0,
    centre: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Give *nodes* their place on a circle, clockwise from the top.

    Examples
    --------
    >>> graph = with_hosts('ring', workers=4, servers=0)
    >>> on_circle(graph, range(4))
    >>> graph.nodes[0]['x'], graph.nodes[0]['y'], graph.nodes[1]['x']
    (0.0, 1.0, 1.0)
    """
    for place, node in enumerate(nodes):
        angle = 2 * pi * place / len(nodes)
        x, y = centre[0] + radius * sin(angle), centre[1] + radius * cos(angle)
        graph.nodes[node].update(x=x, y=y)


def on_line(graph: Graph, nodes: Iterable[int], *, y: float = 0.0, width: float = 2.0) -> None:
    """Give *nodes* their places on a horizontal line, centred on x = 0.

    Examples
    --------
    >>> graph = with_hosts('line', workers=4, servers=0)
    >>> on_line(graph, range(4))
    >>> list(dict(graph.nodes(data='x')).values())
    [-0.75, -0.25, 0.25, 0.75]
    """
    nodes = list(nodes)
    for place, node in enumerate(nodes):
        graph.nodes[node].update(x=width * ((place + 0.5) / len(nodes) - 0.5), y=y)


def balanced(count: int, dimensions: int) -> list[int]:
    """Split *count* into factors as equal as its divisors allow, smallest first.

    Parameters
    ----------
    count : int
        The product, at least 1.
    dimensions : int
        How many factors, at least 1.

    Returns
    -------
    list of int

    Examples
    --------
    >>> balanced(12, 2), balanced(64, 3), balanced(7, 2)
    ([3, 4], [4, 4, 4], [1, 7])
    """
    factors: list[int] = []
    for left in range(dimensions, 1, -1):
        rest = count // prod(factors)
        root = round(rest ** (1 / left))
        factors.append(max(f for f in range(1, root + 1) if rest % f == 0))
    return sorted([*factors, count // prod(factors)])
