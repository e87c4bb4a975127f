"""Line, ring, complete graph: degrees and distances."""

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import TopologyError
from topologies import TOPOLOGIES

line, ring, complete = (TOPOLOGIES[name] for name in ('line', 'ring', 'complete'))
few = settings(max_examples=25, deadline=None)


@given(st.integers(3, 80))
@few
def test_a_ring_is_a_cycle(hosts):
    assert nx.is_isomorphic(ring(workers=hosts - 1, servers=1), nx.cycle_graph(hosts))


@given(st.integers(2, 80))
@few
def test_a_line_is_a_path(hosts):
    graph = line(workers=hosts - 1, servers=1)
    assert nx.is_isomorphic(graph, nx.path_graph(hosts))
    assert graph.degree(hosts - 1) == 1  # the server, at the end


@pytest.mark.parametrize('hosts', [1, 2])
@pytest.mark.parametrize('kind', [line, ring, complete])
def test_the_smallest_have_no_loops(kind, hosts):
    assert kind(workers=hosts).number_of_edges() == hosts - 1


@given(st.integers(1, 40))
@few
def test_in_a_complete_graph_all_are_neighbours(hosts):
    graph = complete(workers=hosts)
    assert set(dict(graph.degree()).values()) == {hosts - 1}


def test_a_complete_graph_too_large_is_refused_before_it_is_built():
    with pytest.raises(TopologyError, match='edges'):
        complete(workers=100_000)
