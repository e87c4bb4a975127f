"""Minimum diameter averaging, against all subsets."""

import itertools
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.robust.aggregation import brute
from simulator.robust.aggregation.diameter import least_diameter


def slow(distances, keep):
    """Try every subset: least diameter, then least sum, then the first."""

    def cost(subset):
        among = distances[np.ix_(subset, subset)]
        return among.max(), round(among.sum(), 6), subset

    return list(min(itertools.combinations(range(len(distances)), keep), key=cost))


@given(
    st.integers(1, 10), st.integers(0, 9), st.integers(1, 3), st.booleans(), st.integers(0, 2**32)
)
@settings(max_examples=80)
def test_it_finds_what_trying_all_subsets_finds_ties_included(n, f, d, whole, seed):
    f = min(f, n - 1)
    rng = np.random.default_rng(seed)
    vectors = rng.integers(0, 3, (n, d)) if whole else rng.standard_normal((n, d))
    distances = ((vectors[:, None] - vectors[None, :]) ** 2).sum(axis=-1).astype(float)
    chosen = least_diameter(distances, n - f)
    assert chosen == slow(distances, n - f)
    if 2 * f < n:
        expected = vectors[chosen].mean(axis=0)
        assert brute(vectors.astype(float), f=f) == pytest.approx(expected)


TIES = {
    'all equal': lambda rng: np.ones((50, 20)),
    'signs': lambda rng: np.sign(rng.standard_normal((50, 100))),
    'few values': lambda rng: rng.integers(0, 2, (50, 8)).astype(float),
    'many copies of one': lambda rng: np.repeat(rng.standard_normal((25, 9)), 2, axis=0),
}


@pytest.mark.parametrize('kind', TIES)
def test_ties_without_number_take_no_time_without_end(rng, kind):
    begin = perf_counter()
    brute(TIES[kind](rng), f=10)
    assert perf_counter() - begin < 10


def test_liars_far_out_do_not_blur_the_distances_of_the_honest(rng):
    vectors = rng.standard_normal((9, 3))
    vectors[[2, 5]] *= 1e9
    distances = ((vectors[:, None] - vectors[None, :]) ** 2).sum(axis=-1)
    assert least_diameter(distances, 6) == slow(distances, 6)
