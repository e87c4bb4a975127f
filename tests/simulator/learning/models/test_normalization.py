import numpy as np
import pytest

from simulator.learning import Task, mlp
from simulator.learning.models.layer import Aside
from simulator.learning.models.normalization import batch_norm, dropout


def normalized(samples, scale=1.0, shift=0.0):
    units = samples.shape[-1]
    weights = [np.full((len(samples), units), value) for value in (scale, shift)]
    measured = [np.empty((len(samples), units)) for _ in range(2)]
    outputs, _ = batch_norm(samples.shape[2:]).forward(
        weights, samples, Aside(True, None, measured)
    )
    return outputs, measured


def test_each_unit_of_a_batch_has_mean_shift_and_deviation_scale():
    samples = np.random.default_rng(0).normal(3, 2, (2, 400, 5))
    outputs, (mean, variance) = normalized(samples, scale=0.5, shift=7.0)
    assert outputs.mean(axis=1) == pytest.approx(7)
    assert outputs.std(axis=1) == pytest.approx(0.5, rel=1e-4)
    assert mean == pytest.approx(samples.mean(axis=1))
    assert variance == pytest.approx(samples.var(axis=1, ddof=1))


def test_a_map_of_features_is_one_unit():
    samples = np.random.default_rng(0).normal(3, 2, (2, 10, 4, 4, 5))
    flat, _ = normalized(samples.reshape(2, 160, 5))
    assert (normalized(samples)[0].reshape(flat.shape) == flat).all()


def test_a_batch_of_one_has_no_spread():
    outputs, (_, variance) = normalized(np.array([[[4.0, 5.0]]]), shift=1.0)
    assert outputs.tolist() == [[[1, 1]]]
    assert variance.tolist() == [[0, 0]]


def test_evaluation_takes_the_running_statistics():
    model = mlp(Task((2,), 1, labels=False), hidden=[1], batch_norm=True, activation='tanh')
    parameters = np.array([[1.0, 1, 0, 2, 3, 1, 0]])  # w, w, b, scale, shift, v, c
    answer = model.outputs(parameters, np.array([[[4.0, 1.0]]]), np.array([5.0, 4.0]))
    assert answer.item() == pytest.approx(np.tanh(2 * (5 - 5) / 2 + 3))


def test_dropout_keeps_the_mean_and_silences_its_share():
    noise = np.random.default_rng(0).random((1, 4000, 5))
    outputs, _ = dropout((5,), share=0.3).forward((), np.ones((1, 4000, 5)), Aside(True, noise))
    silent = (outputs == 0).sum()
    assert abs(silent - 6000) < 4 * (20000 * 0.3 * 0.7) ** 0.5
    assert outputs[outputs > 0] == pytest.approx(1 / 0.7)


def test_nothing_is_dropped_in_evaluation():
    samples = np.ones((1, 3, 5))
    assert (dropout((5,), share=0.3).forward((), samples, Aside(False))[0] == samples).all()
