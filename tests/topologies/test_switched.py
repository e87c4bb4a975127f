"""Star and fat tree: counts, distances, bisection."""

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import TopologyError
from topologies import TOPOLOGIES

star, fat_tree = TOPOLOGIES['star'], TOPOLOGIES['fat_tree']
few = settings(max_examples=25, deadline=None)


@given(st.integers(1, 60), st.integers(0, 5))
@few
def test_every_host_of_a_star_has_one_link(workers, servers):
    graph = star(workers=workers, servers=servers)
    hosts = workers + servers
    assert sorted(graph.neighbors(hosts)) == list(range(hosts))
    assert graph.number_of_edges() == hosts


@pytest.mark.parametrize('ports', [2, 4, 6, 8])
def test_a_full_fat_tree_has_the_published_counts(ports):
    graph = fat_tree(workers=ports**3 // 4)
    switches = [n for n, kind in graph.nodes(data='kind') if kind == 'switch']
    assert len(switches) == 5 * ports**2 // 4
    assert {graph.degree(switch) for switch in switches} == {ports}
    assert graph.number_of_edges() == 3 * ports**3 // 4


@given(st.integers(1, 130), st.integers(0, 3))
@few
def test_no_switch_of_a_fat_tree_has_more_ports_than_promised(workers, servers):
    graph = fat_tree(workers=workers, servers=servers)
    ports = next(k for k in range(2, 99, 2) if k**3 // 4 >= workers + servers)
    assert max(dict(graph.degree()).values()) <= ports
    assert nx.diameter(graph) <= 6


@pytest.mark.parametrize('oversubscription', [1.0, 4.0])
def test_the_halves_of_a_fat_tree_see_its_bisection_bandwidth(oversubscription):
    hosts = 16
    graph = fat_tree(workers=hosts, oversubscription=oversubscription)
    for edge in graph.edges.values():
        edge['capacity'] = edge.get('scale', 1.0)
    for host in range(hosts):
        graph.add_edge('left' if host < hosts // 2 else 'right', host, capacity=1.0)
    flow = nx.maximum_flow_value(graph, 'left', 'right')
    assert flow == pytest.approx(hosts / 2 / oversubscription)


def test_pods_are_the_groups_of_a_fat_tree():
    graph = fat_tree(workers=14, servers=2)
    assert [graph.nodes[host]['group'] for host in range(16)] == [h // 4 for h in range(16)]
    distances = dict(nx.all_pairs_shortest_path_length(graph))
    same_edge, same_pod, other_pod = distances[0][1], distances[0][2], distances[0][4]
    assert (same_edge, same_pod, other_pod) == (2, 4, 6)


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


@pytest.mark.parametrize(('ports', 'said'), [(5, 'must be even'), (4, 'hold 16 hosts')])
def test_a_fat_tree_refuses_ports_that_do_not_fit(ports, said):
    with pytest.raises(TopologyError, match=said):
        fat_tree(workers=17, ports=ports)
