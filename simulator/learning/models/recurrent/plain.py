"""The plain recurrent cell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.activations import CURVES, ActivationName
from simulator.learning.models.initialization import Draw
from simulator.learning.models.layer import Views, Weight
from simulator.learning.models.recurrent.cell import (
    Cell,
    Present,
    Unrolled,
    by_units,
    keep_absent,
    part_absent,
    plus,
    product,
    room,
)


def rnn_cell(activation: ActivationName, draw: Callable[[int, int], Draw]) -> Cell:
    """h_t = bend(W x_t + U h_{t-1} + b).

    References
    ----------
    .. [1] Elman, "Finding Structure in Time", Cognitive Science 14, 1990.
    """
    curve = CURVES[activation]

    def weights(units: int) -> tuple[Weight, ...]:
        return (Weight('recurrent', (units, units), draw(units, units)),)

    def unroll(incoming: Floats, weights: Views, start: Views, present: Present) -> Unrolled:
        matrix = weights[0]
        _, states = room(incoming, 1)
        states[:, 0] = start[0]
        for step in range(incoming.shape[1]):
            sums = incoming[:, step]
            sums += np.matmul(matrix.swapaxes(1, 2), states[:, step])
            incoming[:, step] = states[:, step + 1] = curve.value(sums)
            keep_absent(present, step, states)

        def back(upstream: Floats, final: Views, gradients: Views) -> tuple[Floats, list[Floats]]:
            slopes = np.empty_like(incoming)
            below = final[0].copy()
            for step in range(incoming.shape[1] - 1, -1, -1):
                below += upstream[:, step]
                into, past = part_absent(present, step, below)
                np.multiply(into, curve.slope(incoming[:, step]), out=slopes[:, step])
                below = plus(np.matmul(matrix, slopes[:, step]), past)
            product(by_units(states[:, :-1]), by_units(slopes), gradients[0])
            return slopes, [below]

        return Unrolled(states[:, 1:], [states[:, -1]], back)

    return Cell('rnn', 1, 1, weights, np.zeros, 1.0, unroll)
