"""Facts of the textbooks about linear models and perceptrons."""

import numpy as np
import pytest

from simulator.learning.models import Task, linear, mlp

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
CLASSES = np.array([0, 1, 1, 0])


def descend(model, parameters, steps, rate, targets=CLASSES):
    for _ in range(steps):
        gradient = model.losses_and_gradients(parameters[None], XOR[None], targets[None]).gradients
        parameters = parameters - rate * gradient[0]
    return parameters


def test_parameters_and_flops_as_counted_by_hand():
    model = mlp(Task((8, 8), 10), hidden=[64, 32])
    assert model.dimension == (64 * 64 + 64) + (64 * 32 + 32) + (32 * 10 + 10)
    assert model.forward_flops == 2 * 64 * 64 + 64 + 2 * 64 * 32 + 32 + 2 * 32 * 10
    assert linear(Task((8, 8), 10)).dimension == 650


def test_the_flat_vector_holds_weights_then_biases():
    model = mlp(Task((2,), 1, labels=False), hidden=[2])
    parameters = np.array([[1, 2, 3, 4, 5, 6, 7, 8, 9]], np.float32)  # W, b, v, c
    answer = model.outputs(parameters, np.array([[[1, 1]]], np.float32))
    assert answer.tolist() == [[[7 * (1 + 3 + 5) + 8 * (2 + 4 + 6) + 9]]]


@pytest.mark.parametrize(
    'targets', [CLASSES, CLASSES[:, None].astype(float)], ids=['labels', 'values']
)
def test_a_linear_model_with_squared_error_says_one_half_to_xor(targets):
    units = 2 if targets.ndim == 1 else 1
    model = linear(Task((2,), units, labels=targets.ndim == 1), loss='squared_error')
    parameters = descend(model, model.init(np.random.default_rng(0)), 2000, 0.5, targets)
    assert parameters == pytest.approx([0] * (2 * units) + [0.5] * units, abs=1e-5)
    assert model.outputs(parameters[None], XOR[None]) == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize('activation', ['tanh', 'relu', 'logistic'])
def test_an_mlp_learns_xor(activation):
    model = mlp(Task((2,), 2), hidden=[8], activation=activation)
    parameters = descend(model, model.init(np.random.default_rng(1)), 1500, 0.5)
    assert model.evaluate(parameters, XOR, CLASSES).accuracy == 1


@pytest.mark.parametrize('activation', ['tanh', 'logistic'])
def test_weights_all_zero_never_break_symmetry(activation):
    model = mlp(Task((2,), 2), hidden=[8], activation=activation, init='zeros')
    parameters = descend(model, model.init(np.random.default_rng(1)), 500, 0.5)
    hidden = parameters[model.layers[1].arrays['weights'].place].reshape(2, 8)
    assert (hidden == hidden[:, :1]).all()
    assert model.evaluate(parameters, XOR, CLASSES).accuracy <= 0.5


def test_tanh_is_the_logistic_curve_stretched():
    x = np.random.default_rng(2).standard_normal((1, 50, 3))
    tanh, logistic = (
        mlp(Task((3,), 1, labels=False), hidden=[1], activation=a) for a in ('tanh', 'logistic')
    )
    bent = np.array([[1.0, 2, 3, 0.5, 1, 0]])
    halved = np.array([[2.0, 4, 6, 1, 2, -1]])
    assert tanh.outputs(bent, x) == pytest.approx(logistic.outputs(halved, x), abs=1e-12)
