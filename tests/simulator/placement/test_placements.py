"""What every placement of the catalogue promises: constraints, memory, the same again."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placement_reference.exhaustive import optimum
from placement_reference.worlds import make_world, random_graph

from simulator.errors import PlacementError
from simulator.placement import (
    PLACEMENTS,
    OperationGraph,
    Problem,
    bounds,
    check_placement,
    demand,
    exhaustive,
)

seeds = st.integers(0, 2**32 - 1)
each = pytest.mark.parametrize('name', sorted(PLACEMENTS))


def place(name, problem, seed=0):
    options = {'executions': 30} if name == 'simulated_annealing' else {}
    return PLACEMENTS[name](problem, np.random.default_rng(seed), **options)


@each
@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_it_keeps_to_kinds_groups_and_memory(name, seed):
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, int(rng.integers(1, 30)), kinds=name != 'single', groups=True)
    problem, _ = make_world(rng, graph, int(rng.integers(2, 6)), memory=3e9)
    placement = place(name, problem, seed)
    assert placement.shape == (len(graph),)
    check_placement(problem, placement)
    np.testing.assert_array_equal(placement, place(name, problem, seed))
    assert problem.seconds(placement) >= bounds(problem)['least'] * (1 - 1e-9)


@each
@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_in_tight_memory_it_fits_or_is_refused_by_name(name, seed):
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, 12, edges=14)
    roomy, executor = make_world(rng, graph, 4)
    least = float((graph.parameters + graph.outputs).max())
    memory = np.full(4, rng.uniform(least, 0.6 * demand(graph, np.zeros(12, int), 1)[0]))
    problem = replace(roomy, platform=replace(roomy.platform, memory=memory))
    try:
        placement = place(name, problem, seed)
    except PlacementError as error:
        assert "operation 'op" in str(error) or name == 'single'
        return
    check_placement(problem, placement)
    assert (executor.run(placement).peak <= memory).all()


@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_none_beats_the_optimum(seed):
    rng = np.random.default_rng(seed)
    kinds = bool(rng.integers(2))
    graph = random_graph(rng, int(rng.integers(2, 7)), kinds=kinds, groups=True)
    problem, _ = make_world(rng, graph, 3, scheduler='longest_remaining')
    least = optimum(problem) * (1 - 1e-9)
    for name in sorted({*PLACEMENTS} - {'single'} if kinds else PLACEMENTS):
        assert problem.seconds(place(name, problem, seed)) >= least, name


def test_none_beats_the_best_of_all_placements_of_eight_operations():
    rng = np.random.default_rng(4)
    graph = random_graph(rng, 8, edges=12)
    problem, executor = make_world(rng, graph, 3, scheduler='longest_remaining')
    best = exhaustive(problem, rng)
    assert executor.count == 3**8
    found = {name: problem.seconds(place(name, problem)) for name in PLACEMENTS}
    # orders that the scheduler does not take could be quicker still, placements not
    assert optimum(problem) * (1 - 1e-9) <= problem.seconds(best) <= min(found.values())


@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_what_is_found_by_trying_all_is_no_worse_than_any_other(seed):
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, 5, kinds=True, groups=True)
    problem, _ = make_world(rng, graph, 3, memory=3e9)
    best = exhaustive(problem, rng)
    check_placement(problem, best)
    other = place('hash', problem, seed)
    assert problem.seconds(best) <= problem.seconds(other)


def test_who_tries_all_does_not_begin_what_it_can_not_end():
    rng = np.random.default_rng(0)
    problem, executor = make_world(rng, random_graph(rng, 12), 3)
    with pytest.raises(PlacementError, match=r'in 531441 ways, more than executions\(=20000\)'):
        exhaustive(problem, rng)
    assert executor.count == 0


def test_nothing_that_is_tried_fits():
    lone = OperationGraph(list('abc'), 1e9, 10.0, 0.0, [], [])
    problem, _ = make_world(np.random.default_rng(0), lone, 2, memory=14.0)
    with pytest.raises(PlacementError, match='none of all 8 placements fits into memory'):
        exhaustive(problem, np.random.default_rng(0))


@each
def test_one_operation_goes_to_the_fastest_device(name):
    rng = np.random.default_rng(0)
    lone = OperationGraph(('a',), 1e9, 0.0, 0.0, np.empty(0, int), np.empty(0, int))
    problem, _ = make_world(rng, lone, 5)
    if name != 'hash':
        assert place(name, problem)[0] == np.argmax(problem.platform.speed)


@each
def test_its_options_are_its_schema(name):
    parameters = list(inspect.signature(PLACEMENTS[name]).parameters.values())
    assert [p.name for p in parameters[:2]] == ['problem', 'rng']
    assert all(p.kind is p.KEYWORD_ONLY and p.default is not p.empty for p in parameters[2:])


def test_who_tries_executions_out_says_so():
    rng = np.random.default_rng(0)
    problem, _ = make_world(rng, random_graph(rng, 5), 2)
    with pytest.raises(PlacementError, match='give the problem `seconds`'):
        place('simulated_annealing', Problem(problem.graph, problem.platform))


def test_annealing_is_no_worse_than_its_start_and_keeps_to_its_budget():
    rng = np.random.default_rng(5)
    problem, executor = make_world(rng, random_graph(rng, 25, edges=40), 5)
    start = problem.seconds(place('heft', problem))
    before = executor.count
    found = PLACEMENTS['simulated_annealing'](problem, rng, executions=200)
    assert executor.count - before <= 200
    assert problem.seconds(found) < start


def test_weights_of_several_aims_count():
    rng = np.random.default_rng(1)
    graph = random_graph(rng, 40, edges=60)
    problem, executor = make_world(rng, graph, 6)
    together = PLACEMENTS['multi_objective'](problem, rng, traffic=20.0)
    apart = PLACEMENTS['multi_objective'](problem, rng, traffic=0.0, importance=0.0)
    assert executor.run(together).bytes < executor.run(apart).bytes
    assert executor.run(apart).busy.max() < executor.run(together).busy.max()


def test_a_cut_severs_little():
    # two dense halves, joined by a single edge
    rng = np.random.default_rng(2)
    halves = [range(8), range(8, 16)]
    ends = [(u, v) for half in halves for u in half for v in half if u < v]
    before, after = np.array([*ends, (7, 8)]).T
    names = tuple(f'op{k}' for k in range(16))
    problem, _ = make_world(rng, OperationGraph(names, 1e9, 0.0, 1.0, before, after), 2)
    problem = replace(problem, platform=replace(problem.platform, speed=np.full(2, 1e9)))
    placement = PLACEMENTS['min_cut'](problem, rng)
    assert (placement[before] != placement[after]).sum() == 1
