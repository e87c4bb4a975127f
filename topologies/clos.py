"""Layers of switches, every one wired to all of the next: fat tree, leaf and spine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from math import ceil
from typing import Annotated

from annotated_types import Ge, Le

from simulator.errors import TopologyError
from topologies.graphs import Graph, Servers, Workers, on_line, with_hosts

__all__ = ['fat_tree', 'leaf_spine']


def fat_tree(
    *,
    workers: Workers,
    servers: Servers = 0,
    ports: Annotated[int, Ge(2), Le(128)] | None = None,
    oversubscription: Annotated[float, Ge(1)] = 1.0,
) -> Graph:
    """Three layers of equal switches with as much bandwidth above as below.

    With k ports a switch there are k pods of k/2 edge and k/2 aggregation switches, (k/2)^2 core
    switches and room for k^3/4 hosts. Hosts fill the edge switches in order, workers first, so
    servers sit in the last pod that is used. Pods that would stay empty are left out.

    Parameters
    ----------
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.
    ports : int, optional
        Ports k of every switch, even. By default the fewest that hold the hosts.
    oversubscription : float
        Capacity from the hosts into an edge switch over its capacity upwards.

    Returns
    -------
    networkx.Graph
        After the hosts: edge switches, aggregation switches, both pod by pod, and the core.
        ``group`` of hosts and pod switches is the pod, ``layer`` of switches is 'edge',
        'aggregation' or 'core'. Links between switches carry ``scale`` = 1/oversubscription.

    Raises
    ------
    TopologyError
        If *ports* is odd or too small for the hosts.

    References
    ----------
    .. [1] Al-Fares, Loukissas, Vahdat, "A Scalable, Commodity Data Center Network
       Architecture", SIGCOMM 2008.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = fat_tree(workers=16)
    >>> graph.number_of_nodes(), nx.diameter(graph)
    (36, 6)
    """
    hosts = workers + servers
    half = _half_ports(hosts, ports)
    pods = ceil(hosts / half**2)
    graph = with_hosts(
        'fat_tree',
        workers=workers,
        servers=servers,
        switches=2 * pods * half + half**2,
        edges=hosts + 2 * pods * half**2,
    )
    for host in range(hosts):
        graph.nodes[host]['group'] = host // half**2
    _layer_switches(graph, hosts, half, pods)
    graph.add_edges_from((host, hosts + host // half) for host in range(hosts))
    graph.add_edges_from(_fat_tree_uplinks(hosts, half, pods), scale=1 / oversubscription)
    return graph


def _half_ports(hosts: int, ports: int | None) -> int:
    """Return k/2: as given, or the least whose 2 (k/2)^3 places hold all hosts."""
    if ports is None:
        return next(half for half in count(1) if 2 * half**3 >= hosts)
    if ports % 2 or ports < 2:
        raise TopologyError(f'fat_tree: ports(={ports}) must be even and >= 2')
    if ports**3 // 4 < hosts:
        raise TopologyError(
            f'fat_tree: ports(={ports}) hold {ports**3 // 4} hosts, workers + servers = {hosts}'
        )
    return ports // 2


def _layer_switches(graph: Graph, hosts: int, half: int, pods: int) -> None:
    """Name each switch's layer and pod, and draw the layers above each other."""
    edge, aggregation, core = hosts, hosts + pods * half, hosts + 2 * pods * half
    layers = {'edge': (edge, aggregation), 'aggregation': (aggregation, core)}
    for y, (layer, (first, last)) in enumerate(layers.items(), start=1):
        for switch in range(first, last):
            graph.nodes[switch].update(layer=layer, group=(switch - first) // half)
        on_line(graph, range(first, last), y=float(y))
    for switch in range(core, core + half**2):
        graph.nodes[switch]['layer'] = 'core'
    on_line(graph, range(core, core + half**2), y=3.0)
    on_line(graph, range(hosts), y=0.0)


def _fat_tree_uplinks(hosts: int, half: int, pods: int) -> Iterator[tuple[int, int]]:
    """Wire edge to aggregation within each pod, and aggregation j to the j-th row of the core."""
    aggregation, core = hosts + pods * half, hosts + 2 * pods * half
    for switch in range(pods * half):
        pod, row = divmod(switch, half)
        for other in range(half):
            yield hosts + switch, aggregation + pod * half + other
            yield aggregation + switch, core + row * half + other


def leaf_spine(
    *,
    workers: Workers,
    servers: Servers = 0,
    hosts_per_leaf: Annotated[int, Ge(1), Le(1024)] = 16,
    spines: Annotated[int, Ge(1), Le(1024)] = 4,
    oversubscription: Annotated[float, Ge(1)] = 1.0,
) -> Graph:
    """Racks of hosts on leaf switches, each leaf wired to every spine switch.

    Hosts fill the leaves in order, workers first, so servers sit in the last rack.

    Parameters
    ----------
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.
    hosts_per_leaf : int
        Hosts in a rack; the last may have fewer.
    spines : int
        Number of spine switches.
    oversubscription : float
        Capacity from a full rack into its leaf over the leaf's capacity upwards.

    Returns
    -------
    networkx.Graph
        After the hosts: leaves, then spines. ``group`` of hosts and leaves is the rack, ``layer``
        of switches is 'leaf' or 'spine'. Links between switches carry ``scale``.

    References
    ----------
    .. [1] Alizadeh, Edsall, "On the Data Path Performance of Leaf-Spine Datacenter Fabrics",
       IEEE Symposium on High-Performance Interconnects, 2013.

    Examples
    --------
    >>> graph = leaf_spine(workers=32, oversubscription=2)
    >>> graph.edges[32, 34]['scale']  # 16 hosts below a leaf, 4 links above it
    2.0
    """
    hosts = workers + servers
    leaves = ceil(hosts / hosts_per_leaf)
    graph = with_hosts(
        'leaf_spine',
        workers=workers,
        servers=servers,
        switches=leaves + spines,
        edges=hosts + leaves * spines,
    )
    leaf, spine = hosts, hosts + leaves
    for host in range(hosts):
        graph.nodes[host]['group'] = host // hosts_per_leaf
        graph.add_edge(host, leaf + host // hosts_per_leaf)
    for rack in range(leaves):
        graph.nodes[leaf + rack].update(layer='leaf', group=rack)
    for switch in range(spine, spine + spines):
        graph.nodes[switch]['layer'] = 'spine'
    scale = hosts_per_leaf / (spines * oversubscription)
    graph.add_edges_from(
        ((leaf + rack, spine + other) for rack in range(leaves) for other in range(spines)),
        scale=scale,
    )
    for y, nodes in enumerate((range(leaf), range(leaf, spine), range(spine, spine + spines))):
        on_line(graph, nodes, y=float(y))
    return graph
