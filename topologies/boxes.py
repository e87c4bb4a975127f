"""Boxes of GPUs: fast links inside a box, slower ones between boxes."""

from __future__ import annotations

from math import ceil
from typing import Annotated, Literal

from annotated_types import Ge, Le

from simulator.units import BytesPerSecond, Seconds
from topologies.graphs import Graph, Servers, Workers, on_circle, with_hosts

__all__ = ['gpu_nodes']


def gpu_nodes(
    *,
    workers: Workers,
    servers: Servers = 0,
    per_box: Annotated[int, Ge(1), Le(1024)] = 8,
    nic: Literal['per_gpu', 'per_box'] = 'per_gpu',
    box_bandwidth: BytesPerSecond = 300e9,
    box_latency: Seconds = 1e-6,
) -> Graph:
    """Boxes of GPUs on an inner switch, boxes on a network: two speeds, two latencies.

    Each worker is a GPU; boxes are filled in order. Servers are hosts of their own on the network.
    The scenario's link is the network's; its latency should be above the box's, or traffic
    inside a box goes by the network.

    Parameters
    ----------
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.
    per_box : int
        GPUs in a box; the last may have fewer.
    nic : {'per_gpu', 'per_box'}
        Whether each GPU has a network link of its own, or all of a box share one.
    box_bandwidth : float
        Of the link between a GPU and its box's switch, bytes a second.
    box_latency : float
        Of that link, seconds.

    Returns
    -------
    networkx.Graph
        After the hosts: a switch for each box, then the network's. ``group`` is the box; each
        server is a group of its own.

    References
    ----------
    .. [1] Li et al., "Evaluating Modern GPU Interconnect: PCIe, NVLink, NV-SLI, NVSwitch and
       GPUDirect", IEEE Transactions on Parallel and Distributed Systems, 2020.

    Examples
    --------
    >>> graph = gpu_nodes(workers=16)
    >>> sorted(graph.neighbors(3)), graph.nodes[3]['group']
    ([16, 18], 0)
    >>> sorted(gpu_nodes(workers=16, nic='per_box').neighbors(18))
    [16, 17]
    """
    hosts = workers + servers
    boxes = ceil(workers / per_box)
    network = hosts + boxes
    graph = with_hosts(
        'gpu_nodes', workers=workers, servers=servers, switches=boxes + 1, edges=2 * hosts + boxes
    )
    inside = {'bandwidth': box_bandwidth, 'latency': box_latency}
    graph.add_edges_from(((gpu, hosts + gpu // per_box) for gpu in range(workers)), **inside)
    attached = range(workers) if nic == 'per_gpu' else range(hosts, network)
    graph.add_edges_from((node, network) for node in (*attached, *range(workers, hosts)))
    for node in range(network):
        box = node // per_box if node < workers else node - workers + boxes
        graph.nodes[node]['group'] = box if node < hosts else node - hosts
    on_circle(graph, range(hosts), radius=3.0)
    on_circle(graph, range(hosts, network), radius=1.5)
    graph.nodes[network].update(x=0.0, y=0.0)
    return graph
