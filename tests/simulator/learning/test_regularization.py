import numpy as np
import pytest

from simulator.learning import OPTIMIZERS, Gradients, Task, mlp, regularization

MODEL = mlp(Task((6,), 3), hidden=[5], activation='tanh')
RNG = np.random.default_rng(0)
INPUTS = RNG.random((4, 8, 6), dtype=np.float32)
LABELS = RNG.integers(0, 3, (4, 8))
POINTS = RNG.standard_normal((4, MODEL.dimension))
PLAIN = MODEL.losses_and_gradients(POINTS, INPUTS, LABELS)
BIASES = [
    place for layer in MODEL.layers for place, shape in layer.arrays.values() if len(shape) == 1
]


class Given:
    """A model that finds the gradients it is given."""

    def __init__(self, *gradients):
        self.gradients = np.array(gradients)
        self.layers, self.dimension = (), self.gradients.shape[1]
        self.forward_flops = self.bytes = self.noise = self.statistics = None
        self.init = self.outputs = self.evaluate = self.footprint = self.signals = None

    def losses_and_gradients(self, *_):
        return Gradients(np.zeros(len(self.gradients)), self.gradients.copy(), None)


def bent(*gradients, **rules):
    model = regularization(**rules).model(Given(*gradients))
    return model.losses_and_gradients(None, None, None).gradients


def test_clipping_by_norm_keeps_the_direction():
    assert bent([0.9, 100.0], clip_norm=1.0)[0] == pytest.approx([0.00899964, 0.99995950], abs=1e-8)


def test_clipping_by_value_does_not():
    assert bent([0.9, 100.0], clip_value=1.0).tolist() == [[0.9, 1]]


def test_each_worker_is_clipped_by_itself():
    ours = bent([3.0, 4.0], [0.3, 0.4], [0.0, 0.0], clip_norm=1.0)
    assert ours == pytest.approx(np.array([[0.6, 0.8], [0.3, 0.4], [0, 0]]))


@pytest.mark.parametrize('rules', [{'l1': 0.1}, {'l2': 0.3}, {'l1': 0.2, 'l2': 0.1}])
def test_penalties_have_the_gradient_they_should(rules):
    model = regularization(**rules).model(MODEL)
    gradients = model.losses_and_gradients(POINTS, INPUTS, LABELS).gradients
    way = np.random.default_rng(1).standard_normal(POINTS.shape)
    ahead, behind = (
        model.losses_and_gradients(POINTS + step * way, INPUTS, LABELS).losses
        for step in (1e-6, -1e-6)
    )
    assert (ahead - behind) / 2e-6 == pytest.approx((gradients * way).sum(axis=1), rel=1e-6)


def test_penalties_are_for_weights_alone():
    found = regularization(l1=0.1, l2=0.1).model(MODEL).losses_and_gradients(POINTS, INPUTS, LABELS)
    extra = found.gradients - PLAIN.gradients
    assert all((extra[:, place] == 0).all() for place in BIASES)
    assert (extra != 0).sum() == 4 * (6 * 5 + 5 * 3)
    assert model_loss(found) > model_loss(PLAIN)


def model_loss(found):
    return found.losses.mean()


def test_evaluation_bears_no_penalty():
    model = regularization(l2=1.0).model(MODEL)
    plain, same = (m.evaluate(POINTS, INPUTS[0], LABELS[0]) for m in (MODEL, model))
    assert (plain.loss == same.loss).all()


def test_a_stack_is_regularized_bitwise_as_each_alone():
    model = regularization(l1=0.01, l2=0.1, clip_value=0.2, clip_norm=0.5).model(MODEL)
    points = POINTS.astype(np.float32)
    stack = model.losses_and_gradients(points, INPUTS, LABELS)
    for i in range(4):
        alone = model.losses_and_gradients(points[i : i + 1], INPUTS[i : i + 1], LABELS[i : i + 1])
        assert alone.losses[0] == stack.losses[i]
        assert (alone.gradients[0] == stack.gradients[i]).all()
        assert alone.gradients.dtype == np.float32


def test_nothing_asked_nothing_done():
    rules = regularization()
    optimizer = OPTIMIZERS['sgd']()
    assert rules.model(MODEL) is MODEL
    assert rules.optimizer(optimizer, MODEL) is optimizer


@pytest.mark.parametrize('name', OPTIMIZERS)
def test_max_norm_bounds_the_weights_into_each_unit(name):
    optimizer = regularization(max_norm=0.5).optimizer(OPTIMIZERS[name](), MODEL)
    moved, _ = optimizer.update(PLAIN.gradients, optimizer.init(POINTS), POINTS)
    plain, _ = OPTIMIZERS[name]().update(PLAIN.gradients, optimizer.init(POINTS), POINTS)
    for layer in MODEL.layers:
        for place, shape in layer.arrays.values():
            ours, theirs = (p[:, place].reshape(4, *shape) for p in (moved, plain))
            if len(shape) == 1:
                assert (ours == theirs).all()
            else:
                lengths = np.linalg.norm(theirs, axis=1, keepdims=True)
                assert ours == pytest.approx(theirs * np.minimum(1, 0.5 / lengths))
    lone, _ = optimizer.update(PLAIN.gradients[2], optimizer.init(POINTS[2]), POINTS[2])
    assert lone == pytest.approx(moved[2], rel=1e-12)
