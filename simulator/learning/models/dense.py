"""Layers that see a sample as one row of numbers."""

from __future__ import annotations

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.initialization import Draw, Fans, Initialization, drawing, zeros
from simulator.learning.models.layer import Aside, Forward, Layer, Pull, Views, Weight
from simulator.learning.models.splits import Block, Piece, Product


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

    def columns(some: slice) -> Block:
        layer = dense(inputs, some.stop - some.start, init)
        return Block(layer, (Piece(0, 1, some), Piece(1, 0, some)))

    def rows(some: slice) -> Block:
        count = some.stop - some.start
        return Block(
            _product(count, units, drawing(init, Fans(count, units))), (Piece(0, 0, some),)
        )

    draw = drawing(init, Fans(inputs, units))
    product = _product(inputs, units, draw)
    return product._replace(
        forward=_biased(product.forward),
        weights=(*product.weights, Weight('bias', (units,), zeros)),
        split=Product(inputs, units, columns, rows),
    )


def _product(inputs: int, units: int, draw: Draw) -> Layer:
    """Weigh all inputs in each of *units*."""

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        matrix = weights[0]

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            np.matmul(samples.swapaxes(1, 2), upstream, out=gradients[0])
            return np.matmul(upstream, matrix.swapaxes(1, 2)) if wanted else None

        return np.matmul(samples, matrix), pull

    matrix = Weight('weights', (inputs, units), draw)
    return Layer('dense', (units,), forward, (matrix,), 2.0 * inputs * units)


def _biased(product: Forward) -> Forward:
    """Add a bias, the second array, to what *product* makes."""

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        outputs, back = product(weights, samples, aside)
        outputs += weights[1][:, None]

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            gradients[1][...] = summed(upstream)
            return back(upstream, gradients, wanted)

        return outputs, pull

    return forward


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
