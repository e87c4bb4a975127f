"""Models taken apart: flops, bytes and edges are the model's own."""

import networkx as nx
import numpy as np
import pytest

from simulator.cluster.cluster import Devices
from simulator.cluster.network import Network
from simulator.errors import PlacementError
from simulator.learning.models import MODELS, Task
from simulator.placement import Executor, Platform, Problem
from simulator.training.model_parallel.models import model_graph

IMAGES = {'linear': {}, 'mlp': {'hidden': [16, 8]}, 'cnn': {'maps': [4], 'hidden': [8]}}


def graph(name, detail, batch=4):
    model = MODELS[name](Task((8, 8), 10), **IMAGES[name])
    return model, model_graph(model, (8, 8), batch, detail=detail)


def total(graph, what, *types):
    chosen = [type_ in types for type_ in graph.types]
    return getattr(graph, what)[chosen].sum()


@pytest.mark.parametrize('detail', ['layer', 'operation'])
@pytest.mark.parametrize('name', sorted(IMAGES))
def test_a_gradient_costs_three_times_the_forward_pass(name, detail):
    model, made = graph(name, detail)
    forward = 4 * model.forward_flops
    assert total(made, 'flops', 'forward') == pytest.approx(forward)
    assert total(made, 'flops', 'update') == 2 * model.dimension
    back = total(made, 'flops', 'backward', 'backward_weights')
    without = sum(
        4 * layer.flops for layer in model.layers if layer.place.start == layer.place.stop
    )
    # apart, a layer without weights has its gradient by inputs only
    assert back == pytest.approx(2 * forward)
    assert without >= 0


@pytest.mark.parametrize('name', sorted(IMAGES))
def test_bytes_are_those_of_the_model(name):
    model, made = graph(name, 'layer')
    # the weights, and their gradients
    assert total(made, 'parameters', 'forward') == model.bytes
    assert total(made, 'parameters', 'backward') == model.bytes
    for layer in model.layers:
        k = made.names.index(f'{layer.name}/forward')
        assert made.outputs[k] == 4 * 4 * np.prod(layer.outputs)
    _, apart = graph(name, 'operation')
    assert total(apart, 'parameters', 'weights') == model.bytes
    assert total(apart, 'outputs', 'weights', 'backward_weights') == 2 * model.bytes


def test_backward_needs_activations_and_what_comes_from_above():
    _, made = graph('mlp', 'layer')
    needs = {
        name: sorted(made.names[u] for u in made.predecessors.of(k))
        for k, name in enumerate(made.names)
    }
    assert needs['2-dense/forward'] == ['1-flatten/forward']
    assert needs['loss'] == ['6-dense/forward']
    assert needs['6-dense/backward'] == ['5-relu/forward', '6-dense/forward', 'loss']
    assert needs['5-relu/backward'] == ['4-dense/forward', '5-relu/forward', '6-dense/backward']
    assert needs['6-dense/update'] == ['6-dense/backward']
    assert {made.groups[made.names.index(f'2-dense/{part}')] for part in ('forward', 'update')} == {
        '2-dense'
    }


def test_apart_weights_go_where_they_are_needed():
    _, made = graph('mlp', 'operation')
    needs = {
        name: sorted(made.names[u] for u in made.predecessors.of(k))
        for k, name in enumerate(made.names)
    }
    assert needs['2-dense/forward'] == ['1-flatten/forward', '2-dense/weights']
    assert needs['4-dense/backward'] == ['4-dense/forward', '4-dense/weights', '5-relu/backward']
    assert needs['4-dense/backward_weights'] == ['3-relu/forward', '5-relu/backward']
    assert needs['4-dense/update'] == ['4-dense/backward_weights', '4-dense/weights']


def test_on_one_device_a_step_takes_as_long_as_its_work():
    model, made = graph('mlp', 'layer')
    one = Network.of(nx.empty_graph(1), hosts=1, bandwidth=1.0, latency=0.0)
    ones = np.ones(1)
    problem = Problem(made, Platform.of(one, Devices(1e6 * ones, ones, np.inf * ones)))
    execution = Executor(problem, one).run(np.zeros(len(made), int))
    flops = 3 * 4 * model.forward_flops + 2 * model.dimension
    assert execution.makespan == pytest.approx(flops / 1e6)
    # activations stay until the backward pass: the peak holds all of them, and the weights twice
    activations = 4 * 4 * (64 + sum(np.prod(layer.outputs) for layer in model.layers))
    assert execution.peak[0] >= activations + 2 * model.bytes


def test_a_layer_that_does_not_know_its_output_is_refused():
    model, _ = graph('linear', 'layer')
    blind = [layer._replace(outputs=None) for layer in model.layers]
    model.layers = tuple(blind)
    with pytest.raises(PlacementError, match=r"layer '1-.*' does not say the shape"):
        model_graph(model, (8, 8), 4)
