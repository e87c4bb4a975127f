"""From the `cluster` section to a graph, links and devices: what `check` and a run both build."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from simulator.cluster.cluster import Devices
from simulator.cluster.laws import drawn, drawn_kinds
from simulator.cluster.naming import links_named, nodes_named
from simulator.cluster.network import Network
from simulator.scenario.schema import Cluster
from simulator.seeds import Seeds
from topologies import RANDOM

__all__ = ['devices_of', 'graph_of', 'links_named', 'network_of', 'nodes_named']

Floats = NDArray[np.float64]


def graph_of(cluster: Cluster, seeds: Seeds) -> nx.Graph[int]:
    """Return the topology, drawn from the stream ``topology`` where chance makes it.

    Raises
    ------
    TopologyError
        If there is no such graph.
    """
    choice = cluster.topology
    context = (seeds.stream('topology'),) if choice.name in RANDOM else ()
    graph: nx.Graph[int] = choice(*context)
    return graph


def network_of(cluster: Cluster, graph: nx.Graph[int], seeds: Seeds) -> Network:
    """Return the links: laws drawn once an edge, then the edges' own values, then overrides.

    Raises
    ------
    TopologyError
        If the graph is not connected.
    ScenarioError
        If an override names a link that is not there.
    """
    link, edges = cluster.link, graph.number_of_edges()
    network = Network.of(
        graph,
        hosts=_hosts(graph),
        bandwidth=drawn(link.bandwidth, seeds.stream('bandwidth'), edges),
        latency=drawn(link.latency, seeds.stream('latency'), edges),
        loss=drawn(link.loss, seeds.stream('loss'), edges),
    )
    for name, override in cluster.overrides.links.items():
        chosen = links_named(name, network)
        for quantity, value in _given(override).items():
            rng = seeds.stream('override', link=name, quantity=quantity)
            getattr(network, quantity)[chosen] = drawn(value, rng, len(chosen))
    return network


def devices_of(cluster: Cluster, hosts: int, seeds: Seeds) -> Devices:
    """Return the devices: laws drawn once a device, then overrides.

    Raises
    ------
    ScenarioError
        If an override names a device that is not there.
    """
    device = cluster.device
    values = {
        quantity: np.full(hosts, np.inf) if value is None else drawn(value, rng, hosts)
        for quantity, value, rng in (
            (quantity, getattr(device, quantity), seeds.stream(quantity))
            for quantity in ('speed', 'reduce', 'memory')
        )
    }
    for name, override in cluster.overrides.devices.items():
        chosen = nodes_named(name, hosts, 'device')
        for quantity, value in _given(override).items():
            if quantity != 'kind':
                rng = seeds.stream('override', device=name, quantity=quantity)
                values[quantity][chosen] = drawn(value, rng, len(chosen))
    return Devices(**values, kinds=_kinds_of(cluster, hosts, seeds))


def _kinds_of(cluster: Cluster, hosts: int, seeds: Seeds) -> tuple[str, ...]:
    """Return the kind of each device, '' where none is given; nothing where none is at all."""
    general = cluster.device.kind
    kinds = [''] * hosts if general is None else drawn_kinds(general, seeds.stream('kind'), hosts)
    for name, override in cluster.overrides.devices.items():
        if override.kind is not None:
            chosen = nodes_named(name, hosts, 'device')
            rng = seeds.stream('override', device=name, quantity='kind')
            for node, kind in zip(
                chosen, drawn_kinds(override.kind, rng, len(chosen)), strict=True
            ):
                kinds[node] = kind
    return tuple(kinds) if any(kinds) else ()


def _given(override: Any) -> Mapping[str, Any]:
    return {key: getattr(override, key) for key in override.model_fields_set}


def _hosts(graph: nx.Graph[int]) -> int:
    return sum(data.get('kind', 'host') == 'host' for _, data in graph.nodes(data=True))
