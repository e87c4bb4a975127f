"""Squared distances by matrix products, against the obvious."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.robust import arrays
from simulator.robust.aggregation.distances import coordinates, distances_to, squared_distances


def obvious(vectors):
    exact = vectors.astype(np.float64)
    return ((exact[:, None] - exact[None, :]) ** 2).sum(axis=-1)


@given(
    n=st.integers(1, 12),
    d=st.sampled_from([1, 2, 50, 3000]),
    offset=st.sampled_from([0.0, 1.0, 300.0]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=30)
def test_it_agrees_with_the_obvious_even_far_from_the_origin(n, d, offset, seed):
    vectors = np.random.default_rng(seed).standard_normal((n, d)) + offset
    assert squared_distances(vectors) == pytest.approx(obvious(vectors), rel=1e-9, abs=1e-9)
    single = vectors.astype(np.float32)
    assert squared_distances(single) == pytest.approx(obvious(single), rel=1e-4, abs=1e-4)


LIARS = {
    'one of norm 1e6': lambda honest: 1e6 * honest[:1] / np.linalg.norm(honest[0]),
    'one of norm 1e15': lambda honest: 1e15 * honest[:1] / np.linalg.norm(honest[0]),
    'signs flipped': lambda honest: -honest[:5],
    'of the median norm': lambda honest: np.eye(*honest.shape)[:5] * np.linalg.norm(honest[0]),
    'zeros': lambda honest: np.zeros_like(honest[:5]),
}


@pytest.mark.parametrize('liars', LIARS)
def test_liars_do_not_spoil_the_distances_of_the_honest(rng, liars):
    """They are a thousandth of the vectors' length apart: naive float32 would see only noise."""
    honest = (rng.standard_normal(2000) + 1e-3 * rng.standard_normal((8, 2000))).astype(np.float32)
    vectors = np.concatenate([LIARS[liars](honest).astype(np.float32), honest])
    found = squared_distances(vectors)[-8:, -8:]
    assert found == pytest.approx(obvious(honest), rel=1e-4)
    squares = (vectors**2).sum(axis=1)
    naive = (squares[:, None] + squares - 2 * vectors @ vectors.T)[-8:, -8:]
    assert np.abs(naive - obvious(honest)).max() > 0.05 * obvious(honest).max()


def test_equal_vectors_have_no_distance(rng):
    vectors = rng.standard_normal((9, 5000)).astype(np.float32)
    vectors[4] = vectors[7] = vectors[1]
    found = squared_distances(vectors)
    assert found[4, 7] == found[1, 4] == 0
    assert (found == found.T).all()
    assert (found.diagonal() == 0).all()


def test_blocks_make_no_difference(rng, monkeypatch):
    vectors = rng.standard_normal((7, 3000))
    whole = squared_distances(vectors), distances_to(vectors, vectors[2])
    monkeypatch.setattr(arrays, 'CACHE', 0)
    cut = squared_distances(vectors), distances_to(vectors, vectors[2])
    for one, other in zip(whole, cut, strict=True):
        assert one == pytest.approx(other, rel=1e-12)


@pytest.mark.parametrize('d', [2, 9, 10, 4000])
def test_coordinates_have_the_same_distances_in_at_most_n_dimensions(rng, d):
    vectors = rng.standard_normal((9, d))
    points = coordinates(vectors)
    assert points.shape[1] <= 9
    assert obvious(points) == pytest.approx(obvious(vectors), rel=1e-8)


def test_coordinates_of_the_honest_are_not_drowned_by_a_far_liar(rng):
    vectors = rng.standard_normal((9, 400))
    vectors[3] *= 1e12
    near = np.delete(np.arange(9), 3)
    points = coordinates(vectors)[near]
    assert obvious(points) == pytest.approx(obvious(vectors[near]), rel=1e-6)
