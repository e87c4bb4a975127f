"""What every topology of the catalogue promises."""

import networkx as nx
import numpy as np
import pytest

from topologies import RANDOM, TOPOLOGIES

# entries that can't do with any number of hosts: what they are asked for instead
SIZES = {}
EXTRA = {}


def build(name, workers=None, servers=None, seed=3):
    context = [np.random.default_rng(seed)] if name in RANDOM else []
    usual = SIZES.get(name, (15, 1))
    workers = usual[0] if workers is None else workers
    servers = usual[1] if servers is None else servers
    return TOPOLOGIES[name](*context, workers=workers, servers=servers, **EXTRA.get(name, {}))


@pytest.fixture(params=sorted(TOPOLOGIES))
def name(request):
    return request.param


@pytest.fixture
def graph(name):
    return build(name)


def test_nodes_are_numbered_with_hosts_before_switches(graph):
    assert sorted(graph) == list(range(len(graph)))
    kinds = [graph.nodes[node]['kind'] for node in range(len(graph))]
    assert kinds == sorted(kinds)
    assert set(kinds) <= {'host', 'switch'}


def test_hosts_have_the_roles_asked_for(name, graph):
    workers, servers = SIZES.get(name, (15, 1))
    roles = [role for _, role in sorted(graph.nodes(data='role')) if role]
    assert roles == ['worker'] * workers + ['server'] * servers


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


def test_the_same_call_builds_the_same_graph(name, graph):
    again = build(name)
    assert list(again.nodes(data=True)) == list(graph.nodes(data=True))
    assert list(again.edges(data=True)) == list(graph.edges(data=True))


def test_it_names_what_it_is(name, graph):
    assert graph.name == name
    assert TOPOLOGIES[name].__doc__
