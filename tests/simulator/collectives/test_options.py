"""Every option of every collective: the promise holds, the prediction too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.collectives import (
    COLLECTIVES,
    POSTCONDITIONS,
    PREDICTIONS,
    Ranks,
    apply,
    traffic,
    verify,
)
from simulator.collectives.double_tree import twins
from simulator.collectives.hierarchy import OUTER
from simulator.collectives.trees import plant
from simulator.errors import ScheduleError

ALPHA, BETA, GAMMA = 100e-6, 8e-10, 3e-10
SHAPES = ['binomial', 'binary', 'chain', 'flat']
few = settings(deadline=None, max_examples=60)


@st.composite
def choices(draw):
    """Draw a name, ranks and options."""
    name = draw(st.sampled_from(sorted(COLLECTIVES)))
    m = draw(st.integers(1, 14))
    order = draw(st.permutations(range(m)))
    groups = tuple(draw(st.lists(st.integers(0, 3), min_size=m, max_size=m)))
    shape, segments = st.sampled_from(SHAPES), st.integers(1, 5)
    along_tree = {'shape': shape, 'segments': segments, 'root': st.integers(0, m - 1)}
    in_order = {'order': st.sampled_from(['as_given', 'by_topology'])}
    half = st.sampled_from([{'algorithm': a} for a in ('ring', 'direct', 'bruck')])
    options = {
        'tree': st.fixed_dictionaries(along_tree | {'overlap': st.booleans()}),
        'reduce': st.fixed_dictionaries(along_tree),
        'broadcast': st.fixed_dictionaries(along_tree),
        'master_worker': st.fixed_dictionaries({'root': st.integers(0, m - 1)}),
        'ring': st.fixed_dictionaries(in_order),
        'reduce_scatter': half | st.fixed_dictionaries(in_order),
        'all_gather': half | st.fixed_dictionaries(in_order),
        'double_binary_tree': st.fixed_dictionaries(
            {'segments': segments, 'overlap': st.booleans()}
        ),
        'hierarchical': st.fixed_dictionaries(
            {
                'size': st.none() | st.integers(1, 20),
                'inner': shape,
                'outer': st.sampled_from(sorted(OUTER)),
                'segments': segments,
            }
        ),
        'torus_2d': st.sampled_from([{'rows': r} for r in range(1, m + 1) if m % r == 0]),
    }
    ranks = Ranks(m, groups=groups, order=tuple(order))
    return name, ranks, draw(options.get(name, st.just({})))


@given(choices())
@settings(deadline=None, max_examples=200)
def test_promise_and_cost_hold_for_all_options(choice):
    name, ranks, options = choice
    schedule = COLLECTIVES[name](ranks, **options)
    verify(schedule, POSTCONDITIONS.get(name, 'all_reduce'), root=options.get('root', 0))
    counted = traffic(schedule, 1e6 / schedule.chunks)
    predicted = PREDICTIONS[name](ranks, 1e6, ALPHA, BETA, **options)
    assert counted.total == pytest.approx(predicted.total_bytes, rel=1e-9)
    assert counted.sent.max() == pytest.approx(predicted.most_sent, rel=1e-9)


@given(choices(), st.sampled_from([0.0, GAMMA]))
@settings(deadline=None, max_examples=200)
def test_time_on_an_uncontended_star_holds_for_all_options(star_time, choice, gamma):
    name, ranks, options = choice
    schedule = COLLECTIVES[name](ranks, **options)
    predicted = PREDICTIONS[name](ranks, 1e6, ALPHA, BETA, gamma, **options).seconds
    if predicted is None:
        return
    timed = star_time(schedule, 1e6, ALPHA, BETA, gamma)
    if gamma:  # where several vectors arrive at once, reductions may overlap with deliveries
        assert timed <= predicted * (1 + 1e-9)
        predicted = min(predicted, timed) if _gathers_at_once(schedule) else predicted
    assert timed == pytest.approx(predicted, rel=1e-9, abs=1e-12)


def _gathers_at_once(schedule):
    arrivals = schedule.step.astype(np.int64) * schedule.ranks + schedule.target
    return len(np.unique(arrivals)) < len(arrivals)


@pytest.mark.parametrize('shape', SHAPES)
@given(m=st.integers(1, 200), root=st.integers(0, 199))
@few
def test_trees_are_trees(shape, m, root):
    tree = plant(shape, m, root % m)
    assert sorted([*tree.child.tolist(), root % m]) == list(range(m))
    above = dict(zip(tree.child.tolist(), tree.parent.tolist(), strict=True))
    first = dict(zip(tree.child.tolist(), tree.first.tolist(), strict=True))
    for child, parent in above.items():
        assert parent == root % m or first[parent] > first[child]
    if shape != 'flat':  # no two segments into one rank in a step
        arrivals = list(zip(tree.parent.tolist(), (tree.first % tree.period).tolist(), strict=True))
        assert len(set(arrivals)) == len(arrivals)


@given(st.integers(1, 300))
@few
def test_no_rank_has_two_edges_of_one_colour_in_the_twin_trees(m):
    trees = twins(m)
    for port in ('child', 'parent'):
        ends = [
            (rank, first % 2)
            for tree in trees
            for rank, first in zip(getattr(tree, port).tolist(), tree.first.tolist(), strict=True)
        ]
        assert len(set(ends)) == len(ends)
    assert max(tree.depth for tree in trees) <= 2 * (m.bit_length() + 1)


@given(st.integers(2, 60), st.integers(1, 5), st.booleans())
@few
def test_a_double_tree_never_sends_or_receives_twice_in_a_step(m, segments, overlap):
    schedule = COLLECTIVES['double_binary_tree'](Ranks(m), segments=segments, overlap=overlap)
    most = 0
    for end in (schedule.source, schedule.target):
        most = max(most, np.unique(schedule.step * np.int64(m) + end, return_counts=True)[1].max())
    assert most <= 1 + overlap


def test_overlapping_phases_save_steps():
    plain, overlapped = (
        COLLECTIVES['double_binary_tree'](Ranks(20), segments=8, overlap=overlap).steps
        for overlap in (False, True)
    )
    assert overlapped <= plain - 2 * 6


def test_groups_of_the_topology_lead_their_own():
    ranks = Ranks(5, groups=(7, 3, 7, 3, 3))
    schedule = COLLECTIVES['hierarchical'](ranks, inner='flat', outer='master_worker')
    pairs = list(zip(schedule.source.tolist(), schedule.target.tolist(), strict=True))
    assert pairs == [(2, 0), (3, 1), (4, 1), (1, 0), (0, 1), (0, 2), (1, 3), (1, 4)]


@pytest.mark.parametrize('algorithm', ['ring', 'direct', 'bruck'])
def test_halves_of_an_all_reduce_make_a_whole(algorithm):
    values = np.random.default_rng(0).normal(size=(7, 21))
    ranks = Ranks(7)
    scattered = apply(COLLECTIVES['reduce_scatter'](ranks, algorithm=algorithm), values)
    own = np.arange(21) // 3 == np.arange(7)[:, None]
    np.testing.assert_allclose(scattered[own], values.sum(axis=0))
    gathered = apply(COLLECTIVES['all_gather'](ranks, algorithm=algorithm), scattered)
    np.testing.assert_allclose(gathered, np.tile(values.sum(axis=0), (7, 1)))


@pytest.mark.parametrize(
    ('name', 'options', 'said'),
    [
        ('torus_2d', {'rows': 5}, r'rows\(=5\) must divide the number of ranks, 12'),
        ('torus_2d', {'rows': 0}, r'rows\(=0\)'),
        ('hierarchical', {'size': 0}, r'size\(=0\) must be >= 1'),
        ('tree', {'root': 12}, r'tree: root\(=12\) must be in 0\.\.11'),
        ('reduce', {'root': -1}, r'reduce: root\(=-1\)'),
        ('broadcast', {'root': 12}, r'broadcast: root'),
        ('master_worker', {'root': 12}, r'master_worker: root'),
        ('all_gather', {'algorithm': 'direct', 'order': 'by_topology'}, 'is for the ring'),
        ('tree', {'segments': 10**8}, 'take fewer ranks or segments'),
        ('double_binary_tree', {'segments': 10**8}, 'take fewer'),
        ('hierarchical', {'segments': 10**8}, 'take fewer'),
    ],
)
def test_options_that_fit_nothing_are_refused(name, options, said):
    with pytest.raises(ScheduleError, match=said):
        COLLECTIVES[name](Ranks(12), **options)
