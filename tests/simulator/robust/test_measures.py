"""What a round shows of an aggregate."""

import numpy as np
import pytest

from simulator.robust.measures import angle, byzantine_share, distance, variance_to_norm


def test_distance_from_the_honest_mean(rng):
    honest, aggregate = rng.standard_normal((5, 9)), rng.standard_normal(9)
    assert distance(aggregate, honest) == pytest.approx(
        np.linalg.norm(aggregate - honest.mean(axis=0))
    )


def test_angles(rng):
    vector = rng.standard_normal(9).astype(np.float32)
    assert angle(vector, 3 * vector) == pytest.approx(0, abs=1e-3)
    assert angle(vector, -vector) == pytest.approx(np.pi, abs=1e-3)
    assert np.isnan(angle(vector, 0 * vector))
    assert np.isnan(angle(vector, np.full(9, np.nan)))


def test_variance_to_norm_is_estimated_without_bias():
    rng = np.random.default_rng(0)
    honest = 2 + rng.standard_normal((20_000, 10))
    assert variance_to_norm(honest) == pytest.approx(10 / 40, rel=0.05)
    few = [honest[k : k + 5] for k in range(0, 20_000, 5)]
    assert np.mean([variance_to_norm(each) for each in few]) == pytest.approx(0.25, rel=0.05)
    assert np.isnan(variance_to_norm(honest[:1]))


def test_noise_around_zero_has_no_direction():
    assert variance_to_norm(np.array([[1.0], [-1.0]])) == np.inf


def test_share_of_liars_among_the_selected():
    assert byzantine_share(np.array([1, 2, 3, 4]), [4, 9]) == 0.25
    assert byzantine_share(np.array([1, 2]), []) == 0
