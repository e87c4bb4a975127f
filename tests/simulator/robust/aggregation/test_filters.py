"""Rules that filter along the direction of most spread."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import ScenarioError
from simulator.robust.aggregation import Context, caf, dnc


def slow_caf(vectors, f):
    """With covariance matrices of d by d."""
    n = len(vectors)
    weights, best, least = np.ones(n), None, np.inf
    while weights.sum() > n - 2 * f:
        mean = np.average(vectors, axis=0, weights=weights)
        values, axes = np.linalg.eigh(np.cov(vectors.T, aweights=weights, bias=True))
        if values[-1] < least:
            best, least = mean, values[-1]
        squares = ((vectors - mean) @ axes[:, -1]) ** 2
        weights = weights * (1 - squares / squares[weights > 0].max())
    return best


@given(st.integers(1, 4), st.integers(0, 6), st.sampled_from([3, 30]), st.integers(0, 2**32))
@settings(max_examples=20)
def test_caf_agrees_with_matrices_of_d_by_d(f, more, d, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((2 * f + 1 + more, d))
    vectors[:f] *= 10
    assert caf(vectors, f=f) == pytest.approx(slow_caf(vectors, f), abs=1e-9)


def test_caf_needs_no_bound_on_the_spread(rng):
    honest = rng.standard_normal((20, 50))
    for scale in (1e-6, 1.0, 1e6):
        vectors = scale * np.concatenate([honest, 5 + rng.standard_normal((5, 50))])
        away = caf(vectors, f=5) / scale - honest.mean(axis=0)
        assert np.linalg.norm(away) < 1


def test_caf_of_equal_vectors_ends():
    assert caf(np.ones((5, 3)), f=2).tolist() == [1, 1, 1]


def here(seed=0):
    return Context(rng=np.random.default_rng(seed))


def test_dnc_drops_the_largest_projections_on_the_top_singular_vector(rng):
    vectors = rng.standard_normal((12, 6))
    vectors[:2] += 4
    centred = vectors - vectors.mean(axis=0)
    scores = (centred @ np.linalg.svd(centred)[2][0]) ** 2
    kept = np.argsort(scores)[:10]
    assert dnc(vectors, here(), f=2) == pytest.approx(vectors[kept].mean(axis=0))


def test_dnc_averages_those_that_no_iteration_drops(rng):
    vectors = rng.standard_normal((12, 40))
    kept = dnc.selects(vectors, here(), f=2, iterations=3, sample=5)
    again = np.random.default_rng(0)
    expected = set(range(12))
    for _ in range(3):
        part = vectors[:, np.sort(again.choice(40, 5, replace=False, shuffle=False))]
        centred = part - part.mean(axis=0)
        scores = (centred @ np.linalg.svd(centred)[2][0]) ** 2
        expected -= set(np.argsort(scores)[-2:].tolist())
    assert set(kept.tolist()) == expected


def test_dnc_has_to_leave_somebody():
    with pytest.raises(ScenarioError, match=r'n=7, f=3, iterations=2, filtered=1.2'):
        dnc(np.ones((7, 2)), here(), f=3, iterations=2, filtered=1.2)
    assert dnc(np.ones((7, 2)), here(), f=2, iterations=2, filtered=1.5).tolist() == [1, 1]
