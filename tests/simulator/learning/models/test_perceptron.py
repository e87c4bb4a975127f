import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning import Task, perceptron

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
GATES = {'and': [0, 0, 0, 1], 'or': [0, 1, 1, 1], 'nand': [1, 1, 1, 0]}


def train(model, labels, passes=100, rate=1.0):
    """Show one sample after the other, as Rosenblatt did."""
    parameters = model.init(np.random.default_rng(0))[None]
    for _ in range(passes):
        for corner, label in zip(CORNERS, labels, strict=True):
            found = model.losses_and_gradients(parameters, corner[None, None], np.array([[label]]))
            parameters = parameters - rate * found.gradients
    return parameters[0]


@pytest.mark.parametrize('gate', GATES)
@pytest.mark.parametrize('rule', ['threshold', 'logistic'])
def test_it_learns_what_a_line_can_part(gate, rule):
    model = perceptron(Task((2,), 2), rule=rule)
    parameters = train(model, GATES[gate])
    assert model.evaluate(parameters, CORNERS, np.array(GATES[gate])).accuracy == 1


@pytest.mark.parametrize('rule', ['threshold', 'logistic'])
def test_it_cannot_learn_xor(rule):
    model = perceptron(Task((2,), 2), rule=rule)
    parameters = train(model, [0, 1, 1, 0], passes=500)
    assert model.evaluate(parameters, CORNERS, np.array([0, 1, 1, 0])).accuracy < 1


def test_it_stops_learning_once_it_makes_no_mistake():
    model = perceptron(Task((2,), 2))
    parameters = train(model, GATES['or'])
    assert (train(model, GATES['or'], passes=200) == parameters).all()


def test_with_fixed_weights_it_is_the_binary_threshold_neuron():
    model = perceptron(Task((3,), 2))
    inputs = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], np.float32)
    fires_from_two = np.array([1, 1, 1, -2], np.float32)
    labels = (inputs.sum(axis=1) >= 2).astype(int)
    assert model.evaluate(fires_from_two, inputs, labels).accuracy == 1


def test_values_are_refused():
    with pytest.raises(DataError, match='needs classes'):
        perceptron(Task((2,), 1, labels=False))
