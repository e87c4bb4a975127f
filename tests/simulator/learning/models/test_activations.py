import numpy as np
import pytest

from simulator.learning.models.activations import bend
from simulator.learning.models.layer import Aside

X = np.linspace(-4, 4, 81)


def curve(name, weights=(), noise=None):
    samples = X.reshape(1, -1, 1)
    return bend(name, (1,)).forward(weights, samples, Aside(True, noise))[0].ravel()


@pytest.mark.parametrize(
    ('name', 'formula'),
    [
        ('relu', lambda x: max(x, 0)),
        ('tanh', np.tanh),
        ('logistic', lambda x: 1 / (1 + np.exp(-x))),
        ('leaky_relu', lambda x: x if x > 0 else 0.01 * x),
        ('elu', lambda x: x if x > 0 else np.exp(x) - 1),
    ],
)
def test_each_is_its_textbook_formula(name, formula):
    assert curve(name) == pytest.approx([formula(x) for x in X], abs=1e-12)


def test_prelu_takes_its_slope_from_the_parameters():
    assert curve('prelu', [np.array([[0.3]])]) == pytest.approx(np.where(X > 0, X, 0.3 * X))


def test_rrelu_draws_its_slope_between_an_eighth_and_a_third():
    noise = np.random.default_rng(0).random((1, 81, 1))
    slopes = curve('rrelu', noise=noise)[X < 0] / X[X < 0]
    assert ((slopes >= 1 / 8) & (slopes <= 1 / 3)).all()
    assert slopes == pytest.approx((1 / 8 + (1 / 3 - 1 / 8) * noise.ravel())[X < 0])


def test_rrelu_evaluates_with_the_mean_slope():
    assert curve('rrelu') == pytest.approx(np.where(X > 0, X, 11 / 48 * X))
