"""Stragglers stretch steps, and the k-th step of a device is the same under every algorithm."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.stragglers import (
    STRAGGLERS,
    exponential,
    intermittent,
    lognormal,
    none,
    pareto,
    slow_nodes,
)
from simulator.errors import ScenarioError
from simulator.seeds import Seeds

LAWS = {
    'none': {},
    'exponential': {'mean': 1.0},
    'lognormal': {'sigma': 0.5},
    'pareto': {'shape': 2.0},
    'slow_nodes': {'count': 1, 'factor': 3.0},
    'intermittent': {'factor': 4.0, 'up': 1.0, 'down': 0.5},
}


def test_every_law_is_under_test():
    assert set(LAWS) == set(STRAGGLERS)


@pytest.mark.parametrize('name', LAWS)
def test_the_kth_step_of_a_device_does_not_depend_on_what_others_do(name):
    alone, among = (STRAGGLERS[name](Seeds(3), 4, **LAWS[name]) for _ in range(2))
    busy = []
    for step in range(100):
        among(1, float(step), 1.0)
        busy.append(among(2, float(step), 1.0))
    assert busy == [alone(2, float(step), 1.0) for step in range(100)]


@pytest.mark.parametrize(
    ('law', 'median', 'least'),
    [
        (lognormal(Seeds(1), 1, sigma=0.3), 1.0, 0.0),
        (exponential(Seeds(1), 1, mean=2.0), 1.0 + 2.0 * np.log(2.0), 1.0),
        (pareto(Seeds(1), 1, shape=2.0), 2.0**0.5, 1.0),
    ],
)
def test_factors_follow_their_law(law, median, least):
    factors = np.array([law(0, 0.0, 1.0) for _ in range(4000)])
    assert np.median(factors) == pytest.approx(median, rel=0.05)
    assert factors.min() >= least


def test_none_changes_nothing():
    assert none(Seeds(0), 1)(0, 5.0, 0.25) == 0.25


def test_slow_nodes_are_the_given_ones_or_so_many():
    given_ones = slow_nodes(Seeds(0), 4, nodes=[1, 3], factor=2.0)
    assert [given_ones(d, 0.0, 1.0) for d in range(4)] == [1.0, 2.0, 1.0, 2.0]
    drawn = slow_nodes(Seeds(0), 10, count=3, factor=2.0)
    assert sorted(drawn(d, 0.0, 1.0) for d in range(10)) == [1.0] * 7 + [2.0] * 3


def test_slow_nodes_that_are_not_there_are_refused():
    with pytest.raises(ScenarioError, match=r'no device 4; devices are 0\.\.3'):
        slow_nodes(Seeds(0), 4, nodes=[1, 4], factor=2.0)
    with pytest.raises(ScenarioError, match=r'count\(=5\) must be at most 4'):
        slow_nodes(Seeds(0), 4, count=5, factor=2.0)
    with pytest.raises(ValueError, match='either nodes or count'):
        STRAGGLERS.read({'slow_nodes': {'factor': 2.0}})


@given(
    starts=st.lists(st.floats(0.0, 50.0), min_size=1, max_size=8),
    seconds=st.floats(0.01, 5.0),
    factor=st.floats(1.0, 10.0),
)
def test_intermittent_work_adds_up(starts, seconds, factor):
    """However steps are cut, the work done in them is the same function of time."""
    law = intermittent(Seeds(2), 1, factor=factor, up=2.0, down=1.0)
    for start in starts:
        whole = law(0, start, seconds)
        first = law(0, start, seconds / 2)
        second = law(0, start + first, seconds / 2)
        assert first + second == pytest.approx(whole, rel=1e-9)
        assert seconds <= whole * (1 + 1e-12)
        assert whole <= factor * seconds * (1 + 1e-12)
