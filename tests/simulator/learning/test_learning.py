from functools import partial

import numpy as np
import pytest

from simulator.learning import Learning, digits, dirichlet, iid, linear, mlp, regularization, sgd
from simulator.seeds import Seeds


def draw(seed=7, workers=4, model=linear, **options):
    return Learning.draw(digits, iid, model, workers=workers, seeds=Seeds(seed), **options)


def test_one_seed_gives_one_course_of_events():
    one, same, other = draw(1), draw(1), draw(2)
    assert (one.initial == same.initial).all()
    assert not (one.initial == other.initial).all()
    for worker in (2, 0, 2):
        ours = one.request(worker, one.initial).value
        assert (ours == same.request(worker, same.initial).value).all()


def test_a_worker_s_batches_do_not_depend_on_the_others():
    busy, idle = draw(), draw()
    for worker in (1, 2, 3, 1, 1):
        busy.request(worker, busy.initial)
    ours, theirs = (each.request(0, each.initial).value for each in (busy, idle))
    assert (ours == theirs).all()


def test_the_figures_a_simulation_asks_for():
    learning = draw(batch=16)
    assert learning.samples_per_epoch == 1442
    assert learning.batch(3) == 16
    assert learning.gradient_flops(3) == 3 * 1280 * 16
    assert learning.model.bytes == 2600
    assert learning.initial.nbytes == 2600


def test_a_batch_may_be_the_whole_shard():
    learning = draw(batch=None)
    assert learning.batch(0) == 361
    first, second = (learning.request(0, learning.initial).value for _ in range(2))
    assert (first == second).all()


def test_local_steps_draw_the_batches_that_gradients_would():
    stepping, walking = draw(), draw()
    parameters, descent = stepping.initial, sgd(rate=0.5)
    for _ in range(5):
        gradient = stepping.request(1, parameters).value
        parameters, _ = descent.update(gradient, (), parameters)
    assert (walking.request_steps(1, walking.initial, 5, descent).value == parameters).all()


def test_an_mlp_learns_the_digits_from_workers_of_different_kinds():
    learning = Learning.draw(
        digits, partial(dirichlet, alpha=0.5), partial(mlp, hidden=[64]), workers=8, seeds=Seeds(3)
    )
    descent, parameters = sgd(rate=0.3), learning.initial
    for _ in range(200):
        pending = [learning.request(worker, parameters) for worker in range(8)]
        mean = np.mean([each.value for each in pending], axis=0)
        parameters, _ = descent.update(mean, (), parameters)
    assert learning.evaluate(parameters).accuracy > 0.93
    assert learning.training_loss(parameters) < 0.2
    both = learning.evaluate(np.stack([learning.initial, parameters]))
    assert both.accuracy[1] == learning.evaluate(parameters).accuracy
    assert both.loss[0] == pytest.approx(np.log(10), rel=0.4)


def test_dropout_draws_from_the_worker_s_own_stream():
    model = partial(mlp, hidden=[16], dropout=0.5)
    busy, idle = draw(model=model), draw(model=model)
    for worker in (1, 2, 1):
        busy.request(worker, busy.initial)
    ours, theirs = (each.request(0, each.initial) for each in (busy, idle))
    assert (ours.value == theirs.value).all()
    deaf = busy.pool.request(0, busy.initial, np.arange(4), np.zeros((4, 16)))
    assert deaf.loss == pytest.approx(np.log(10))  # all hidden units silent


def test_batch_normalized_models_are_evaluated_with_running_statistics():
    learning = draw(model=partial(mlp, hidden=[32], batch_norm=True))
    descent, parameters = sgd(rate=0.3), learning.initial
    for _ in range(60):
        pending = [learning.request(worker, parameters) for worker in range(4)]
        parameters, _ = descent.update(np.mean([p.value for p in pending], axis=0), (), parameters)
    assert learning.evaluate(parameters).accuracy > 0.9
    assert learning.model.evaluate(parameters, *learning.data.test).accuracy < 0.9
    each = learning.evaluate(np.stack([parameters] * 2), workers=[0, 3])
    assert each.loss[0] != each.loss[1]
    mean = np.mean([learning.pool.running(worker) for worker in range(4)], axis=0)
    assert learning.statistics() == pytest.approx(mean, rel=1e-6)


def test_one_size_of_batches_or_none():
    assert draw(batch=16).common_batch == 16
    assert draw(batch=[16, 8, 16, 16]).common_batch is None


def test_gradients_computed_in_another_way_bear_the_same_penalties():
    class Doubled:
        def __init__(self, model):
            self.__dict__.update(vars(model))
            self.model = model

        def __getattr__(self, name):
            return getattr(self.model, name)

        def losses_and_gradients(self, *samples):
            found = self.model.losses_and_gradients(*samples)
            return found._replace(gradients=2 * found.gradients)

    plain, other = (draw(regularization=regularization(l2=0.5)) for _ in range(2))
    other.compute_by(Doubled(other.model))
    ours, theirs = (each.request(0, each.initial).value for each in (plain, other))
    weights = plain.initial.copy()
    weights[-10:] = 0  # biases bear none
    np.testing.assert_allclose(theirs - 0.5 * weights, 2 * (ours - 0.5 * weights), atol=1e-6)
