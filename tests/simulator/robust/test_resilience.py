"""Resilience by the definition: expectations, and the full gradient."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.robust.aggregation import RULES
from simulator.robust.aggregation.constants import krum_constant
from simulator.robust.attacks import ATTACKS
from simulator.robust.resilience import Moments, resilience

N, F, D = 25, 5, 20


def study(rule, attack, *, spread=0.1, draws=60, f=F, constant=None):
    gradient = np.ones(D)
    return resilience(
        lambda rng: gradient + spread * rng.standard_normal((N, D)),
        gradient,
        RULES.read(rule),
        ATTACKS.read(attack),
        f=f,
        draws=draws,
        rng=np.random.default_rng(0),
        constant=constant,
    )


def test_without_liars_the_mean_is_unbiased():
    found = study('mean', 'zero', f=0, draws=400)
    assert found.distance < 3 * found.distance_error
    assert found.distance_error == pytest.approx(0.1 * np.sqrt(D / N / 400), rel=0.2)
    assert found.deviation == pytest.approx(0.1 * np.sqrt(D), rel=0.05)
    assert found.norm == pytest.approx(np.sqrt(D))
    assert np.isnan(found.bound)
    assert not found.holds


def test_one_liar_turns_the_mean_around():
    assert study('mean', {'scaled': {'factor': -1.0}}, f=1).angle == pytest.approx(np.pi, abs=0.1)


@pytest.mark.parametrize('attack', ['sign_flip', 'little_is_enough', 'min_max', 'inner_product'])
def test_krum_keeps_what_was_published_where_its_condition_holds(attack):
    constant = krum_constant(N, f=F)
    found = study({'krum': {'f': F}}, attack, spread=0.05, constant=constant)
    assert found.holds
    assert found.distance <= found.bound
    assert found.angle <= found.largest_angle < np.pi / 2


def test_where_the_condition_does_not_hold_nothing_is_promised():
    found = study({'krum': {'f': F}}, 'sign_flip', spread=1.0, constant=krum_constant(N, f=F))
    assert not found.holds
    assert np.isnan(found.largest_angle)


@given(seed=st.integers(0, 2**32), draws=st.integers(2, 9), d=st.integers(1, 6))
def test_sums_say_what_all_draws_together_say(seed, draws, d):
    rng = np.random.default_rng(seed)
    gradient, results = rng.standard_normal(d), rng.standard_normal((draws, d))
    vectors = rng.standard_normal((draws, 3, d))
    moments = Moments(gradient, 2.0)
    for aggregate, honest in zip(results, vectors, strict=True):
        moments.add(aggregate, honest)
    found, away = moments.measured(), results.mean(axis=0) - gradient
    error = np.sqrt(results.var(axis=0, ddof=1).sum() / draws)
    deviation = np.sqrt(((vectors - gradient) ** 2).sum(axis=2).mean())
    assert found.distance == pytest.approx(np.linalg.norm(away))
    assert found.distance_error == pytest.approx(error, abs=1e-7)
    assert (found.deviation, found.bound) == pytest.approx((deviation, 2 * deviation))
    assert found.leeway == pytest.approx(np.abs(away).max() / (deviation / np.sqrt(d)))


def test_an_aggregate_that_is_no_number_leaves_the_honest_figures():
    moments = Moments(np.ones(2))
    moments.add(np.array([np.nan, 1.0]), np.ones((3, 2)) + 1)
    found = moments.measured()
    assert np.isnan(found.distance)
    assert np.isnan(found.angle)
    assert (found.norm, found.deviation) == pytest.approx((np.sqrt(2), np.sqrt(2)))
