"""Rings by topology: neighbours stay neighbours."""

from itertools import pairwise
from math import prod

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topologies import TOPOLOGIES, ring_order

few = settings(max_examples=60, deadline=None)


def hops(graph, order):
    """Links between neighbours of the ring, in order, the last one back to the first."""
    following = [*order[1:], order[0]]
    return [nx.shortest_path_length(graph, *pair) for pair in zip(order, following, strict=True)]


@given(st.lists(st.integers(1, 7), min_size=1, max_size=3))
@few
def test_a_torus_has_a_ring_through_all_hosts(shape):
    graph = TOPOLOGIES['torus'](workers=prod(shape), shape=shape)
    order = ring_order(graph)
    assert sorted(order) == list(range(prod(shape)))
    assert max(hops(graph, order)) <= 1


@given(st.lists(st.integers(1, 6), min_size=1, max_size=3))
@few
def test_a_mesh_has_one_wherever_there_is_one(shape):
    graph = TOPOLOGIES['mesh'](workers=prod(shape), shape=shape)
    order = ring_order(graph)
    assert sorted(order) == list(range(prod(shape)))
    way = hops(graph, order)
    assert max(way[:-1], default=0) <= 1
    if prod(shape) % 2 == 0 and max(shape) < prod(shape):  # no line, and it can be coloured
        assert way[-1] == 1


@pytest.mark.parametrize('hosts', [1, 2, 8, 64])
def test_a_hypercube_has_a_gray_code(hosts):
    graph = TOPOLOGIES['hypercube'](workers=hosts)
    assert max(hops(graph, ring_order(graph))) <= 1


@pytest.mark.parametrize('name', ['fat_tree', 'tree', 'leaf_spine', 'dragonfly', 'gpu_nodes'])
@given(seed=st.integers(0, 1000))
@settings(max_examples=5, deadline=None)
def test_groups_stay_together_whatever_their_numbers(name, seed):
    graph = TOPOLOGIES[name](workers=40)
    groups = nx.get_node_attributes(graph, 'group')
    shuffled = np.random.default_rng(seed).permutation(40).tolist()
    around = [shuffled[place] for place in ring_order(graph, shuffled)]
    changes = sum(groups[a] != groups[b] for a, b in pairwise(around))
    assert changes == len({groups[host] for host in range(40)}) - 1


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_on_a_tree_each_link_is_crossed_once_each_way(seed):
    graph = TOPOLOGIES['tree'](workers=16)
    shuffled = np.random.default_rng(seed).permutation(16).tolist()
    around = [shuffled[place] for place in ring_order(graph, shuffled)]
    assert sum(hops(graph, around)) == 2 * graph.number_of_edges()


def test_hosts_that_do_not_take_part_are_passed_by():
    graph = TOPOLOGIES['torus'](workers=16)
    hosts = [5, 1, 9, 13, 0]
    around = [hosts[place] for place in ring_order(graph, hosts)]
    assert sorted(around) == sorted(hosts)
    way = graph.graph['ring']
    assert [way.index(host) for host in around] == sorted(way.index(host) for host in hosts)


def test_most_steps_through_a_random_graph_lead_to_a_neighbour():
    graph = TOPOLOGIES['random_regular'](np.random.default_rng(1), workers=100, degree=6)
    way = hops(graph, ring_order(graph))
    assert sum(step == 1 for step in way) > 80
