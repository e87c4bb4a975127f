"""Groups of routers, all wired within a group, and groups wired to each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, count
from math import ceil
from typing import Annotated

from annotated_types import Ge, Le

from simulator.errors import TopologyError
from topologies.graphs import Graph, Servers, Workers, on_circle, with_hosts

__all__ = ['dragonfly']

Ports = Annotated[int, Ge(1), Le(256)]


def dragonfly(
    *,
    workers: Workers,
    servers: Servers = 0,
    hosts_per_router: Ports | None = None,
    routers_per_group: Ports | None = None,
    global_links: Ports | None = None,
    oversubscription: Annotated[float, Ge(1)] = 1.0,
) -> Graph:
    """Join groups of fully connected routers by global links: no two hosts are over five apart.

    With p hosts a router, a routers a group and h global links a router there can be up to
    a h + 1 groups, any two of them joined by a link. Hosts fill the routers in order, workers
    first, so servers sit in the last group that is used. Groups that would stay empty are left
    out, and the global links of the others spread evenly over those there are.

    Parameters
    ----------
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.
    hosts_per_router : int, optional
        Hosts on a router, p. By default the fewest for which a balanced dragonfly,
        a = 2p = 2h, holds the hosts.
    routers_per_group : int, optional
        Routers in a group, a; 2p by default.
    global_links : int, optional
        Links to other groups of each router, h; p by default.
    oversubscription : float
        Capacity of a host's link over that of a global link.

    Returns
    -------
    networkx.Graph
        After the hosts: routers, group by group. ``group`` is the group. Global links carry
        ``scale`` = 1/oversubscription, times their number where several join two routers.

    Raises
    ------
    TopologyError
        If the hosts do not fit.

    References
    ----------
    .. [1] Kim, Dally, Scott, Abts, "Technology-Driven, Highly-Scalable Dragonfly Topology",
       ISCA 2008.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = dragonfly(workers=72)
    >>> nx.diameter(graph), len({graph.nodes[host]['group'] for host in range(72)})
    (5, 9)
    """
    hosts = workers + servers
    p = hosts_per_router or next(p for p in count(1) if 2 * p * p * (2 * p * p + 1) >= hosts)
    a, h = routers_per_group or 2 * p, global_links or p
    groups = ceil(hosts / (p * a))
    if groups > a * h + 1:
        raise TopologyError(
            f'dragonfly: {p} hosts a router, {a} routers a group and {h} global links hold '
            f'{p * a * (a * h + 1)} hosts, workers + servers = {hosts}'
        )
    edges = hosts + groups * (a * (a - 1) // 2 + a * h)
    graph = with_hosts(
        'dragonfly', workers=workers, servers=servers, switches=groups * a, edges=edges
    )
    graph.add_edges_from((host, hosts + host // p) for host in range(hosts))
    for group in range(groups):
        first = hosts + group * a
        graph.add_edges_from(combinations(range(first, first + a), 2))
    for one, two in _global_links(groups, a, h):
        link = graph.get_edge_data(hosts + one, hosts + two, {'scale': 0.0})
        graph.add_edge(hosts + one, hosts + two, scale=link['scale'] + 1 / oversubscription)
    _describe(graph, hosts, p, a)
    return graph


def _global_links(groups: int, a: int, h: int) -> Iterator[tuple[int, int]]:
    """Yield the routers, numbered through all groups, at the ends of each global link.

    Port q of a group leads, in turn, to the group 1, 2, ... further on; what is left when the
    ports do not come out even stays unused.
    """
    rounds = a * h // (groups - 1) if groups > 1 else 0
    for group in range(groups):
        for other in range(group + 1, groups):
            for turn in range(rounds):
                there = turn * (groups - 1) + other - group - 1
                back = turn * (groups - 1) + group - other - 1 + groups
                yield group * a + there // h, other * a + back // h


def _describe(graph: Graph, hosts: int, p: int, a: int) -> None:
    """Name the groups, and draw routers on a circle with their hosts around them."""
    routers = range(hosts, len(graph))
    on_circle(graph, routers, radius=2.0)
    on_circle(graph, range(hosts), radius=3.0)
    for host in range(hosts):
        graph.nodes[host]['group'] = host // (p * a)
    for router in routers:
        graph.nodes[router]['group'] = (router - hosts) // a
