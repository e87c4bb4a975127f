"""Mesh, torus, hypercube: degrees, distances, bisection, shapes."""

from math import prod

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import TopologyError
from topologies import TOPOLOGIES

mesh, torus, hypercube = (TOPOLOGIES[name] for name in ('mesh', 'torus', 'hypercube'))
few = settings(max_examples=25, deadline=None)
shapes = st.lists(st.integers(1, 5), min_size=1, max_size=3)


@given(shapes)
@few
def test_a_torus_is_the_product_of_its_rings(shape):
    graph = torus(workers=prod(shape), shape=shape)
    degree = sum(min(side - 1, 2) for side in shape)
    assert set(dict(graph.degree()).values()) == {degree}
    assert nx.diameter(graph) == sum(side // 2 for side in shape)


@given(shapes)
@few
def test_a_mesh_is_the_product_of_its_lines(shape):
    graph = mesh(workers=prod(shape), shape=shape)
    edges = sum((side - 1) * prod(shape) // side for side in shape)
    assert graph.number_of_edges() == edges
    assert nx.diameter(graph) == sum(side - 1 for side in shape)


@given(st.integers(0, 7))
@few
def test_a_hypercube_has_the_published_counts(bits):
    graph = hypercube(workers=2**bits)
    assert set(dict(graph.degree()).values()) == {bits}
    assert nx.diameter(graph) == bits
    lower = range(2**bits // 2)
    assert bits == 0 or nx.cut_size(graph, lower) == 2 ** (bits - 1)


@pytest.mark.parametrize('side', [4, 6])
def test_the_bisection_of_a_torus_is_twice_that_of_a_mesh(side):
    upper = range(side * side // 2)
    assert nx.cut_size(mesh(workers=side * side), upper) == side
    assert nx.cut_size(torus(workers=side * side), upper) == 2 * side


@given(st.integers(1, 120), st.integers(1, 4), st.sampled_from([mesh, torus]))
@few
def test_the_default_shape_holds_the_hosts(hosts, dimensions, kind):
    shape = kind(workers=hosts, dimensions=dimensions).graph['shape']
    assert prod(shape) == hosts
    assert len(shape) == dimensions


@pytest.mark.parametrize(('hosts', 'shape'), [(64, [8, 8]), (12, [3, 4]), (13, [1, 13])])
def test_the_default_shape_is_nearly_square(hosts, shape):
    assert torus(workers=hosts).graph['shape'] == shape


@pytest.mark.parametrize('shape', [[3, 3], [], [-2, -4], [0]])
@pytest.mark.parametrize('kind', [mesh, torus])
def test_a_shape_that_does_not_hold_the_hosts_is_refused(kind, shape):
    with pytest.raises(TopologyError, match=r'must hold workers \+ servers = 8 hosts'):
        kind(workers=7, servers=1, shape=shape)


def test_a_hypercube_needs_a_power_of_two():
    with pytest.raises(TopologyError, match='= 12 must be a power of two, such as 8 or 16'):
        hypercube(workers=11, servers=1)
