"""The cell with a long short-term memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.initialization import Draw
from simulator.learning.models.layer import Views, Weight
from simulator.learning.models.recurrent.cell import (
    Cell,
    Present,
    Unrolled,
    by_units,
    half_up,
    keep_absent,
    part_absent,
    plus,
    product,
    room,
)


class _Gates(NamedTuple):
    """Views on the rows (W, H, B) of one step."""

    input: Floats
    forget: Floats
    output: Floats
    candidate: Floats


def lstm_cell(forget_bias: float, draw: Callable[[int, int], Draw]) -> Cell:
    """Gates i, f, o (logistic) and a candidate c~ (tanh), of x_t and h_{t-1}; then

    c_t = f c_{t-1} + i c~ and h_t = o tanh(c_t).

    References
    ----------
    .. [1] Hochreiter & Schmidhuber, "Long Short-Term Memory", Neural Computation 9, 1997.
    .. [2] Gers, Schmidhuber & Cummins, "Learning to Forget: Continual Prediction with LSTM",
       Neural Computation 12, 2000.
    """  # noqa: D400 - equations

    def weights(units: int) -> tuple[Weight, ...]:
        return (Weight('recurrent', (units, 4 * units), draw(units, 4 * units)),)

    def bias(units: int) -> Floats:
        return np.repeat([0.0, forget_bias, 0.0, 0.0], units)

    return Cell('lstm', 4, 2, weights, bias, 9.0, _unroll)


def _unroll(incoming: Floats, weights: Views, start: Views, present: Present) -> Unrolled:
    matrix = weights[0]
    units, states = room(incoming, 4)
    memory, bent = np.empty_like(states), np.empty_like(states[:, 1:])
    states[:, 0], memory[:, 0] = start
    for step in range(incoming.shape[1]):
        sums = incoming[:, step]
        sums += np.matmul(matrix.swapaxes(1, 2), states[:, step])
        gates = _bend(sums, units)
        np.multiply(gates.forget, memory[:, step], out=memory[:, step + 1])
        memory[:, step + 1] += gates.input * gates.candidate
        np.tanh(memory[:, step + 1], out=bent[:, step])
        np.multiply(gates.output, bent[:, step], out=states[:, step + 1])
        keep_absent(present, step, states)
        keep_absent(present, step, memory)

    def back(upstream: Floats, final: Views, gradients: Views) -> tuple[Floats, list[Floats]]:
        slopes = np.empty_like(incoming)
        by_state, by_memory = (each.copy() for each in final)
        for step in range(incoming.shape[1] - 1, -1, -1):
            by_state += upstream[:, step]
            into, past = part_absent(present, step, by_state)
            kept, beside = part_absent(present, step, by_memory)
            gates = _gates(incoming[:, step], units)
            kept += into * gates.output * (1 - bent[:, step] * bent[:, step])
            above = _gates(slopes[:, step], units)
            np.multiply(kept, gates.candidate, out=above.input)
            np.multiply(kept, memory[:, step], out=above.forget)
            np.multiply(into, bent[:, step], out=above.output)
            np.multiply(kept, gates.input, out=above.candidate)
            _unbend(slopes[:, step], incoming[:, step], units)
            by_memory = plus(kept * gates.forget, beside)
            by_state = plus(np.matmul(matrix, slopes[:, step]), past)
        product(by_units(states[:, :-1]), by_units(slopes), gradients[0])
        return slopes, [by_state, by_memory]

    return Unrolled(states[:, 1:], [states[:, -1], memory[:, -1]], back)


def _gates(rows: Floats, units: int) -> _Gates:
    return _Gates(
        rows[:, :units],
        rows[:, units : 2 * units],
        rows[:, 2 * units : 3 * units],
        rows[:, 3 * units :],
    )


def _bend(sums: Floats, units: int) -> _Gates:
    gates = sums[:, : 3 * units]
    gates /= 2  # one call of tanh for all: the logistic curve is tanh at half the place
    np.tanh(sums, out=sums)
    half_up(gates)
    return _gates(sums, units)


def _unbend(slopes: Floats, values: Floats, units: int) -> None:
    gates, candidate = values[:, : 3 * units], values[:, 3 * units :]
    slopes[:, : 3 * units] *= gates * (1 - gates)
    slopes[:, 3 * units :] *= 1 - candidate * candidate
