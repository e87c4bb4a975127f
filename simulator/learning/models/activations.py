"""Activation functions: what bends each unit by itself."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.curves import logistic
from simulator.learning.models.dense import summed
from simulator.learning.models.initialization import constant
from simulator.learning.models.layer import Aside, Layer, Pull, Shape, Views, Weight, fixed
from simulator.learning.models.splits import UnitWise

ActivationName = Literal['relu', 'tanh', 'logistic', 'leaky_relu', 'rrelu', 'prelu', 'elu']

ACTIVATIONS = frozenset(get_args(ActivationName))
"""Names of the layers that bend units."""

LEAK = 0.01
"""Slope of `leaky_relu` below 0."""
LEAKS = (1 / 8, 1 / 3)
"""Between these the slope of `rrelu` below 0 is drawn."""
FIRST_LEAK = 0.25
"""Slope of `prelu` below 0, before it learns."""


class Curve(NamedTuple):
    """A function, and its slope as a function of its own value."""

    value: Callable[[Floats], Floats]
    slope: Callable[[Floats], Any]


def _leak(y: Floats) -> Floats:
    return np.where(y > 0, y.dtype.type(1), y.dtype.type(LEAK))


CURVES: dict[ActivationName, Curve] = {
    'relu': Curve(lambda x: np.maximum(x, 0), lambda y: y > 0),
    'tanh': Curve(np.tanh, lambda y: 1 - y * y),
    'logistic': Curve(logistic, lambda y: y * (1 - y)),
    'leaky_relu': Curve(lambda x: np.maximum(x, LEAK * x), _leak),
    # below 0 the slope of exp(x) - 1 is its value plus 1
    'elu': Curve(
        lambda x: np.maximum(x, np.expm1(np.minimum(x, 0))), lambda y: np.minimum(y, 0) + 1
    ),
}


def bend(name: ActivationName, inputs: Shape) -> Layer:
    """Bend each unit by the curve *name*; counted as one operation a unit.

    `rrelu` draws its slope below 0 for each unit and sample, between 1/8 and 1/3, and takes the
    mean in evaluation; `prelu` learns it, one a unit (of a map of features: one a map).

    References
    ----------
    .. [1] Xu et al., "Empirical Evaluation of Rectified Activations in Convolutional Network",
       arXiv:1505.00853, 2015 (rrelu, leaky_relu).
    .. [2] He et al., "Delving Deep into Rectifiers", ICCV 2015 (prelu).
    .. [3] Clevert, Unterthiner & Hochreiter, "Fast and Accurate Deep Network Learning by
       Exponential Linear Units (ELUs)", ICLR 2016 (elu).

    Examples
    --------
    >>> outputs, _ = bend('relu', (2,)).forward((), np.array([[[-1.0, 2.0]]]), Aside(True))
    >>> outputs.tolist()
    [[[0.0, 2.0]]]
    """
    split = UnitWise(lambda units: bend(name, (units,)))
    if name == 'rrelu':
        return _rrelu(inputs)._replace(split=split)
    if name == 'prelu':
        return _prelu(inputs)._replace(split=split)
    curve = CURVES[name]

    def apply(samples: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        outputs = curve.value(samples)
        return outputs, lambda upstream: upstream * curve.slope(outputs)

    return fixed(name, inputs, apply, flops=float(prod(inputs)))._replace(split=split)


def _rrelu(inputs: Shape) -> Layer:
    low, high = LEAKS

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        leak = _like(samples, (low + high) / 2)
        if aside.noise is not None:
            leak = (low + (high - low) * aside.noise).astype(samples.dtype).reshape(samples.shape)
        slope = np.where(samples > 0, _like(samples, 1), leak)

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            return upstream * slope if wanted else None

        return samples * slope, pull

    return Layer('rrelu', inputs, forward, flops=float(prod(inputs)), noise=prod(inputs))


def _prelu(inputs: Shape) -> Layer:
    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        rows = samples.reshape(len(samples), -1, inputs[-1])
        slope = np.where(rows > 0, _like(rows, 1), weights[0][:, None])

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            above = upstream.reshape(rows.shape)
            gradients[0][...] = summed(above * np.minimum(rows, 0))
            return (above * slope).reshape(samples.shape) if wanted else None

        return (rows * slope).reshape(samples.shape), pull

    leaks = Weight('leaks', (inputs[-1],), constant(FIRST_LEAK))
    return Layer('prelu', inputs, forward, (leaks,), flops=float(prod(inputs)))


def _like(array: Floats, value: float) -> Floats:
    # a 0-d array of the same type: beside Python numbers `where` would widen to float64
    return np.asarray(value, array.dtype)
