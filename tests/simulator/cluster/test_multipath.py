"""Routes that tie: one of them, always the same, or all of them in use."""

from collections import Counter
from dataclasses import replace
from itertools import permutations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cluster.fabric import Fabric
from simulator.cluster.network import Network
from simulator.cluster.routes import RouteTable
from simulator.errors import TopologyError
from topologies import TOPOLOGIES

RATE, LATENCY = 1e6, 1e-3


def network_of(name, **options):
    graph = TOPOLOGIES[name](**options)
    hosts = sum(node['kind'] == 'host' for node in graph.nodes.values())
    return graph, Network.of(graph, hosts=hosts, bandwidth=RATE, latency=LATENCY)


def nodes_on(table, source, target):
    links = table.links_of(table.of(source, target))
    return (source, *(int(table.network.target[link]) for link in links))


@given(st.integers(0, 10_000), st.sampled_from(['shortest', 'ecmp']))
@settings(max_examples=40, deadline=None)
def test_a_route_is_one_of_the_shortest(seed, routing):
    graph = nx.gnm_random_graph(12, 24, seed=seed)
    graph = graph.subgraph(max(nx.connected_components(graph), key=len))
    graph = nx.convert_node_labels_to_integers(graph)
    rng = np.random.default_rng(seed)
    nx.set_edge_attributes(graph, {e: 0.1 * rng.integers(1, 4) for e in graph.edges}, 'latency')
    network = Network.of(graph, hosts=len(graph), bandwidth=RATE, latency=LATENCY)
    table, last = RouteTable(network, routing), len(graph) - 1
    route = nodes_on(table, 0, last)
    length = nx.path_weight(graph, route, 'latency')
    assert length == pytest.approx(nx.shortest_path_length(graph, 0, last, 'latency'), rel=1e-9)
    shortest = nx.all_shortest_paths(graph, 0, last, weight='latency')
    assert len(route) <= min(map(len, shortest))
    assert len(set(route)) == len(route)


def test_every_route_that_ties_is_used_as_often_as_any_other():
    graph, network = network_of('leaf_spine', workers=64, hosts_per_leaf=32, spines=4)
    table = RouteTable(network, 'ecmp')
    spines = Counter(nodes_on(table, s, t)[2] for s in range(32) for t in range(32, 64))
    assert sorted(spines) == [node for node in graph if graph.nodes[node].get('layer') == 'spine']
    assert max(spines.values()) < 1.3 * min(spines.values())


def test_all_paths_of_a_fat_tree_are_used_and_the_shortest_one_is_one():
    graph, network = network_of('fat_tree', workers=16)
    flows = list(permutations(range(16), 2))
    spread, plain = RouteTable(network, 'ecmp'), RouteTable(network)
    core = [node for node in graph if graph.nodes[node].get('layer') == 'core']
    through = {node for flow in flows for node in nodes_on(spread, *flow)}
    assert set(core) <= through
    assert not set(core) <= {node for flow in flows for node in nodes_on(plain, *flow)}
    for flow in flows:
        assert len(nodes_on(spread, *flow)) == len(nodes_on(plain, *flow))


def test_a_flow_takes_the_same_route_whatever_was_asked_before():
    _, network = network_of('fat_tree', workers=16)
    flows = list(permutations(range(16), 2))
    one, other = RouteTable(network, 'ecmp'), RouteTable(network, 'ecmp')
    there = {flow: nodes_on(one, *flow) for flow in flows}
    assert {flow: nodes_on(other, *flow) for flow in reversed(flows)} == there
    together = RouteTable(network, 'ecmp')
    numbers = together.between(np.arange(16), *zip(*flows, strict=True))
    assert {
        flow: nodes_on(together, *flow) for flow in flows if together.of(*flow) in numbers
    } == there


@pytest.mark.parametrize('sharing', ['fair', 'fifo'])
def test_a_fat_tree_carries_a_permutation_faster_over_many_paths(sharing):
    _, network = network_of('fat_tree', workers=54)
    took = {}
    for routing in ('shortest', 'ecmp'):
        fabric = Fabric(network, sharing=sharing, routing=routing)
        for host in range(54):  # half the hosts away: every message has to cross the core
            fabric.send(0.0, host, (host + 27) % 54, RATE)
        while fabric.active or fabric.next < np.inf:
            fabric.advance(np.inf)
        took[routing] = fabric.now
    assert took['ecmp'] < 0.6 * took['shortest']


@pytest.mark.parametrize('routing', ['shortest', 'ecmp'])
def test_no_route_is_told(routing):
    _, network = network_of('star', workers=2)
    cut = replace(network, first=np.zeros(network.nodes + 1, np.int64))
    with pytest.raises(TopologyError, match='no route from node 0 to node 1'):
        RouteTable(cut, routing).of(0, 1)
