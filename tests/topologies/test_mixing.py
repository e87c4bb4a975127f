"""Gossip weights: known gaps, known weights, who is whose neighbour."""

from math import cos, pi

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import TopologyError
from topologies import TOPOLOGIES
from topologies.mixing import MIXINGS, host_graph, max_degree, metropolis, spectral_gap

few = settings(max_examples=20, deadline=None)


@given(st.integers(3, 40))
@few
def test_the_gap_of_a_ring_is_known(hosts):
    gap = spectral_gap(metropolis(host_graph(TOPOLOGIES['ring'](workers=hosts))))
    eigenvalues = [abs(1 + 2 * cos(2 * pi * k / hosts)) / 3 for k in range(1, hosts)]
    assert gap == pytest.approx(1 - max(eigenvalues))


@given(st.integers(1, 6))
@few
def test_the_gap_of_a_hypercube_is_known(bits):
    near = host_graph(TOPOLOGIES['hypercube'](workers=2**bits))
    eigenvalues = [abs(1 + bits - 2 * k) / (bits + 1) for k in range(1, bits + 1)]
    assert spectral_gap(max_degree(near)) == pytest.approx(1 - max(eigenvalues))


@pytest.mark.parametrize('mixing', sorted(MIXINGS))
@given(st.integers(0, 99), st.integers(2, 30))
@few
def test_disagreement_shrinks_by_the_second_eigenvalue(mixing, seed, hosts):
    rng = np.random.default_rng(seed)
    graph = TOPOLOGIES['erdos_renyi'](rng, workers=hosts)
    weights = MIXINGS[mixing](host_graph(graph))
    values = rng.normal(size=(hosts, 3))
    mixed = weights @ values
    np.testing.assert_allclose(mixed.mean(axis=0), values.mean(axis=0))
    before, after = (np.linalg.norm(v - v.mean(axis=0)) for v in (values, mixed))
    assert after <= (1 - spectral_gap(weights)) * before * (1 + 1e-9) + 1e-12


def test_metropolis_weighs_by_the_larger_degree_of_two():
    weights = metropolis(nx.star_graph(3))
    assert weights[0, 1] == 1 / 4
    assert weights[1, 1] == 3 / 4
    assert weights[1, 2] == 0


def test_hosts_behind_the_same_switches_are_neighbours_and_paths_through_hosts_do_not_count():
    near = host_graph(TOPOLOGIES['fat_tree'](workers=9))
    assert near.number_of_edges() == 36
    assert host_graph(TOPOLOGIES['line'](workers=4)).number_of_edges() == 3
    dumbbell = TOPOLOGIES['dumbbell'](workers=6, ends='hosts')
    assert list(nx.bridges(host_graph(dumbbell))) == [(2, 3)]


def test_those_who_do_not_take_part_have_no_weight():
    near = host_graph(TOPOLOGIES['ring'](workers=5), [0, 1, 3])
    assert sorted(near.edges) == [(0, 1)]
    assert metropolis(near).tolist() == [[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]
    assert spectral_gap(metropolis(near)) == pytest.approx(0.0)


def test_one_host_agrees_with_itself():
    assert spectral_gap(metropolis(host_graph(TOPOLOGIES['star'](workers=1)))) == 1.0


def test_matrices_too_large_are_refused():
    with pytest.raises(TopologyError, match=r'hosts\(=5000\)'):
        metropolis(nx.path_graph(5000))
