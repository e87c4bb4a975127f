"""Curves that more than one place needs."""

from __future__ import annotations

import numpy as np

from simulator.learning.arrays import Floats


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
