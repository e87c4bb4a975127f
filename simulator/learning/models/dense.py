"""Layers that see a sample as one row of numbers."""

from __future__ import annotations

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.initialization import Fans, Initialization, drawing, zeros
from simulator.learning.models.layer import Aside, Layer, Pull, Views, Weight


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

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        matrix, bias = weights
        outputs = np.matmul(samples, matrix)
        outputs += bias[:, None]

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            np.matmul(samples.swapaxes(1, 2), upstream, out=gradients[0])
            gradients[1][...] = summed(upstream)
            return np.matmul(upstream, matrix.swapaxes(1, 2)) if wanted else None

        return outputs, pull

    matrix = Weight('weights', (inputs, units), drawing(init, Fans(inputs, units)))
    bias = Weight('bias', (units,), zeros)
    return Layer('dense', (units,), forward, (matrix, bias), 2.0 * inputs * units)


def summed(rows: Floats) -> Floats:
    """Return the sum (W, k) over the rows (W, B, k) of each worker.

    A product with ones takes a third of the time of `sum`, and has one order of addition
    whatever the shape.

    Examples
    --------
    >>> summed(np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    array([[4., 6.]])
    """
    ones = np.ones((1, rows.shape[1]), rows.dtype)
    sums: Floats = np.matmul(ones, rows)[:, 0]
    return sums
