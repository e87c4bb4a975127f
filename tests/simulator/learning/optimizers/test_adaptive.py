"""Each optimizer step by step against its paper's formula, and against torch where there is one."""

import numpy as np
import pytest

from simulator.learning import OPTIMIZERS
from simulator.learning.optimizers import adagrad, adam, adamw, rmsprop

START = np.array([1.0, -2.0, 0.5])


def gradient_at(w):
    return np.array([1.0, 5.0, 1e-4]) * w + np.sin(w)


def walk(optimizer, steps=25):
    w, path = START, []
    state = optimizer.init(w)
    for _ in range(steps):
        w, state = optimizer.update(gradient_at(w), state, w)
        path.append(w)
    return path


def test_adagrad_divides_by_the_root_of_the_sum_of_squares():
    w, total = START, np.zeros(3)
    for step in walk(adagrad(rate=0.3, epsilon=1e-3)):
        g = gradient_at(w)
        total = total + g**2
        w = w - 0.3 * g / (np.sqrt(total) + 1e-3)
        assert step == pytest.approx(w)


def test_rmsprop_divides_by_the_root_of_a_moving_average():
    w, average = START, np.zeros(3)
    for step in walk(rmsprop(rate=0.03, decay=0.8, epsilon=1e-3)):
        g = gradient_at(w)
        average = 0.8 * average + 0.2 * g**2
        w = w - 0.03 * g / (np.sqrt(average) + 1e-3)
        assert step == pytest.approx(w)


@pytest.mark.parametrize('decay', [0.0, 0.1])
def test_adam_is_algorithm_1_of_its_paper_and_adamw_adds_decay(decay):
    options = {'rate': 0.05, 'beta1': 0.8, 'beta2': 0.95, 'epsilon': 1e-3}
    optimizer = adamw(**options, weight_decay=decay) if decay else adam(**options)
    w, m, v = START, np.zeros(3), np.zeros(3)
    for t, step in enumerate(walk(optimizer), start=1):
        g = gradient_at(w)
        m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g**2
        corrected = (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-3)
        w = w - 0.05 * (corrected + decay * w)
        assert step == pytest.approx(w)


def test_in_float32_the_correction_of_adam_stays_exact():
    init, update = adam()
    state = init(np.zeros(1, np.float32))
    for t in range(1, 3000):
        _, state = update(np.ones(1, np.float32), state, np.zeros(1, np.float32))
        if t in (1, 10, 100, 2999):
            assert state.squares_weight == pytest.approx(1 - 0.999**t, rel=1e-4)
    assert state.mean_weight == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize(
    ('name', 'options', 'theirs', 'their_options'),
    [
        ('sgd', {'rate': 0.1}, 'SGD', {'lr': 0.1}),
        ('momentum', {'rate': 0.1, 'beta': 0.7}, 'SGD', {'lr': 0.1, 'momentum': 0.7}),
        (
            'nesterov',
            {'rate': 0.1, 'beta': 0.7},
            'SGD',
            {'lr': 0.1, 'momentum': 0.7, 'nesterov': True},
        ),
        ('adagrad', {'rate': 0.1}, 'Adagrad', {'lr': 0.1}),
        ('rmsprop', {'rate': 0.1}, 'RMSprop', {'lr': 0.1, 'alpha': 0.9}),
        ('adam', {'rate': 0.1}, 'Adam', {'lr': 0.1}),
        ('adamw', {'rate': 0.1}, 'AdamW', {'lr': 0.1, 'weight_decay': 0.01}),
    ],
)
def test_they_walk_as_torch_s_do(name, options, theirs, their_options):
    torch = pytest.importorskip('torch')
    w = torch.tensor(START, requires_grad=True)
    reference = getattr(torch.optim, theirs)([w], **their_options)
    for step in walk(OPTIMIZERS[name](**options)):
        w.grad = torch.tensor(gradient_at(w.detach().numpy()))
        reference.step()
        assert step == pytest.approx(w.detach().numpy(), rel=1e-6)
