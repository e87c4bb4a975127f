"""Students that learn from a teacher, and models that begin with others' layers."""

import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning import Learning, Task, digits, iid, linear, mlp, ngram, transformer
from simulator.learning.data import DATA
from simulator.learning.distillation import distilled, tempered
from simulator.learning.layout import check_vocabulary, layout
from simulator.learning.models.losses import CROSS_ENTROPY
from simulator.seeds import Seeds

RNG = np.random.default_rng(0)
DIGITS = Task((8, 8), 10)


def softmax(outputs):
    shares = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def test_training_targets_are_what_the_teacher_says_and_test_labels_stay():
    data, teacher = digits(), mlp(DIGITS)
    parameters = teacher.init(RNG)
    told, _ = distilled(data, linear(DIGITS), teacher, parameters, temperature=3.0)
    expected = softmax(teacher.outputs(parameters[None], data.train.inputs[None])[0] / 3)
    assert told.train.targets == pytest.approx(expected, abs=1e-6)
    assert (told.test.targets == data.test.targets).all()


def test_a_student_that_says_what_the_teacher_says_has_nothing_to_learn():
    data, model = digits(), linear(DIGITS)
    parameters = model.init(RNG)
    told, student = distilled(data, model, model, parameters, temperature=2.0)
    inputs, targets = told.train.inputs[None, :50], told.train.targets[None, :50]
    found = student.losses_and_gradients(parameters[None].astype(float), inputs, targets)
    assert np.abs(found.gradients).max() < 1e-6
    plain = model.losses_and_gradients(parameters[None].astype(float), inputs, targets)
    assert np.abs(plain.gradients).max() > 1e-3  # the temperature is the student's, too


@pytest.mark.parametrize('temperature', [0.5, 1.0, 4.0])
def test_the_tempered_loss_has_these_slopes(temperature):
    loss = tempered(temperature)
    outputs, wanted = RNG.standard_normal((1, 2, 5)), softmax(RNG.standard_normal((1, 2, 5)))
    way = RNG.standard_normal(outputs.shape)
    ahead, behind = (loss.values(outputs + sign * 1e-6 * way, wanted) for sign in (1, -1))
    slopes = loss.slopes(outputs, wanted)[1]
    assert (ahead - behind) / 2e-6 == pytest.approx((slopes * way).sum(axis=-1), rel=1e-6)


def test_at_high_temperature_the_slope_is_that_of_squared_differences():
    outputs, wanted = RNG.standard_normal((2, 1, 1, 6))
    wanted -= wanted.mean()
    outputs -= outputs.mean()
    slopes = tempered(1e4).slopes(outputs, softmax(wanted / 1e4))[1]
    assert slopes == pytest.approx((outputs - wanted) / 6, abs=1e-3)


def test_steps_without_a_target_stay_without():
    data = DATA['text'](RNG, length=50, samples=100, vocabulary=30)
    model = transformer(data.task, width=8)
    told, student = distilled(data, model, model, model.init(RNG))
    missing = data.train.targets < 0
    assert missing.any()
    assert np.isnan(told.train.targets[missing]).all()
    found = student.losses_and_gradients(
        model.init(RNG)[None], told.train.inputs[None], told.train.targets[None]
    )
    assert np.isfinite(found.losses).all()
    assert np.isfinite(found.gradients).all()


def test_counts_have_no_teacher():
    data = DATA['text'](RNG, samples=50, vocabulary=20)
    model = ngram(data.task, n=1)
    with pytest.raises(DataError, match='only networks'):
        distilled(data, model, model, model.init(RNG))


def kept(model, parameters):
    return {'parameters': parameters, 'layout': layout(model)}


def learning_of(model):
    return Learning.draw(digits, iid, model, workers=1, seeds=Seeds(0))


def test_layers_that_fit_are_taken_and_the_others_drawn():
    old = mlp(DIGITS, hidden=[20, 7])
    held = kept(old, RNG.standard_normal(old.dimension).astype(np.float32))
    learning = learning_of(lambda task: mlp(task, hidden=[20, 9]))
    drawn = learning.initial
    learning.start_from(held, fitting=True)
    assert learning.taken == ['2-dense']
    place = learning.model.layers[1].place
    assert (learning.initial[place] == held['parameters'][place]).all()
    # the last layer's bias would fit, but not its weights
    assert (learning.initial[place.stop :] == drawn[place.stop :]).all()


def test_a_model_of_the_same_size_is_not_the_same_model():
    old = mlp(Task((9,), 10), hidden=[20])
    same_size = mlp(DIGITS, hidden=[20])
    held = kept(old, np.zeros(same_size.dimension, np.float32))
    with pytest.raises(DataError, match='another model: 2-dense/weights 9x20 where'):
        learning_of(lambda task: mlp(task, hidden=[20])).start_from(held)


def test_a_model_without_a_common_layer_is_refused():
    old = mlp(Task((9,), 3), hidden=[4])
    held = kept(old, old.init(RNG))
    with pytest.raises(DataError, match='no layer in common'):
        learning_of(linear).start_from(held, fitting=True)


def test_words_keep_their_numbers():
    check_vocabulary(('a', 'b'), {'vocabulary': np.array(['a', 'b'])})
    check_vocabulary(('a', 'b'), {})
    with pytest.raises(DataError, match='another vocabulary'):
        check_vocabulary(('a', 'b'), {'vocabulary': np.array(['b', 'a'])})


def test_a_plain_cross_entropy_takes_labels_and_shares_alike():
    outputs, labels = RNG.standard_normal((1, 4, 3)), np.array([[0, 2, 1, 1]])
    assert CROSS_ENTROPY.values(outputs, np.eye(3)[labels]) == pytest.approx(
        CROSS_ENTROPY.values(outputs, labels)
    )
