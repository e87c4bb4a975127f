"""Sorting networks."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.robust import arrays
from simulator.robust.aggregation.ordering import UNWANTED, by_rank, comparisons


@pytest.mark.parametrize('n', range(1, 11))
def test_a_network_that_sorts_all_zeros_and_ones_sorts_everything(n):
    columns = np.array(list(itertools.product([0.0, 1.0], repeat=n))).T
    assert by_rank(columns, lambda rows: np.array(rows[0])) == pytest.approx(columns.min(axis=0))
    for rank in range(n):
        found = by_rank(columns, lambda rows, rank=rank: rows[rank])
        assert (found == np.sort(columns, axis=0)[rank]).all()


@given(st.integers(1, 40), st.integers(0, 19), st.integers(0, 2**32))
@settings(max_examples=40)
def test_groups_hold_the_right_values_in_any_order(n, trim, seed):
    trim = min(trim, (n - 1) // 2)
    vectors = np.random.default_rng(seed).integers(0, 20, (n, 30)).astype(float)
    groups = (UNWANTED,) * trim + (1,) * (n - 2 * trim) + (UNWANTED,) * trim
    found = by_rank(vectors, lambda rows: sum(row**3 for row in rows[trim : n - trim]), groups)
    assert (found == (np.sort(vectors, axis=0)[trim : n - trim] ** 3).sum(axis=0)).all()


def test_what_is_not_asked_for_is_not_compared():
    n = 50
    median = (UNWANTED,) * 24 + (1, 1) + (UNWANTED,) * 24
    work = [sum(c[2] + c[3] for c in comparisons(n, g)) for g in (median, tuple(range(n)))]
    assert work[0] < 0.8 * work[1]
    assert comparisons(n, (0,) * n) == ()


def test_blocks_make_no_difference_and_the_input_is_left_alone(rng, monkeypatch):
    vectors = rng.standard_normal((9, 5000))
    vectors.setflags(write=False)
    monkeypatch.setattr(arrays, 'CACHE', 0)
    assert (by_rank(vectors, lambda rows: rows[4]) == np.median(vectors, axis=0)).all()
