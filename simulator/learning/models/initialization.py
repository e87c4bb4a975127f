"""How weights are drawn at first: the variances of He et al. and of Glorot & Bengio."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Literal, NamedTuple

import numpy as np

from simulator.learning.arrays import Floats

Initialization = Literal['he_normal', 'he_uniform', 'glorot_normal', 'glorot_uniform', 'zeros']
Draw = Callable[[np.random.Generator, tuple[int, ...]], Floats]


class Fans(NamedTuple):
    """How many inputs feed one unit, and how many units one input feeds."""

    inputs: int
    outputs: int


def variance(name: Initialization, fans: Fans) -> float:
    """Return the variance of one weight.

    He et al. keep the variance of activations through layers of ReLU, Glorot & Bengio that of
    activations and gradients (on average) through layers that are linear near 0.

    References
    ----------
    .. [1] He et al., "Delving Deep into Rectifiers", ICCV 2015.
    .. [2] Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural
       networks", AISTATS 2010.

    Examples
    --------
    >>> variance('he_normal', Fans(50, 10)), variance('glorot_uniform', Fans(30, 10))
    (0.04, 0.05)
    """
    if name == 'zeros':
        return 0.0
    return 2 / fans.inputs if name.startswith('he') else 2 / (fans.inputs + fans.outputs)


def drawing(name: Initialization, fans: Fans) -> Draw:
    """Return the function ``(rng, shape) -> weights`` that draws as *name* says.

    A uniform law on [-a, a] has variance a^2/3: a is chosen so that both laws agree.
    """
    deviation = sqrt(variance(name, fans))
    if name == 'zeros':
        return zeros
    if name.endswith('uniform'):
        edge = sqrt(3) * deviation
        return lambda rng, shape: rng.uniform(-edge, edge, shape)
    return lambda rng, shape: rng.normal(0.0, deviation, shape)


def zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Draw nothing: biases start at zero."""
    return np.zeros(shape)


def constant(value: float) -> Draw:
    """Return the function that sets all weights to *value*."""
    return lambda rng, shape: np.full(shape, value)
