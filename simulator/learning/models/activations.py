"""Activation functions: fixed curves that bend each unit by itself."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Literal, NamedTuple

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.layer import Layer, Shape, fixed

ActivationName = Literal['relu', 'tanh', 'logistic']


class Curve(NamedTuple):
    """A function, and its slope as a function of its own value."""

    value: Callable[[Floats], Floats]
    slope: Callable[[Floats], Any]


def logistic(x: Floats) -> Floats:
    """Return 1/(1 + exp(-x)), by way of tanh: no overflow at either end.

    Examples
    --------
    >>> logistic(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    outputs: Floats = np.tanh(x / 2)
    outputs += 1
    outputs /= 2
    return outputs


CURVES: dict[ActivationName, Curve] = {
    'relu': Curve(lambda x: np.maximum(x, 0), lambda y: y > 0),
    'tanh': Curve(np.tanh, lambda y: 1 - y * y),
    'logistic': Curve(logistic, lambda y: y * (1 - y)),
}


def bend(name: ActivationName, inputs: Shape) -> Layer:
    """Bend each unit by the curve *name*; counted as one operation a unit.

    Examples
    --------
    >>> outputs, _ = bend('relu', (2,)).forward((), np.array([[[-1.0, 2.0]]]))
    >>> outputs.tolist()
    [[[0.0, 2.0]]]
    """
    curve = CURVES[name]

    def apply(samples: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        outputs = curve.value(samples)
        return outputs, lambda upstream: upstream * curve.slope(outputs)

    return fixed(name, inputs, apply, flops=float(prod(inputs)))
