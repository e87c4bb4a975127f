"""Hosts behind switches without a second way: star, tree, dumbbell."""

from __future__ import annotations

from itertools import combinations
from math import ceil
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from topologies.graphs import Graph, Servers, Workers, check_size, on_circle, on_line, with_hosts

__all__ = ['dumbbell', 'star', 'tree']


def star(*, workers: Workers, servers: Servers = 0) -> Graph:
    """All hosts on one switch, each with a full-duplex link of its own.

    The network of the textbook's closed forms: what contends is the hosts' own ports.

    Parameters
    ----------
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.

    Returns
    -------
    networkx.Graph
        The switch is the last node.

    Examples
    --------
    >>> graph = star(workers=3, servers=1)
    >>> graph.nodes[4]['kind'], sorted(graph.neighbors(4))
    ('switch', [0, 1, 2, 3])
    """
    hosts = workers + servers
    graph = with_hosts('star', workers=workers, servers=servers, switches=1, edges=hosts)
    graph.add_edges_from((host, hosts) for host in range(hosts))
    on_circle(graph, range(hosts))
    graph.nodes[hosts].update(x=0.0, y=0.0)
    return graph


def tree(
    *,
    workers: Workers,
    servers: Servers = 0,
    arity: Annotated[int, Ge(2), Le(1024)] = 2,
    oversubscription: Annotated[float, Ge(1)] | None = None,
) -> Graph:
    """Hosts at the leaves of a k-ary tree of switches.

    Hosts fill the lowest switches in order, workers first, so servers sit at the far end.

    Parameters
    ----------
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.
    arity : int
        Links downwards of each switch, k.
    oversubscription : float, optional
        Capacity into a switch from below over its capacity upwards: 1 gives every layer as much
        bandwidth as the hosts have. By default all links are alike, which is k.

    Returns
    -------
    networkx.Graph
        After the hosts: the switches layer by layer, the root last. ``group`` of hosts and lowest
        switches is the number of the switch. Links between switches carry ``scale``.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = tree(workers=8)
    >>> graph.number_of_nodes(), nx.diameter(graph)
    (15, 6)
    """
    hosts = workers + servers
    layers = [hosts, ceil(hosts / arity)]
    while layers[-1] > 1:
        layers.append(ceil(layers[-1] / arity))
    switches = sum(layers[1:])
    graph = with_hosts(
        'tree', workers=workers, servers=servers, switches=switches, edges=hosts + switches
    )
    growth = 1.0 if oversubscription is None else arity / oversubscription
    below = 0
    for height, width in enumerate(layers):
        above = below + width
        on_line(graph, range(below, above), y=float(height))
        if height + 1 < len(layers):
            links = ((below + k, above + k // arity) for k in range(width))
            graph.add_edges_from(links, **({'scale': growth**height} if height else {}))
        below = above
    for node in range(hosts + layers[1]):
        graph.nodes[node]['group'] = node // arity if node < hosts else node - hosts
    return graph


def dumbbell(
    *,
    workers: Workers,
    servers: Servers = 0,
    bottleneck: Annotated[float, Gt(0), Le(1000)] = 0.1,
    ends: Literal['switches', 'hosts'] = 'switches',
) -> Graph:
    """Two groups of hosts over one bottleneck link.

    The first half of the hosts, rounded up, stands on the left, workers first, so servers sit on
    the right.

    Parameters
    ----------
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.
    bottleneck : float
        Bandwidth of the link in the middle over that of the others.
    ends : {'switches', 'hosts'}
        switches: each group is a star, the bottleneck joins their switches. hosts: each group is
        a complete graph, the bottleneck joins the last host on the left and the first on the
        right, as in studies of gossip where the peers at the cut are adversaries.

    Returns
    -------
    networkx.Graph
        ``group`` is 0 on the left, 1 on the right.

    Examples
    --------
    >>> dumbbell(workers=6).edges[6, 7]['scale']
    0.1
    >>> import networkx as nx
    >>> list(nx.bridges(dumbbell(workers=6, ends='hosts')))
    [(2, 3)]
    """
    hosts = workers + servers
    left = ceil(hosts / 2)
    sides = [range(left), range(left, hosts)]
    by_switch = ends == 'switches'
    graph = with_hosts(
        'dumbbell', workers=workers, servers=servers, switches=2 * by_switch, edges=hosts
    )
    if not by_switch:
        check_size('dumbbell', nodes=hosts, edges=left * left)
    for group, side in enumerate(sides):
        ring = [*side, hosts + group] if by_switch else list(side)
        pairs = ((host, hosts + group) for host in side) if by_switch else combinations(side, 2)
        graph.add_edges_from(pairs)
        for node in ring:
            graph.nodes[node]['group'] = group
        on_circle(graph, side, centre=(3.0 * group, 0.0))
        if by_switch:
            graph.nodes[hosts + group].update(x=3.0 * group, y=0.0)
    if by_switch or left < hosts:
        middle = (hosts, hosts + 1) if by_switch else (left - 1, left)
        graph.add_edge(*middle, scale=bottleneck)
    return graph
