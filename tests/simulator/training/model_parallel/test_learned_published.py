"""The learned placement on graphs of the published sizes, within a stated budget.

About 350, 3,000 and 5,300 operations on 50 unlike devices, as in `test_published`: it beats hash,
where it began, and search at random that tries as often. It does not beat HEFT.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from placement_reference.worlds import make_world
from threadpoolctl import threadpool_limits

from simulator.placement import GRAPHS, PLACEMENTS
from simulator.training.model_parallel.learned import learned, random_search

BUDGET = 300

SHAPES = [
    pytest.param('convolutional', 2),
    pytest.param('recurrent', 2, marks=pytest.mark.slow),
    pytest.param('encoder_decoder', 2, marks=pytest.mark.slow),
]

shapes = pytest.mark.parametrize(('shape', 'seeds'), SHAPES)


@cache
@threadpool_limits.wrap(limits=1)  # as in runs
def figures(shape, seeds):
    """Return the seconds of each placement, and of what the learned one tried, by seed."""
    found = {name: [] for name in ('hash', 'heft', 'random', 'learned', 'first', 'last')}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        problem, executor = make_world(rng, GRAPHS[shape](rng), 50, scheduler='longest_remaining')
        for name in ('hash', 'heft'):
            found[name].append(problem.seconds(PLACEMENTS[name](problem, rng)))
        place = random_search(problem, np.random.default_rng(seed), executions=BUDGET)
        found['random'].append(problem.seconds(place))
        curve, before = [], executor.count
        watched = replace(problem, watch=lambda _, told, curve=curve: curve.append(told))
        place = learned(watched, np.random.default_rng(seed), executions=BUDGET)
        assert executor.count - before == BUDGET
        found['learned'].append(problem.seconds(place))
        tried = [told['trial_seconds'] for told in curve]
        found['first'].append(np.mean(tried[:3]))
        found['last'].append(np.mean(tried[-3:]))
    return {name: np.array(seconds) for name, seconds in found.items()}


@shapes
def test_it_beats_hash_and_its_own_random_start_each_time(shape, seeds):
    found = figures(shape, seeds)
    assert (found['learned'] < 0.6 * found['hash']).all()
    assert (found['learned'] < 0.8 * found['first']).all()


@shapes
def test_what_it_tries_becomes_better(shape, seeds):
    found = figures(shape, seeds)
    assert (found['last'] < 0.95 * found['first']).all()


@shapes
def test_it_beats_search_at_random_with_the_same_budget(shape, seeds):
    found = figures(shape, seeds)
    assert np.mean(found['random'] / found['learned']) > 1.02


@shapes
def test_it_does_not_beat_heft(shape, seeds):
    found = figures(shape, seeds)
    assert (found['learned'] > found['heft']).all()
