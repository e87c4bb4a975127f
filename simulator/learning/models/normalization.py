"""Layers that keep a network's units in bounds while it learns: batch normalization, dropout."""

from __future__ import annotations

from math import prod
from typing import Annotated

import numpy as np
from annotated_types import Ge, Lt

from simulator.learning.arrays import Floats
from simulator.learning.models.dense import summed
from simulator.learning.models.initialization import constant, zeros
from simulator.learning.models.layer import Aside, Layer, Pull, Shape, Views, Weight
from simulator.learning.models.splits import UnitWise

Share = Annotated[float, Ge(0), Lt(1)]

EPSILON = 1e-5
"""Added to a variance before it divides."""


def batch_norm(inputs: Shape) -> Layer:
    """Give each unit mean 0 and variance 1 over the batch, then a learned scale and shift.

    A map of features counts as one unit, over its places too. Training takes the statistics of
    the batch; evaluation takes running ones, gathered from the batches of training (with the
    unbiased variance).

    References
    ----------
    .. [1] Ioffe & Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
       Internal Covariate Shift", ICML 2015.

    Examples
    --------
    >>> layer = batch_norm((3,))
    >>> [weight.name for weight in layer.weights + layer.statistics]
    ['scale', 'shift', 'mean', 'variance']
    """
    units = inputs[-1]

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        rows = samples.reshape(len(samples), -1, units)
        if not aside.training:
            outputs = _by_running_statistics(rows, aside.statistics, weights)
            return outputs.reshape(samples.shape), _no_way_back
        outputs, back = _by_the_batch(rows, aside.statistics, weights)

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            below = back(upstream.reshape(rows.shape), gradients, wanted)
            return None if below is None else below.reshape(samples.shape)

        return outputs.reshape(samples.shape), pull

    return Layer(
        'batch_norm',
        inputs,
        forward,
        (Weight('scale', (units,), constant(1.0)), Weight('shift', (units,), zeros)),
        # from the sums to the shift: eight operations a unit
        flops=8.0 * prod(inputs),
        statistics=(Weight('mean', (units,), zeros), Weight('variance', (units,), constant(1.0))),
        split=UnitWise(lambda some: batch_norm((some,))),
    )


def _by_the_batch(rows: Floats, measured: Views, weights: Views) -> tuple[Floats, Pull]:
    scale, shift = (weight[:, None] for weight in weights)
    count = rows.shape[1]
    mean = summed(rows) / count
    standard = rows - mean[:, None]
    variance = summed(standard * standard) / count
    measured[0][...] = mean
    measured[1][...] = variance * count / max(1, count - 1)
    spread = np.sqrt(variance + EPSILON)[:, None]
    standard /= spread

    def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
        gradients[0][...] = summed(upstream * standard)
        gradients[1][...] = summed(upstream)
        if not wanted:
            return None
        # mean and spread depend on the batch as well
        along = gradients[1][:, None] + standard * gradients[0][:, None]
        below: Floats = (upstream - along / count) * (scale / spread)
        return below

    return standard * scale + shift, pull


def _by_running_statistics(rows: Floats, running: Views, weights: Views) -> Floats:
    mean, variance = running
    slope = weights[0] / np.sqrt(variance + EPSILON)
    outputs: Floats = (rows - mean[:, None]) * slope[:, None] + weights[1][:, None]
    return outputs


def dropout(inputs: Shape, share: Share) -> Layer:
    """Silence a random *share* of the units in training, and make the rest as much louder.

    References
    ----------
    .. [1] Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
       Overfitting", JMLR 15, 2014.

    Examples
    --------
    >>> layer = dropout((4,), share=0.5)
    >>> noise = np.array([[[0.1, 0.7, 0.4, 0.9]]])
    >>> layer.forward((), np.ones((1, 1, 4)), Aside(True, noise))[0].tolist()
    [[[0.0, 2.0, 0.0, 2.0]]]
    """

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        if aside.noise is None:
            return samples, _no_way_back
        loud = samples.dtype.type(1 / (1 - share))
        kept = (aside.noise >= share).astype(samples.dtype).reshape(samples.shape) * loud

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            return upstream * kept if wanted else None

        return samples * kept, pull

    return Layer(
        'dropout',
        inputs,
        forward,
        flops=float(prod(inputs)),
        noise=prod(inputs),
        split=UnitWise(lambda units: dropout((units,), share)),
    )


def _no_way_back(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
    raise NotImplementedError('an evaluation has no gradient')
