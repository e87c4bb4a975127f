"""Networks as flat arrays, and the shortest routes through them."""

import networkx as nx
import numpy as np
import pytest
from cluster_reference.worlds import random_network
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cluster.network import Network
from simulator.cluster.routes import RouteTable
from simulator.errors import TopologyError
from topologies import TOPOLOGIES

seeds = st.integers(0, 2**32 - 1)


def as_graph(network):
    graph = nx.DiGraph()
    ends = zip(network.source.tolist(), network.target.tolist(), strict=True)
    for link, (source, target) in enumerate(ends):
        graph.add_edge(source, target, link=link, latency=network.latency[link])
    return graph


@settings(max_examples=25, deadline=None)
@given(seed=seeds, routing=st.sampled_from(['shortest', 'ecmp']))
def test_every_route_is_a_shortest_one(seed, routing):
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(2, 14))
    network = random_network(rng, nodes=nodes, extra=int(rng.integers(nodes)))
    graph, table = as_graph(network), RouteTable(network, routing)
    for source in range(network.hosts):
        seconds = nx.single_source_dijkstra_path_length(graph, source, weight='latency')
        for target in range(network.hosts):
            number = table.of(source, target)
            links, route = table.links_of(number), table.routes[number]
            assert (route['source'], route['target'], route['hops']) == (source, target, len(links))
            assert route['latency'] == pytest.approx(network.latency[links].sum(), rel=1e-12)
            assert route['latency'] == pytest.approx(seconds[target], rel=1e-8)
            walk = [source, *network.target[links].tolist()]
            assert walk[-1] == target
            assert network.source[links].tolist() == walk[:-1]
            assert len(set(walk)) == len(walk)


@settings(max_examples=15, deadline=None)
@given(seed=seeds, routing=st.sampled_from(['shortest', 'ecmp']))
def test_routes_do_not_depend_on_what_is_asked_together(seed, routing):
    rng = np.random.default_rng(seed)
    network = random_network(rng, nodes=24, extra=20)
    devices = rng.permutation(network.hosts)
    pairs = rng.integers(network.hosts, size=(2, 400))
    one, other = RouteTable(network, routing), RouteTable(network, routing)
    together = one.between(devices, *pairs)
    for number, source, target in zip(together, *devices[pairs].tolist(), strict=True):
        assert one.of(source, target) == number
        alone = other.links_of(other.of(source, target))
        assert one.links_of(number).tolist() == alone.tolist()
    assert one.count == len({tuple(pair) for pair in pairs.T.tolist()})


def test_fewer_hops_win_where_latencies_tie_then_lower_nodes():
    graph = nx.Graph([(0, 5), (5, 1), (0, 4), (4, 1), (0, 2), (2, 3), (3, 1)])
    nx.set_edge_attributes(graph, 3.0, 'latency')
    for u, v in ((0, 2), (2, 3), (3, 1)):
        graph.edges[u, v]['latency'] = 2.0
    network = Network.of(graph, hosts=6, bandwidth=1.0, latency=0.0)
    table = RouteTable(network)
    nodes = lambda route: network.target[table.links_of(route)].tolist()
    assert nodes(table.of(0, 1)) == [4, 1]
    assert nodes(table.of(1, 0)) == [4, 0]


def test_many_pairs_are_found_at_once_and_known_from_then_on():
    graph = TOPOLOGIES['star'](workers=200)
    network = Network.of(graph, hosts=200, bandwidth=1.0, latency=0.5)
    table = RouteTable(network)
    source, target = np.divmod(np.arange(200 * 200), 200)
    numbers = table.between(np.arange(200), source, target)
    assert sorted(numbers) == list(range(40_000))
    assert (table.routes['hops'][numbers] == np.where(source == target, 0, 2)).all()
    assert (table.between(np.arange(200), source, target) == numbers).all()
    assert table.hops == 2


def test_one_node_alone_has_a_route_to_itself():
    network = Network.of(nx.empty_graph(1), hosts=1, bandwidth=1.0, latency=1.0)
    table = RouteTable(network)
    assert table.links_of(table.of(0, 0)).tolist() == []


def test_links_are_laid_out_in_pairs():
    graph = nx.Graph()
    graph.add_edge(2, 1, bandwidth=5.0, latency=0.25)
    graph.add_edge(0, 2, scale=3.0)
    network = Network.of(graph, hosts=2, bandwidth=10.0, latency=np.array([0.5, 1.0]), loss=0.125)
    assert network.source.tolist() == [0, 2, 1, 2]
    assert network.target.tolist() == [2, 0, 2, 1]
    assert network.bandwidth.tolist() == [30.0, 30.0, 5.0, 5.0]
    assert network.latency.tolist() == [0.5, 0.5, 0.25, 0.25]
    assert network.loss.tolist() == [0.125] * 4
    leaving = [
        network.links_by_source[network.first[node] : network.first[node + 1]].tolist()
        for node in range(3)
    ]
    assert leaving == [[0], [2], [1, 3]]


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'bandwidth': 0.0}, r'link 0-1: bandwidth\(=0.0 B/s\) must be > 0'),
        ({'bandwidth': np.inf}, r'link 0-1: bandwidth\(=inf B/s\)'),
        ({'latency': -1.0}, r'link 0-1: latency\(=-1.0 s\) must be >= 0'),
        ({'latency': np.nan}, r'link 0-1: latency\(=nan s\)'),
        ({'loss': 1.5}, r'link 0-1: loss\(=1.5\) must be in 0..1'),
    ],
)
def test_links_that_make_no_sense_are_refused(options, message):
    with pytest.raises(TopologyError, match=message):
        Network.of(nx.path_graph(2), hosts=2, **{'bandwidth': 1.0, 'latency': 1.0} | options)


def test_a_graph_in_parts_is_refused():
    with pytest.raises(TopologyError, match='it falls into 2 parts'):
        Network.of(nx.empty_graph(2), hosts=2, bandwidth=1.0, latency=1.0)


@settings(max_examples=15, deadline=None)
@given(seed=seeds, routing=st.sampled_from(['shortest', 'ecmp']))
def test_routes_that_are_expected_are_the_same_and_used_only_when_asked_for(seed, routing):
    rng = np.random.default_rng(seed)
    network = random_network(rng, nodes=24, extra=20)
    hosts = np.arange(network.hosts)
    expected, singly, together = rng.integers(network.hosts, size=(3, 2, 30))
    one, other = RouteTable(network, routing), RouteTable(network, routing)
    one.expect(*expected)
    for table in (one, other):
        for source, target in singly.T.tolist():
            table.of(source, target)
        table.between(hosts, *together)
    assert {name: column.tolist() for name, column in one.used().items()} == {
        name: column.tolist() for name, column in other.used().items()
    }
