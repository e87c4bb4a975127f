from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.statistics import (
    bootstrap_interval,
    estimate,
    interquartile_mean,
    paired_difference,
    paired_ratio,
    probability_of_improvement,
)

values = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=8)
positive = st.dictionaries(st.integers(0, 9), st.floats(1e-3, 1e3), min_size=2, max_size=6)


@given(values)
@settings(max_examples=30)
def test_the_mean_lies_in_its_interval_and_that_within_the_range(array):
    low, high = bootstrap_interval(array, resamples=200)
    slack = 1e-9 * (1 + max(map(abs, array)))

    assert min(array) - slack <= low <= high <= max(array) + slack
    assert estimate(array).low <= estimate(array).mean + slack


@given(values, st.floats(-100, 100))
@settings(max_examples=20)
def test_intervals_move_with_the_values(array, shift):
    moved = bootstrap_interval(np.array(array) + shift, resamples=200)

    expected = np.array(bootstrap_interval(array, resamples=200)) + shift
    np.testing.assert_allclose(moved, expected, atol=1e-6)


@given(positive, positive)
@settings(max_examples=30)
def test_ratios_are_each_other_s_inverse(first, second):
    there, back = paired_ratio(first, second), paired_ratio(second, first)

    assert there.seeds == back.seeds == len(first.keys() & second.keys())
    if there.seeds:
        assert there.value == pytest.approx(1 / back.value)
    if there.seeds > 1:
        assert (there.low, there.high) == pytest.approx((1 / back.high, 1 / back.low), rel=0.05)


def test_the_bootstrap_agrees_with_scipy_s():
    stats = pytest.importorskip('scipy.stats')
    array = np.random.default_rng(3).normal(5.0, 2.0, size=30)
    theirs = stats.bootstrap(
        (array,), np.mean, method='percentile', n_resamples=20_000, rng=np.random.default_rng(0)
    ).confidence_interval

    np.testing.assert_allclose(bootstrap_interval(array), theirs, rtol=0.01)


def test_luck_common_to_a_seed_is_taken_out():
    luck = {seed: 100.0 * seed for seed in range(6)}
    slow = {seed: value + 2.0 + 0.1 * (seed % 2) for seed, value in luck.items()}

    difference = paired_difference(slow, luck)

    assert difference.value == pytest.approx(2.05)
    assert difference.tells_apart


def test_no_winner_where_the_interval_spans_zero_nor_with_one_seed():
    assert not paired_difference({1: 1.0, 2: -1.0}, {1: 0.0, 2: 0.0}).tells_apart
    assert not paired_ratio({1: 9.0}, {1: 1.0}).tells_apart


def test_seeds_without_a_value_are_left_out():
    gap = {1: float('nan'), 2: 4.0, 3: 6.0}

    assert paired_difference(gap, {1: 1.0, 2: 3.0, 3: 5.0}).seeds == 2
    assert estimate(list(gap.values()))[::4] == (5.0, 2)
    assert np.isnan(estimate([]).mean)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12))
def test_the_interquartile_mean_is_that_of_the_middle_half_of_copies(values):
    # four copies of each: the quartiles then fall between values
    middle = np.sort(np.repeat(values, 4))[len(values) : 3 * len(values)]
    assert float(interquartile_mean(values)) == pytest.approx(middle.mean(), abs=1e-9)


def test_an_outlier_moves_the_mean_and_not_the_interquartile_mean():
    values = np.array([1.0, 2.0, 3.0, 4.0, 1e6, 2.5, 1.5, 3.5])
    low, high = bootstrap_interval(values[:-1], statistic=interquartile_mean)
    assert float(interquartile_mean(values)) < 3.5
    assert 1.0 <= low <= high


def test_statistics_agree_with_scipy():
    stats = pytest.importorskip('scipy.stats')
    rng = np.random.default_rng(5)
    a, b = rng.normal(0.3, 1, 12), rng.normal(0, 1, 12)

    assert float(interquartile_mean(a)) == pytest.approx(stats.trim_mean(a, 0.25))
    u = stats.mannwhitneyu(a, b).statistic
    found = probability_of_improvement(dict(enumerate(a)), dict(enumerate(b)))
    assert found.value == pytest.approx(u / 144)
    scipys = stats.bootstrap((a,), np.mean, method='percentile', random_state=1)
    np.testing.assert_allclose(bootstrap_interval(a), scipys.confidence_interval, atol=0.05)


def test_improvement_is_certain_where_every_run_is_better_and_a_coin_where_none_differs():
    worse, better = {1: 1.0, 2: 2.0, 3: 1.5}, {1: 4.0, 2: 3.0, 3: 5.0}

    assert probability_of_improvement(better, worse)[:3] == (1.0, 1.0, 1.0)
    assert probability_of_improvement(better, worse, rising=False).value == 0.0
    assert probability_of_improvement(better, worse).tells_apart
    assert not probability_of_improvement(worse, worse).tells_apart
    assert probability_of_improvement(worse, worse).value == 0.5
    assert np.isnan(probability_of_improvement({}, worse).value)
