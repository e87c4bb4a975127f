"""Noise, constants, reversals."""

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.robust.attacks import (
    View,
    constant,
    gaussian,
    infinite,
    nan,
    random,
    scaled,
    sign_flip,
    that_makes_the_mean,
    zero,
)


def view_of(rng, h=6, b=2, d=2000):
    return View(rng.standard_normal((h, d)) + 1, rng.standard_normal((b, d)) + 1, rng=rng)


def test_one_line_each(rng):
    view = view_of(rng, d=3)
    assert (sign_flip(view, factor=3.0) == -3 * view.own).all()
    assert (constant(view, value=-2.0) == -2).all()
    assert (zero(view) == 0).all()
    assert np.isposinf(infinite(view)).all()
    assert np.isnan(nan(view)).all()


def test_noise_has_the_stated_size_and_each_node_its_own(rng):
    sent = gaussian(view_of(rng), deviation=5.0)
    assert sent.std() == pytest.approx(5, rel=0.1)
    assert abs(sent.mean()) < 0.5
    assert (sent[0] != sent[1]).all()
    even = random(view_of(rng), size=3.0)
    assert np.abs(even).max() == pytest.approx(3, rel=0.01)
    assert even.std() == pytest.approx(3 / np.sqrt(3), rel=0.1)


def test_one_liar_makes_the_mean_whatever_it_wants(rng):
    view, wanted = view_of(rng, b=1), rng.standard_normal(2000)
    lie = that_makes_the_mean(view, wanted)
    assert np.concatenate([view.honest, [lie]]).mean(axis=0) == pytest.approx(wanted)


@pytest.mark.parametrize('b', [1, 3])
def test_scaled_turns_the_mean_around(rng, b):
    view = view_of(rng, b=b)
    received = np.concatenate([view.honest, scaled(view, factor=-2.0, offset=0.5)])
    assert received.mean(axis=0) == pytest.approx(-2 * view.honest.mean(axis=0) + 0.5)


def test_what_draws_needs_a_generator():
    with pytest.raises(ScenarioError, match='draws'):
        gaussian(View(np.ones((2, 2)), np.ones((1, 2))))
