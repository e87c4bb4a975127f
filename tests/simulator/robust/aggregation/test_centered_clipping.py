"""Centered clipping and MoNNA: rules that start from somewhere."""

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.robust.aggregation import Context, centered_clipping, median, monna


def slow(vectors, centre, radius, iterations):
    for _ in range(iterations):
        steps = [v - centre for v in vectors]
        shares = [min(1, radius / np.linalg.norm(step)) for step in steps]
        centre = centre + sum(s * step for s, step in zip(shares, steps, strict=True)) / len(steps)
    return centre


@pytest.mark.parametrize('iterations', [1, 4])
@pytest.mark.parametrize('radius', [0.5, 3.0, 100.0])
def test_it_steps_from_the_last_aggregate(rng, iterations, radius):
    vectors, last = rng.standard_normal((7, 20)), rng.standard_normal(20)
    found = centered_clipping(vectors, Context(last), radius=radius, iterations=iterations)
    assert found == pytest.approx(slow(vectors, last, radius, iterations))


def test_it_starts_at_the_median(rng):
    vectors = rng.standard_normal((7, 20))
    expected = slow(vectors, median(vectors), 2.0, 1)
    assert centered_clipping(vectors, radius=2.0) == pytest.approx(expected)


def test_no_liar_pulls_farther_than_its_share_of_the_radius(rng):
    vectors, last = rng.standard_normal((10, 20)).astype(np.float32), np.zeros(20, np.float32)
    honest = centered_clipping(vectors, Context(last), radius=1.0)
    vectors[0] = 1e12
    lied = centered_clipping(vectors, Context(last), radius=1.0)
    assert np.linalg.norm(lied - honest) <= 2 * 1.0 / 10 + 1e-6


def test_an_endless_radius_gives_the_mean(rng):
    vectors = rng.standard_normal((10, 20))
    assert centered_clipping(vectors, radius=1e9) == pytest.approx(vectors.mean(axis=0))


def test_monna_averages_the_nearest_to_the_trusted(rng):
    vectors = rng.standard_normal((9, 5))
    nearest = np.argsort(np.linalg.norm(vectors - vectors[4], axis=1))[:7]
    assert monna(vectors, f=2, trusted=4) == pytest.approx(vectors[nearest].mean(axis=0))
    with pytest.raises(ScenarioError, match='n=9, trusted=9'):
        monna(vectors, f=2, trusted=9)


def test_monna_keeps_the_trusted_itself_among_its_equals():
    vectors = np.array([[1.0], [1.0], [1.0], [5.0], [1.0]])
    assert 4 in monna.selects(vectors, f=2, trusted=4)
