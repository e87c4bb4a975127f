"""Fat tree, leaf and spine: counts, distances, bisection."""

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import TopologyError
from topologies import TOPOLOGIES

fat_tree, leaf_spine = TOPOLOGIES['fat_tree'], TOPOLOGIES['leaf_spine']
few = settings(max_examples=25, deadline=None)


def flow_between_halves(graph, hosts):
    """Return the most that the first half can send to the second, in host links."""
    for edge in graph.edges.values():
        edge['capacity'] = edge.get('scale', 1.0)
    for host in range(hosts):
        graph.add_edge('left' if host < hosts // 2 else 'right', host, capacity=1.0)
    return nx.maximum_flow_value(graph, 'left', 'right')


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
def test_the_halves_see_the_bisection_bandwidth(oversubscription):
    fat = fat_tree(workers=16, oversubscription=oversubscription)
    assert flow_between_halves(fat, 16) == pytest.approx(8 / oversubscription)
    spread = leaf_spine(workers=32, hosts_per_leaf=8, spines=3, oversubscription=oversubscription)
    assert flow_between_halves(spread, 32) == pytest.approx(16 / oversubscription)


def test_pods_are_the_groups_of_a_fat_tree():
    graph = fat_tree(workers=14, servers=2)
    assert [graph.nodes[host]['group'] for host in range(16)] == [h // 4 for h in range(16)]
    distances = dict(nx.all_pairs_shortest_path_length(graph))
    same_edge, same_pod, other_pod = distances[0][1], distances[0][2], distances[0][4]
    assert (same_edge, same_pod, other_pod) == (2, 4, 6)


@pytest.mark.parametrize(('ports', 'said'), [(5, 'must be even'), (4, 'hold 16 hosts')])
def test_a_fat_tree_refuses_ports_that_do_not_fit(ports, said):
    with pytest.raises(TopologyError, match=said):
        fat_tree(workers=17, ports=ports)


@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 5))
@few
def test_every_leaf_reaches_every_spine(workers, hosts_per_leaf, spines):
    graph = leaf_spine(workers=workers, hosts_per_leaf=hosts_per_leaf, spines=spines)
    layers = nx.get_node_attributes(graph, 'layer')
    leaves = [node for node in layers if layers[node] == 'leaf']
    above = [node for node in layers if layers[node] == 'spine']
    assert len(leaves) == -(-workers // hosts_per_leaf)
    assert all(graph.has_edge(leaf, spine) for leaf in leaves for spine in above)
    assert graph.number_of_edges() == workers + len(leaves) * spines
