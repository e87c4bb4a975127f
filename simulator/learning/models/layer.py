"""What a layer of a network is; and the two simplest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import NamedTuple, Protocol

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.initialization import Draw, Fans, Initialization, drawing, zeros

Shape = tuple[int, ...]
Views = Sequence[Floats]


class Pull(Protocol):
    """The way back through a layer, for the inputs it has just seen.

    Takes the gradient (W, B, *outputs) of what left the layer, fills *gradients* (one view per
    weight, (W, *shape)), and returns the gradient (W, B, *inputs) of what entered it, or None
    where that is not `wanted` (the first layer of a network saves a product).
    """

    def __call__(self, upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
        """Go back through the layer."""
        ...


Forward = Callable[[Views, Floats], tuple[Floats, Pull]]


class Weight(NamedTuple):
    """One named array of parameters of a layer, and how it is drawn at first."""

    name: str
    shape: Shape
    draw: Draw


class Layer(NamedTuple):
    """One differentiable step of a network; holds no values.

    Weights come in as views on a stack of flat vectors, one per worker: (W, *weight.shape).
    A layer never writes to its inputs nor to the upstream gradient, which others may hold too,
    and never mixes workers: its matrix products are stacks of products, one per worker, so that
    each is bitwise what a lone worker computes.

    Attributes
    ----------
    name : str
        What kind of layer this is.
    outputs : tuple of int
        The shape of one sample as it leaves.
    forward : callable
        ``(weights, inputs (W, B, *inputs)) -> outputs (W, B, *outputs), pull``.
    weights : tuple of Weight
        In the order of the flat vector; empty where there is nothing to learn.
    flops : float
        Floating-point operations of one sample's forward pass.
    """

    name: str
    outputs: Shape
    forward: Forward
    weights: tuple[Weight, ...] = ()
    flops: float = 0.0


def fixed(
    name: str,
    outputs: Shape,
    function: Callable[[Floats], tuple[Floats, Callable[[Floats], Floats]]],
    flops: float = 0.0,
) -> Layer:
    """Return a layer with nothing to learn.

    Parameters
    ----------
    name, outputs, flops
        As in `Layer`.
    function : callable
        ``inputs -> outputs, back``, where ``back`` turns the gradient by the outputs into the
        gradient by the inputs.
    """

    def forward(weights: Views, samples: Floats) -> tuple[Floats, Pull]:
        result, back = function(samples)

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            return back(upstream) if wanted else None

        return result, pull

    return Layer(name, outputs, forward, flops=flops)


def flatten(inputs: Shape) -> Layer:
    """Lay a sample of any shape out as one row.

    Examples
    --------
    >>> flatten((8, 8)).outputs
    (64,)
    """

    def lay_out(samples: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        rows = samples.reshape(*samples.shape[:2], prod(inputs))
        return rows, lambda upstream: upstream.reshape(samples.shape)

    return fixed('flatten', (prod(inputs),), lay_out)


def dense(inputs: int, units: int, init: Initialization) -> Layer:
    """Weigh all inputs and add a bias, in each of *units*.

    A unit takes one multiplication and one addition per input, the bias included: 2 flops a
    weight.

    Examples
    --------
    >>> layer = dense(64, 10, 'glorot_uniform')
    >>> [(weight.name, weight.shape) for weight in layer.weights], layer.flops
    ([('weights', (64, 10)), ('bias', (10,))], 1280.0)
    """

    def forward(weights: Views, samples: Floats) -> tuple[Floats, Pull]:
        matrix, bias = weights
        outputs = np.matmul(samples, matrix)
        outputs += bias[:, None]

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            np.matmul(samples.swapaxes(1, 2), upstream, out=gradients[0])
            # a product with ones sums over a batch three times as fast as `sum`
            ones = np.ones((1, upstream.shape[1]), upstream.dtype)
            np.matmul(ones, upstream, out=gradients[1][:, None])
            return np.matmul(upstream, matrix.swapaxes(1, 2)) if wanted else None

        return outputs, pull

    matrix = Weight('weights', (inputs, units), drawing(init, Fans(inputs, units)))
    bias = Weight('bias', (units,), zeros)
    return Layer('dense', (units,), forward, (matrix, bias), 2.0 * inputs * units)
