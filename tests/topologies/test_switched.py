"""Star, tree, dumbbell: counts, distances, cuts."""

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import TopologyError
from topologies import TOPOLOGIES

star, tree, dumbbell = TOPOLOGIES['star'], TOPOLOGIES['tree'], TOPOLOGIES['dumbbell']
few = settings(max_examples=25, deadline=None)


@given(st.integers(1, 60), st.integers(0, 5))
@few
def test_every_host_of_a_star_has_one_link(workers, servers):
    graph = star(workers=workers, servers=servers)
    hosts = workers + servers
    assert sorted(graph.neighbors(hosts)) == list(range(hosts))
    assert graph.number_of_edges() == hosts


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        ({'workers': 0}, r'star: workers\(=0\) must be >= 1'),
        ({'workers': 3, 'servers': -1}, r'servers\(=-1\)'),
        ({'workers': 100_000}, r'nodes\(=100001\) must be at most 100000'),
    ],
)
def test_a_star_refuses_absurd_counts(options, said):
    with pytest.raises(TopologyError, match=said):
        star(**options)


@given(st.integers(1, 100), st.integers(2, 5))
@few
def test_a_tree_is_a_tree_with_hosts_for_leaves(workers, arity):
    graph = tree(workers=workers, arity=arity)
    assert nx.is_tree(graph)
    assert all(graph.degree(host) == 1 for host in range(workers))
    assert max(graph.degree(node) for node in range(workers, len(graph))) <= arity + 1


@pytest.mark.parametrize(('oversubscription', 'scales'), [(None, {1}), (1, {3, 9}), (3, {1})])
def test_a_tree_grows_thicker_towards_its_root(oversubscription, scales):
    graph = tree(workers=27, arity=3, oversubscription=oversubscription)
    found = {data.get('scale') for *_, data in graph.edges(data=True)}
    assert found == {None} | scales


@given(st.integers(2, 40), st.integers(0, 3), st.sampled_from(['switches', 'hosts']))
@few
def test_the_sides_of_a_dumbbell_share_one_bottleneck(workers, servers, ends):
    graph = dumbbell(workers=workers, servers=servers, bottleneck=0.25, ends=ends)
    left = [node for node in graph if graph.nodes[node]['group'] == 0]
    hosts = workers + servers
    assert [n for n in left if n < hosts] == list(range(-(-hosts // 2)))
    [bottleneck] = nx.edge_boundary(graph, left)
    assert graph.edges[bottleneck]['scale'] == 0.25
    assert all((ends == 'switches') == (node >= hosts) for node in bottleneck)


def test_within_the_sides_of_a_dumbbell_of_hosts_all_are_neighbours():
    graph = dumbbell(workers=10, ends='hosts')
    assert nx.density(graph.subgraph(range(5))) == nx.density(graph.subgraph(range(5, 10))) == 1
