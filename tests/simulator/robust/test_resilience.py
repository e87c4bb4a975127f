"""Resilience by the definition: expectations, and the full gradient."""

import numpy as np
import pytest

from simulator.robust.aggregation import RULES
from simulator.robust.attacks import ATTACKS
from simulator.robust.resilience import krum_constant, resilience

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
    constant = krum_constant(N, F)
    found = study({'krum': {'f': F}}, attack, spread=0.05, constant=constant)
    assert found.holds
    assert found.distance <= found.bound
    assert found.angle <= found.largest_angle < np.pi / 2


def test_where_the_condition_does_not_hold_nothing_is_promised():
    found = study({'krum': {'f': F}}, 'sign_flip', spread=1.0, constant=krum_constant(N, F))
    assert not found.holds
    assert np.isnan(found.largest_angle)


def test_the_constant_is_that_of_the_paper():
    assert krum_constant(25, 5) ** 2 == pytest.approx(2 * (20 + (5 * 18 + 25 * 19) / 13))
