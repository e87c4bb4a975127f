"""Each optimizer step by step against its paper's formula."""

import numpy as np
import pytest

from simulator.learning.optimizers import momentum, nesterov, sgd

RATE, BETA = 0.3, 0.8


def gradient_at(w):
    """Return the slope of a crooked bowl."""
    return np.array([1.0, 5.0]) * w + np.sin(w)


def walk(optimizer, steps=20):
    w, path = np.array([1.0, -2.0]), []
    state = optimizer.init(w)
    for _ in range(steps):
        w, state = optimizer.update(gradient_at(w), state, w)
        path.append(w)
    return path


def test_sgd():
    w = np.array([1.0, -2.0])
    for step in walk(sgd(rate=RATE)):
        w = w - RATE * gradient_at(w)
        assert step == pytest.approx(w)


def test_momentum_is_polyak_s_heavy_ball():
    # x_{k+1} = x_k - rate g(x_k) + beta (x_k - x_{k-1})
    before = w = np.array([1.0, -2.0])
    for step in walk(momentum(rate=RATE, beta=BETA)):
        before, w = w, w - RATE * gradient_at(w) + BETA * (w - before)
        assert step == pytest.approx(w)


def test_nesterov_is_sutskever_s_form_seen_from_the_point_ahead():
    # v' = beta v - rate g(theta + beta v); theta' = theta + v'
    theta, velocity = np.array([1.0, -2.0]), np.zeros(2)
    for step in walk(nesterov(rate=RATE, beta=BETA)):
        velocity = BETA * velocity - RATE * gradient_at(theta + BETA * velocity)
        theta = theta + velocity
        assert step == pytest.approx(theta + BETA * velocity)


def test_a_factor_acts_on_this_step_alone():
    init, update = momentum(rate=1.0, beta=0.5)
    w, state = update(np.ones(1), init(np.ones(1)), np.ones(1), 0.0)
    assert (w, state.velocity) == ([1.0], [1.0])
    w, state = update(np.ones(1), state, w)
    assert (w, state.velocity) == ([-0.5], [1.5])
