"""Median, trimmed mean, mean around the median, sign majority, against the obvious."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.robust.aggregation import mean_around_median, median, sign_majority, trimmed_mean
from simulator.robust.aggregation.coordinatewise import near_median

few = settings(max_examples=40)
seeds = st.integers(0, 2**32)


def vectors_of(seed, n, whole):
    rng = np.random.default_rng(seed)
    return rng.integers(-3, 4, (n, 9)).astype(float) if whole else rng.standard_normal((n, 9))


@given(st.integers(1, 30), seeds, st.booleans())
@few
def test_median(n, seed, whole):
    vectors = vectors_of(seed, n, whole)
    assert median(vectors) == pytest.approx(np.median(vectors, axis=0), rel=1e-15)


@given(st.integers(1, 30), st.integers(0, 14), seeds, st.booleans())
@few
def test_trimmed_mean(n, f, seed, whole):
    f = min(f, (n - 1) // 2)
    vectors = vectors_of(seed, n, whole)
    middle = np.sort(vectors, axis=0)[f : n - f]
    assert trimmed_mean(vectors, f=f) == pytest.approx(middle.mean(axis=0), abs=1e-12)


def slow_near_median(column, keep):
    """Sort by distance to the median; of two equally far the smaller one first."""
    middle = np.median(column)
    return np.mean(sorted(column, key=lambda x: (abs(x - middle), x))[:keep])


@given(st.integers(1, 25), st.integers(1, 25), seeds, st.booleans())
@few
def test_mean_of_the_closest_to_the_median(n, keep, seed, whole):
    vectors, keep = vectors_of(seed, n, whole), min(n, keep)
    expected = [slow_near_median(column, keep) for column in vectors.T]
    assert near_median(vectors, keep) == pytest.approx(expected, abs=1e-12)


def test_mean_around_median_keeps_all_but_f(rng):
    vectors = rng.standard_normal((9, 5))
    expected = [slow_near_median(column, 7) for column in vectors.T]
    assert mean_around_median(vectors, f=2) == pytest.approx(expected)


def test_of_two_equally_far_the_smaller_is_taken():
    assert near_median(np.array([[1.0], [2.0], [3.0]]), keep=2) == [1.5]


@given(st.integers(1, 12), seeds)
@few
def test_sign_majority_counts_votes(n, seed):
    vectors = vectors_of(seed, n, whole=True)
    votes = (vectors > 0).sum(axis=0) - (vectors < 0).sum(axis=0)
    assert (sign_majority(vectors) == np.sign(votes)).all()
