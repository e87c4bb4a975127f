"""What every topology of the catalogue promises."""

import networkx as nx
import numpy as np
import pytest

from topologies import RANDOM, TOPOLOGIES, ring_order
from topologies.mixing import host_graph, max_degree, metropolis, spectral_gap

WORKERS, SERVERS = 15, 1  # together a power of two


@pytest.fixture(params=sorted(TOPOLOGIES))
def name(request):
    return request.param


@pytest.fixture
def build(name, tmp_path):
    """Return a function that builds the topology."""
    path = tmp_path / 'star.csv'
    path.write_text('source,target\n' + ''.join(f'{host},switch\n' for host in range(16)))
    extra = {'path': str(path), 'switches': ['switch']} if name == 'file' else {}

    def build():
        context = [np.random.default_rng(3)] if name in RANDOM else []
        return TOPOLOGIES[name](*context, workers=WORKERS, servers=SERVERS, **extra)

    return build


@pytest.fixture
def graph(build):
    return build()


def test_nodes_are_numbered_with_hosts_before_switches(graph):
    assert sorted(graph) == list(range(len(graph)))
    kinds = [graph.nodes[node]['kind'] for node in range(len(graph))]
    assert kinds == sorted(kinds)
    assert set(kinds) <= {'host', 'switch'}


def test_hosts_have_the_roles_asked_for(graph):
    roles = [role for _, role in sorted(graph.nodes(data='role')) if role]
    assert roles == ['worker'] * WORKERS + ['server'] * SERVERS


def test_the_graph_is_connected_and_without_loops(graph):
    assert nx.is_connected(graph)
    assert nx.number_of_selfloops(graph) == 0
    assert not graph.is_directed()
    assert not graph.is_multigraph()


def test_edges_carry_only_what_the_cluster_reads(graph):
    for *_, edge in graph.edges(data=True):
        assert set(edge) <= {'bandwidth', 'latency', 'scale'}
        assert edge.get('bandwidth', 1) > 0
        assert edge.get('latency', 0) >= 0
        assert edge.get('scale', 1) > 0


def test_groups_are_all_or_none_of_the_hosts(graph):
    groups = [n.get('group') for n in graph.nodes.values() if n['kind'] == 'host']
    assert all(g is None for g in groups) or all(isinstance(g, int) for g in groups)


def test_every_node_has_a_place_of_its_own_in_drawings(graph):
    places = {(round(n['x'], 6), round(n['y'], 6)) for n in graph.nodes.values()}
    assert len(places) == len(graph)


def test_the_same_call_builds_the_same_graph(build, graph):
    again = build()
    assert list(again.nodes(data=True)) == list(graph.nodes(data=True))
    assert list(again.edges(data=True)) == list(graph.edges(data=True))


def test_a_ring_by_topology_goes_through_all_hosts(graph):
    assert sorted(ring_order(graph)) == list(range(WORKERS + SERVERS))


def test_gossip_weights_are_doubly_stochastic_and_mix(graph):
    near = host_graph(graph)
    for weights in (metropolis(near), max_degree(near)):
        np.testing.assert_allclose(weights, weights.T)
        np.testing.assert_allclose(weights.sum(axis=1), 1.0)
        assert weights.min() >= 0
        assert 0 < spectral_gap(weights) <= 1


def test_it_names_what_it_is(name, graph):
    assert graph.name == name
    assert TOPOLOGIES[name].__doc__
