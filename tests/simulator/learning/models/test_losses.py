import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning.models.losses import LOSSES, PERCEPTRON, head, hits
from simulator.learning.task import Task


def test_cross_entropy_of_indifferent_outputs_is_the_logarithm_of_the_classes():
    values, slopes = LOSSES['cross_entropy'].slopes(np.zeros((1, 1, 4)), np.array([[2]]))
    assert values[0, 0] == pytest.approx(np.log(4))
    assert slopes[0, 0] == pytest.approx([0.25, 0.25, -0.75, 0.25])


def test_cross_entropy_survives_outputs_far_apart():
    values, slopes = LOSSES['cross_entropy'].slopes(
        np.array([[[1e4, -1e4]]], np.float32), np.array([[1]])
    )
    assert values[0, 0] == 2e4
    assert slopes.tolist() == [[[1, -1]]]


def test_squared_error_of_labels_is_that_of_their_units():
    outputs = np.random.default_rng(0).random((2, 3, 4))
    labels = np.array([[0, 1, 2], [3, 3, 0]])
    by_label = LOSSES['squared_error'].slopes(outputs, labels)
    by_value = LOSSES['squared_error'].slopes(outputs, np.eye(4)[labels])
    assert by_label[0] == pytest.approx(((outputs - np.eye(4)[labels]) ** 2).sum(-1) / 2)
    assert by_label[0] == pytest.approx(by_value[0])
    assert (by_label[1] == by_value[1]).all()


@pytest.mark.parametrize('name', LOSSES)
def test_a_loss_leaves_the_outputs_alone(name):
    outputs = np.random.default_rng(1).random((2, 3, 4))
    before, labels = outputs.copy(), np.zeros((2, 3), int)
    values, _ = LOSSES[name].slopes(outputs, labels)
    assert (LOSSES[name].values(outputs, labels) == values).all()
    assert (outputs == before).all()


def test_an_answer_of_nan_is_never_right():
    assert hits(np.array([[[np.nan, 0.0], [0.0, 1.0]]]), np.array([[0, 1]])).tolist() == [[0, 1]]


def test_binary_cross_entropy_judges_each_unit_by_itself():
    outputs = np.random.default_rng(2).normal(0, 3, (2, 3, 4))
    labels = np.array([[0, 1, 2], [3, 3, 0]])
    sure = 1 / (1 + np.exp(-outputs))
    wanted = np.eye(4)[labels]
    values, slopes = LOSSES['binary_cross_entropy'].slopes(outputs, labels)
    assert values == pytest.approx(
        -(wanted * np.log(sure) + (1 - wanted) * np.log(1 - sure)).sum(axis=-1)
    )
    assert slopes == pytest.approx(sure - wanted)


def test_binary_cross_entropy_survives_a_sure_unit():
    outputs = np.array([[[1e4], [-1e4]]], np.float32)
    values, slopes = LOSSES['binary_cross_entropy'].slopes(outputs, np.array([[0, 0]]))
    assert values.tolist() == [[1e4, 0]]
    assert slopes.tolist() == [[[1], [0]]]


def test_the_perceptron_rule_moves_on_mistakes_alone():
    outputs = np.array([[[2.0], [2.0], [-3.0], [-3.0]]])
    values, slopes = PERCEPTRON.slopes(outputs, np.array([[1, 0, 1, 0]]))
    assert slopes.ravel().tolist() == [0, 1, -1, 0]
    assert values.tolist() == [[0, 2, 3, 0]]


@pytest.mark.parametrize('name', ['cross_entropy', 'binary_cross_entropy'])
def test_losses_of_classes_are_refused_for_values(name):
    with pytest.raises(DataError, match=f'{name} needs classes'):
        head(name, Task((3,), 2, labels=False))


def test_a_lone_unit_chooses_between_two_classes():
    assert hits(np.array([[[0.5], [-0.5]]]), np.array([[1, 1]])).tolist() == [[1, 0]]
