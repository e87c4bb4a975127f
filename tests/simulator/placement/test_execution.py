"""Executions: what must hold of any, against a schedule played slowly; whole small ones."""

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_reference.played import replayed
from placement_reference.worlds import make_world, random_graph

from simulator.cluster.network import Network
from simulator.errors import PlacementError
from simulator.placement import (
    SCHEDULERS,
    Executor,
    OperationGraph,
    Platform,
    Problem,
    bounds,
    critical_path,
    demand,
)
from simulator.placement.critical import Link

seeds = st.integers(0, 2**32 - 1)


def random_execution(seed, **world):
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, int(rng.integers(1, 40)))
    problem, executor = make_world(rng, graph, int(rng.integers(1, 6)), **world)
    placement = rng.integers(len(problem.platform), size=len(graph))
    return problem, executor, executor.run(placement)


@pytest.mark.parametrize('scheduler', sorted(SCHEDULERS))
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_without_contention_it_is_list_scheduling(scheduler, seed):
    problem, executor, execution = random_execution(seed, scheduler=scheduler)
    urgency = executor.scheduler(problem, execution.placement)
    wanted = replayed(problem, execution.placement, urgency)
    np.testing.assert_allclose(execution.end, wanted, rtol=1e-9)


@pytest.mark.parametrize('sharing', ['none', 'fifo', 'fair'])
@settings(max_examples=15, deadline=None)
@given(seed=seeds, scheduler=st.sampled_from(sorted(SCHEDULERS)))
def test_what_holds_of_any(sharing, seed, scheduler):
    problem, executor, execution = random_execution(seed, sharing=sharing, scheduler=scheduler)
    graph, place = problem.graph, execution.placement
    least = bounds(problem)
    assert execution.makespan >= least['least'] * (1 - 1e-9)
    assert least['least'] == max(least['path'], least['work'])
    # never before its inputs
    assert (execution.start >= execution.ready - 1e-9).all()
    # nor two on one device at once
    order = np.lexsort((execution.end, execution.start, place))
    same = place[order[1:]] == place[order[:-1]]
    assert (execution.start[order[1:]] >= execution.end[order[:-1]] - 1e-9)[same].all()
    # each takes its time, each tensor is sent once to each device that needs it
    np.testing.assert_allclose(
        execution.end - execution.start, graph.flops / problem.platform.speed[place], rtol=1e-6
    )
    pairs = {(u, place[v]) for u, v in zip(graph.before, graph.after, strict=True)}
    pairs = {(u, device) for u, device in pairs if place[u] != device}
    sent = list(zip(execution.producer, execution.target, strict=True))
    assert len(sent) == len(pairs)
    assert set(sent) == pairs
    assert execution.bytes == pytest.approx(sum(graph.outputs[u] for u, _ in pairs))
    # what memory it takes is within what any schedule may take
    assert (execution.peak <= demand(graph, place, len(problem.platform)) * (1 + 1e-9)).all()
    # one placement always takes the same time
    assert executor.seconds(place) == execution.makespan == executor.seconds(place)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, sharing=st.sampled_from(['none', 'fifo', 'fair']))
def test_the_critical_path_fills_the_makespan(seed, sharing):
    _, _, execution = random_execution(seed, sharing=sharing)
    chain = critical_path(execution)
    assert chain[0].start == pytest.approx(0.0, abs=1e-9)
    assert chain[0].waited_for == 'start'
    assert chain[-1].end == execution.makespan
    for one, other in itertools.pairwise(chain):
        assert other.start == pytest.approx(one.end, abs=1e-9)


def test_critical_path_on_one_device_is_all_that_it_does():
    rng = np.random.default_rng(3)
    graph = random_graph(rng, 12)
    _, executor = make_world(rng, graph, 1)
    execution = executor.run(np.zeros(12, int))
    assert sorted(link.operation for link in critical_path(execution)) == list(range(12))
    assert execution.makespan == pytest.approx(execution.busy[0])


@pytest.fixture
def pair():
    """Two devices of 1 flop/s; a second of latency and 10 B/s between them."""
    apart = 1.0 - np.eye(2)
    return Platform(np.arange(2), np.ones(2), np.full(2, np.inf), ('', ''), apart, 0.1 * apart)


def run(graph, platform, placement, scheduler='fifo'):
    network = Network.of(nx.path_graph(2), hosts=2, bandwidth=10.0, latency=1.0)
    problem = Problem(graph, platform)
    executor = Executor(problem, network, sharing='none', scheduler=SCHEDULERS[scheduler])
    return executor.run(np.array(placement))


def test_a_small_one_step_by_step(pair):
    # a (2 s) feeds b and c on the other device, and d at home; 20 bytes take 1 + 2 s, once
    fork = OperationGraph(
        ('a', 'b', 'c', 'd'),
        [2.0, 4.0, 1.0, 1.0],
        [5.0, 0.0, 0.0, 7.0],
        [20.0, 3.0, 3.0, 2.0],
        [0, 0, 0, 1],
        [1, 2, 3, 3],
    )
    execution = run(fork, pair, [0, 1, 1, 0])
    assert execution.start.tolist() == [0.0, 5.0, 9.0, pytest.approx(9.0 + 1.3)]
    assert execution.end.tolist() == [2.0, 9.0, 10.0, pytest.approx(9.0 + 1.3 + 1.0)]
    assert execution.bytes == 20.0 + 3.0
    assert execution.busy.tolist() == [pytest.approx(3.0), 5.0]
    # device 0: 12 of parameters, a's output to the end of d, b's copy, d's output; device 1: the
    # copy of a's output with b's, then c's too
    assert execution.peak.tolist() == [12.0 + 20.0 + 3.0 + 2.0, 20.0 + 3.0 + 3.0]
    assert critical_path(execution) == [
        Link('compute', 0, 0, 0.0, 2.0, 'start'),
        Link('transfer', 0, 1, 2.0, 5.0, 'input'),
        Link('compute', 1, 1, 5.0, 9.0, 'input'),
        Link('transfer', 1, 0, 9.0, pytest.approx(10.3), 'input'),
        Link('compute', 3, 0, pytest.approx(10.3), pytest.approx(11.3), 'input'),
    ]


def test_longest_remaining_first_beats_first_come(pair):
    # two are ready at once; what b leads to is long, on the other device
    graph = OperationGraph(
        ('a', 'b', 'c'), [2.0, 2.0, 5.0], 0.0, [0.0, 10.0, 0.0], [1], [2], types=('x', 'y', 'z')
    )
    assert run(graph, pair, [0, 0, 1], 'fifo').makespan == 2 + 2 + 2 + 5
    assert run(graph, pair, [0, 0, 1], 'longest_remaining').makespan == 2 + 2 + 5
    assert run(graph, pair, [0, 0, 1], 'most_successors').makespan == 2 + 2 + 5


def test_activations_are_kept_until_their_backward(pair):
    # forward 1, 2, then backward 2, 1: the output of forward 1 stays until backward 1 has run
    step = OperationGraph(
        ('f1', 'f2', 'b2', 'b1'), 1.0, 0.0, [100.0, 10.0, 1.0, 0.0], [0, 1, 2, 0], [1, 2, 3, 3]
    )
    assert run(step, pair, [0, 0, 0, 0]).peak[0] == 111.0


def test_an_execution_over_memory_is_refused():
    apart = 1.0 - np.eye(2)
    small = Platform(np.arange(2), np.ones(2), np.full(2, 30.0), ('', ''), apart, 0.1 * apart)
    chain = OperationGraph(('a', 'b'), 1.0, 0.0, 20.0, [0], [1])
    with pytest.raises(PlacementError, match=r"device 0 held 40 bytes and has 30; operation 'a'"):
        run(chain, small, [0, 0]).check_memory()
