"""Ring, complete graph, torus: degrees, distances, shapes."""

from math import prod

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import TopologyError
from topologies import TOPOLOGIES

ring, complete, torus = (TOPOLOGIES[name] for name in ('ring', 'complete', 'torus'))
few = settings(max_examples=25, deadline=None)


@given(st.integers(3, 80))
@few
def test_a_ring_is_a_cycle(hosts):
    assert nx.is_isomorphic(ring(workers=hosts - 1, servers=1), nx.cycle_graph(hosts))


@pytest.mark.parametrize('hosts', [1, 2])
def test_the_smallest_rings_have_no_loops(hosts):
    assert ring(workers=hosts).number_of_edges() == hosts - 1


@given(st.integers(1, 40))
@few
def test_in_a_complete_graph_all_are_neighbours(hosts):
    graph = complete(workers=hosts)
    assert set(dict(graph.degree()).values()) == {hosts - 1}


def test_a_complete_graph_too_large_is_refused_before_it_is_built():
    with pytest.raises(TopologyError, match='edges'):
        complete(workers=100_000)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=3))
@few
def test_a_torus_is_the_product_of_its_rings(shape):
    graph = torus(workers=prod(shape), shape=shape)
    degree = sum(min(side - 1, 2) for side in shape)
    assert set(dict(graph.degree()).values()) == {degree}
    assert nx.diameter(graph) == sum(side // 2 for side in shape)


@given(st.integers(1, 120), st.integers(1, 4))
@few
def test_the_default_shape_holds_the_hosts(hosts, dimensions):
    shape = torus(workers=hosts, dimensions=dimensions).graph['shape']
    assert prod(shape) == hosts
    assert len(shape) == dimensions


@pytest.mark.parametrize(('hosts', 'shape'), [(64, [8, 8]), (12, [3, 4]), (13, [1, 13])])
def test_the_default_shape_is_nearly_square(hosts, shape):
    assert torus(workers=hosts).graph['shape'] == shape


@pytest.mark.parametrize('shape', [[3, 3], [], [-2, -4], [0]])
def test_a_shape_that_does_not_hold_the_hosts_is_refused(shape):
    with pytest.raises(TopologyError, match=r'must hold workers \+ servers = 8 hosts'):
        torus(workers=7, servers=1, shape=shape)
