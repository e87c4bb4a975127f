"""Random graphs: what holds of every draw, and of many."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import TopologyError
from topologies import TOPOLOGIES
from topologies.randomized import _EXACT, _gilbert, _second_eigenvalue

random_regular, erdos_renyi, small_world, expander = (
    TOPOLOGIES[name] for name in ('random_regular', 'erdos_renyi', 'small_world', 'expander')
)
few = settings(max_examples=20, deadline=None)
seeds = st.integers(0, 2**32)


def rng(seed=0):
    return np.random.default_rng(seed)


@given(seeds, st.integers(6, 60), st.integers(3, 5))
@few
def test_a_random_regular_graph_is_regular_and_connected(seed, hosts, degree):
    hosts += hosts * degree % 2
    graph = random_regular(rng(seed), workers=hosts, degree=degree)
    assert set(dict(graph.degree()).values()) == {degree}
    assert nx.is_connected(graph)


@pytest.mark.parametrize(('hosts', 'degree'), [(4, 4), (5, 3), (1, 1)])
@pytest.mark.parametrize('kind', [random_regular, expander])
def test_no_regular_graph_where_there_is_none(kind, hosts, degree):
    with pytest.raises(TopologyError, match=r'degree\(='):
        kind(rng(), workers=hosts, degree=degree)


def test_what_is_hardly_ever_connected_is_given_up():
    with pytest.raises(TopologyError, match='none of 100 graphs over 100 hosts will do'):
        random_regular(rng(), workers=100, degree=1)


@given(seeds, st.integers(10, 80), st.sampled_from([4, 6]))
@few
def test_an_expander_keeps_its_promise(seed, hosts, degree):
    graph = expander(rng(seed), workers=hosts, degree=degree, slack=0.1)
    values = np.linalg.eigvalsh(nx.to_numpy_array(graph))
    assert max(-values[0], values[-2]) <= 1.1 * 2 * (degree - 1) ** 0.5 * (1 + 1e-3)


@given(seeds)
@few
def test_the_second_eigenvalue_is_found(seed):
    graph = nx.random_regular_graph(4, 60, seed=rng(seed))
    values = np.linalg.eigvalsh(nx.to_numpy_array(graph))
    found = _second_eigenvalue(np.array(graph.edges), 60, 4)
    assert found == pytest.approx(max(-values[0], values[-2]))


@pytest.mark.parametrize('seed', range(3))
def test_that_of_a_large_graph_is_nearly_found(seed):
    graph = nx.random_regular_graph(4, _EXACT + 2, seed=rng(seed))
    values = np.linalg.eigvalsh(nx.to_numpy_array(graph))
    exact = max(-values[0], values[-2])
    assert 0.95 * exact < _second_eigenvalue(np.array(graph.edges), _EXACT + 2, 4) <= exact + 1e-9


@given(seeds, st.integers(1, 60))
@few
def test_an_erdos_renyi_graph_is_connected(seed, hosts):
    assert nx.is_connected(erdos_renyi(rng(seed), workers=hosts))


@given(seeds, st.integers(2, 50), st.floats(0.01, 1.0))
@few
def test_pairs_are_drawn_once_each_in_order(seed, hosts, p):
    pairs = _gilbert(rng(seed), hosts, p)
    assert ((pairs[:, 0] < pairs[:, 1]) & (pairs >= 0).all(axis=1)).all()
    assert pairs.max(initial=0) < hosts
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    assert len(_gilbert(rng(seed), hosts, 1.0)) == hosts * (hosts - 1) // 2


def test_every_pair_is_equally_likely():
    counts = np.zeros((6, 6))
    draws = 4000
    generator = rng()
    for _ in range(draws):
        pairs = _gilbert(generator, 6, 0.3)
        counts[pairs[:, 0], pairs[:, 1]] += 1
    share = counts[np.triu_indices(6, 1)] / draws
    assert np.abs(share - 0.3).max() < 5 * (0.3 * 0.7 / draws) ** 0.5


def test_too_few_links_to_connect_are_given_up_with_the_threshold():
    with pytest.raises(TopologyError, match=r'should be well above ln\(n\)/n = 0.0461'):
        erdos_renyi(rng(), workers=100, probability=0.001)
    with pytest.raises(TopologyError, match='none of 100'):
        erdos_renyi(rng(), workers=10, probability=0.0)


@given(seeds, st.integers(7, 60), st.sampled_from([2, 4, 6]), st.floats(0, 1))
@few
def test_a_small_world_keeps_its_number_of_links(seed, hosts, neighbours, rewiring):
    rewiring = rewiring if neighbours > 2 else 0.0  # a ring cut twice falls apart
    graph = small_world(rng(seed), workers=hosts, neighbours=neighbours, rewiring=rewiring)
    assert graph.number_of_edges() == hosts * neighbours // 2
    assert nx.is_connected(graph)


@pytest.mark.parametrize('neighbours', [3, 10, 12])
def test_a_small_world_refuses_neighbourhoods_that_do_not_fit(neighbours):
    with pytest.raises(TopologyError, match='must be even and below the 10 hosts'):
        small_world(rng(), workers=10, neighbours=neighbours)


@pytest.mark.parametrize('kind', [random_regular, erdos_renyi, small_world, expander])
def test_another_generator_draws_another_graph(kind):
    one, two, again = (set(kind(rng(seed), workers=40).edges) for seed in (1, 2, 1))
    assert one == again != two
