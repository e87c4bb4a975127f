"""A chain of layers and a loss: the engine behind the models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.learning.arrays import DIVERGENCE, Floats, chunks
from simulator.learning.models.layer import Layer, Pull, Views
from simulator.learning.models.losses import Loss, hits
from simulator.learning.models.model import Array, Evaluation, Gradients, Part

SAMPLES = 512
"""Samples evaluated at once. Fixed, so that what stands beside a sample changes nothing."""


class Network:
    """A model made of layers, one after the other; `Model` says what it answers.

    Parameters
    ----------
    chain : sequence of Layer
    loss : Loss

    Examples
    --------
    >>> from simulator.learning.models.layer import dense
    >>> from simulator.learning.models.losses import SQUARED_ERROR
    >>> network = Network([dense(2, 1, 'zeros')], SQUARED_ERROR)
    >>> network.dimension, network.layers[0].arrays['bias']
    (3, Array(place=slice(2, 3, None), shape=(1,)))
    >>> xor = np.array([[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]])
    >>> network.losses_and_gradients(np.zeros((1, 3)), xor, np.array([[[0.0], [1], [1], [0]]]))
    Gradients(losses=array([0.25]), gradients=array([[-0.25, -0.25, -0.5 ]]))
    """

    def __init__(self, chain: Sequence[Layer], loss: Loss):
        self.chain = tuple(chain)
        self.loss = loss
        self.layers = tuple(_parts(self.chain))
        self.dimension = sum(prod(weight.shape) for layer in chain for weight in layer.weights)
        self.forward_flops = sum(layer.flops for layer in self.chain)
        self.bytes = 4 * self.dimension
        self._outputs_per_sample = sum(prod(layer.outputs) for layer in self.chain)
        self._first_learner = next(n for n, layer in enumerate(self.chain) if layer.weights)

    def init(self, rng: np.random.Generator) -> Floats:
        """Draw parameters (d,), layer by layer."""
        drawn = [
            weight.draw(rng, weight.shape).ravel()
            for layer in self.chain
            for weight in layer.weights
        ]
        return np.concatenate(drawn).astype(np.float32)

    @DIVERGENCE
    def outputs(self, parameters: Floats, inputs: NDArray[Any]) -> Floats:
        """Return what the last layer of each worker (W, d) says of its inputs (W, B, ...)."""
        parameters = _rows(parameters)
        return self._forward(parameters, _samples(parameters, inputs))

    @DIVERGENCE
    def losses_and_gradients(
        self, parameters: Floats, inputs: NDArray[Any], targets: NDArray[Any]
    ) -> Gradients:
        """Return each worker's loss (W,) and gradient (W, d), a cacheful of workers at a time."""
        workers, dtype = len(parameters), parameters.dtype
        parameters = _rows(parameters)
        inputs = _samples(parameters, inputs)
        result = Gradients(np.empty(workers, dtype), np.empty((workers, self.dimension), dtype))
        for chunk in chunks(workers, self.footprint(inputs.shape[1])):
            part = Gradients(result.losses[chunk], result.gradients[chunk])
            self._fill(part, parameters[chunk], inputs[chunk], targets[chunk])
        return result

    @DIVERGENCE
    def evaluate(
        self, parameters: Floats, inputs: NDArray[Any], targets: NDArray[Any]
    ) -> Evaluation:
        """Return loss and accuracy of one vector (d,), or of each of many (W, d)."""
        stack = _rows(parameters.reshape(-1, self.dimension))
        inputs = _samples(stack, inputs)
        totals = np.zeros((2, len(stack)))
        for start in range(0, len(inputs), SAMPLES):
            some = slice(start, start + SAMPLES)
            for chunk in chunks(len(stack), self.footprint(SAMPLES)):
                totals[:, chunk] += self._sums(stack[chunk], inputs[some], targets[some])
        losses, accuracies = totals.reshape(2, *parameters.shape[:-1]) / len(inputs)
        return Evaluation(losses, accuracies)

    def footprint(self, batch: int) -> float:
        """Return the bytes of parameters, activations and the gradients by both, a worker."""
        return 8.0 * (self.dimension + batch * self._outputs_per_sample)

    def _forward(self, parameters: Floats, signal: NDArray[Any]) -> Floats:
        for layer, weights in zip(self.chain, self._views(parameters), strict=True):
            signal, _ = layer.forward(weights, signal)
        return signal

    def _fill(
        self, result: Gradients, parameters: Floats, signal: NDArray[Any], targets: NDArray[Any]
    ) -> None:
        pulls = []
        for layer, weights in zip(self.chain, self._views(parameters), strict=True):
            signal, pull = layer.forward(weights, signal)
            pulls.append(pull)
        values, upstream = self.loss.slopes(signal, targets)
        np.mean(values, axis=1, out=result.losses)
        upstream /= values.shape[1]
        self._backward(pulls, upstream, result.gradients)

    def _backward(self, pulls: Sequence[Pull], upstream: Floats, gradients: Floats) -> None:
        views = self._views(gradients)
        for number in range(len(pulls) - 1, self._first_learner - 1, -1):
            passed = pulls[number](upstream, views[number], number > self._first_learner)
            if passed is not None:
                upstream = passed

    def _sums(
        self, parameters: Floats, inputs: NDArray[Any], targets: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        workers = len(parameters)
        outputs = self._forward(parameters, np.broadcast_to(inputs, (workers, *inputs.shape)))
        shared = np.broadcast_to(targets, (workers, *targets.shape))
        losses = self.loss.values(outputs, shared).sum(axis=1, dtype=np.float64)
        return losses, hits(outputs, shared).sum(axis=1)

    def _views(self, stack: Floats) -> list[Views]:
        return [
            [stack[:, place].reshape(len(stack), *shape) for place, shape in part.arrays.values()]
            for part in self.layers
        ]


def _parts(chain: Sequence[Layer]) -> Iterator[Part]:
    start = end = 0
    for number, layer in enumerate(chain, start=1):
        arrays = {}
        for weight in layer.weights:
            arrays[weight.name] = Array(slice(end, end + prod(weight.shape)), weight.shape)
            end += prod(weight.shape)
        yield Part(f'{number}-{layer.name}', slice(start, end), arrays, layer.flops)
        start = end


def _rows(parameters: Floats) -> Floats:
    # BLAS takes rows as they are; anything else would go another way, to other last bits
    if parameters.strides[-1] == parameters.itemsize:
        return parameters
    return np.ascontiguousarray(parameters)


def _samples(parameters: Floats, inputs: NDArray[Any]) -> NDArray[Any]:
    # tokens stay whole numbers
    dtype = parameters.dtype if inputs.dtype.kind == 'f' else inputs.dtype
    return np.ascontiguousarray(inputs, dtype)
