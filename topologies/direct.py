"""Hosts wired to each other, without switches: line, ring, complete graph."""

from __future__ import annotations

from itertools import combinations

from topologies.graphs import Graph, Servers, Workers, on_circle, on_line, with_hosts

__all__ = ['complete', 'line', 'ring']


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


def line(*, workers: Workers, servers: Servers = 0) -> Graph:
    """Hosts in a row, each wired to the next; servers at the far end.

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
    >>> import networkx as nx
    >>> nx.diameter(line(workers=7, servers=1))
    7
    """
    hosts = workers + servers
    graph = with_hosts('line', workers=workers, servers=servers, edges=hosts)
    graph.add_edges_from((host, host + 1) for host in range(hosts - 1))
    on_line(graph, range(hosts))
    return graph
