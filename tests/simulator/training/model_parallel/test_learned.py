"""The learned placement: gradients against differences, and that it learns what can be learned."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from simulator.cluster.cluster import Devices
from simulator.cluster.network import Network
from simulator.errors import PlacementError
from simulator.placement import GRAPHS, Executor, OperationGraph, Platform, Problem
from simulator.placement.generators import layered
from simulator.training.model_parallel.grouping import features, grouped
from simulator.training.model_parallel.learned import learned, random_search
from simulator.training.model_parallel.policy import Policy


def problem_of(graph, *, hosts=4, bandwidth=1e9, memory=np.inf, watch=None):
    network = Network.of(nx.complete_graph(hosts), hosts=hosts, bandwidth=bandwidth, latency=0.0)
    speed = np.linspace(1e10, 4e10, hosts)
    devices = Devices(speed, speed, np.full(hosts, memory))
    problem = Problem(graph, Platform.of(network, devices))
    executor = Executor(problem, network, sharing='none')
    return replace(problem, seconds=executor.seconds, watch=watch), executor


@pytest.fixture
def policy():
    rng = np.random.default_rng(0)
    allowed = np.ones((5, 3), bool)
    allowed[2, 0] = False
    return Policy(rng.standard_normal((5, 4)), allowed, np.array([1.0, 2.0, 3.0]), 6)


def test_its_gradient_is_that_of_the_log_likelihood(policy):
    rng = np.random.default_rng(1)
    parameters = policy.init(rng) * 3
    tried = policy.sample(parameters, rng, 2)
    chosen = np.arange(3)[:, None] == tried.devices[:, None]

    def loss(at):
        return -np.log(policy.chances(at, tried.devices)[chosen]).sum()

    found = policy.gradient(parameters, tried.devices, tried.chances - chosen)
    for k in rng.choice(policy.dimension, 60, replace=False):
        step = np.zeros(policy.dimension)
        step[k] = 1e-5
        slope = (loss(parameters + step) - loss(parameters - step)) / 2e-5
        assert found[k] == pytest.approx(slope, rel=1e-4, abs=1e-7)


def test_what_is_sampled_has_the_chances_of_the_whole(policy):
    rng = np.random.default_rng(2)
    parameters = policy.init(rng)
    tried = policy.sample(parameters, rng, 500)
    np.testing.assert_allclose(policy.chances(parameters, tried.devices), tried.chances)
    assert not (tried.devices[2] == 0).any()
    # at first, about in proportion to speed
    assert np.mean(tried.devices[0] == 2) == pytest.approx(0.5, abs=0.12)


def test_groups_are_few_and_keep_kinds_apart():
    graph = layered(np.random.default_rng(0), levels=6, width=6, colocated=0.3)
    problem, _ = problem_of(graph)
    group = grouped(problem, 8)
    assert group.max() + 1 <= 8
    told = features(problem, group)
    assert np.isfinite(told).all()
    assert len(told) == group.max() + 1


@pytest.mark.parametrize('seed', [1, 3])
def test_no_group_has_much_more_than_its_share_of_the_work(seed):
    # joined by the heaviest edges alone, one group would get nearly all of these graphs
    graph = GRAPHS['encoder_decoder'](np.random.default_rng(seed))
    problem, _ = problem_of(graph)
    group = grouped(problem, 64)
    work = np.bincount(group[problem.unit], graph.flops)
    assert len(work) == 64
    assert work.max() < 4 * work.mean()


def test_operations_without_work_are_grouped_too():
    problem, _ = problem_of(OperationGraph(list('abcdef'), 0.0, 0.0, 1.0, [0, 1], [1, 2]))
    assert grouped(problem, 2).max() + 1 == 2


def test_where_tensors_are_large_it_learns_what_search_at_random_does_not_find():
    curve = []
    graph = layered(np.random.default_rng(3), levels=6, width=5, output=1e10)
    problem, executor = problem_of(graph, watch=lambda count, told: curve.append((count, told)))
    budget = {'executions': 500, 'groups': 30}
    place = learned(problem, np.random.default_rng(0), units=16, **budget)
    assert executor.count == 500
    trials = [told['trial_seconds'] for _, told in curve]
    assert np.mean(trials[-5:]) < 0.8 * np.mean(trials[:5])
    assert curve[-1][1]['best_seconds'] == problem.seconds(place)
    other = random_search(problem, np.random.default_rng(0), **budget)
    assert problem.seconds(place) < problem.seconds(other)


def test_the_same_seed_learns_the_same():
    graph = layered(np.random.default_rng(0), levels=3, width=3)
    problem, _ = problem_of(graph)
    places = [learned(problem, np.random.default_rng(5), executions=25, units=4) for _ in range(2)]
    np.testing.assert_array_equal(*places)


@pytest.mark.parametrize('place', [learned, random_search])
def test_nothing_fits(place):
    graph = OperationGraph(list('abcd'), 1e9, 10.0, 0.0, [], [])
    problem, _ = problem_of(graph, hosts=2, memory=19.0)
    with pytest.raises(PlacementError, match='none of 20 placements fits into memory'):
        place(problem, np.random.default_rng(0), executions=20)
