"""Layer normalization."""

from __future__ import annotations

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.dense import summed
from simulator.learning.models.initialization import constant, zeros
from simulator.learning.models.layer import Aside, Layer, Pull, Shape, Views, Weight
from simulator.learning.models.normalization import EPSILON


def layer_norm(inputs: Shape) -> Layer:
    """Give the units of each step mean 0 and variance 1, then a learned scale and shift.

    References
    ----------
    .. [1] Ba, Kiros & Hinton, "Layer Normalization", arXiv:1607.06450, 2016.

    Examples
    --------
    >>> layer = layer_norm((2, 3))
    >>> steps = np.array([[[[1.0, 2.0, 3.0], [0.0, 0.0, 3.0]]]])
    >>> outputs = layer.forward([np.ones((1, 3)), np.zeros((1, 3))], steps, Aside(True))[0]
    >>> outputs[0, 0].round(2).tolist()
    [[-1.22, 0.0, 1.22], [-0.71, -0.71, 1.41]]
    """
    steps, units = inputs

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        scale, shift = (weight[:, None] for weight in weights)
        rows = samples.reshape(len(samples), -1, units)
        standard = rows - _mean(rows)
        spread = np.sqrt(_mean(standard * standard) + EPSILON)
        standard /= spread
        outputs = standard * scale
        outputs += shift

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            above = upstream.reshape(rows.shape)
            along = above * standard
            gradients[0][...] = summed(along)
            gradients[1][...] = summed(above)
            if not wanted:
                return None
            below = above * scale
            # mean and spread depend on the step's units as well
            turn = _mean(np.multiply(below, standard, out=along))
            below -= _mean(below)
            below -= np.multiply(standard, turn, out=along)
            below /= spread
            return below.reshape(samples.shape)

        return outputs.reshape(samples.shape), pull

    return Layer(
        'layer_norm',
        inputs,
        forward,
        (Weight('scale', (units,), constant(1.0)), Weight('shift', (units,), zeros)),
        flops=8.0 * steps * units,
    )


def _mean(rows: Floats) -> Floats:
    """Return the mean (W, n, 1) over the units of each row."""
    units = rows.shape[-1]
    mean: Floats = np.matmul(rows, np.full((units, 1), 1 / units, rows.dtype))
    return mean
