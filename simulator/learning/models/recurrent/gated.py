"""The gated recurrent unit, in two forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.initialization import Draw, zeros
from simulator.learning.models.layer import Views, Weight
from simulator.learning.models.recurrent.cell import (
    Cell,
    Present,
    Unrolled,
    by_units,
    keep_absent,
    open_gates,
    part_absent,
    plus,
    product,
    room,
)

Form = Literal['coupled', 'common']


class _Steps(NamedTuple):
    """What is kept of all steps: bent gates, states with the one before, what the reset met."""

    gates: Floats
    states: Floats
    met: Floats


def gru_cell(form: Form, draw: Callable[[int, int], Draw]) -> Cell:
    """One gate f both forgets and lets in, and r says how much of the past a candidate sees.

    c_t = f c_{t-1} + (1 - f) c~_t, where c~ = tanh(W x + U (r c_{t-1}) + b) in the form
    ``coupled``, and tanh(W x + b + r (U c_{t-1} + b')) in the form ``common``.

    References
    ----------
    .. [1] Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
       Machine Translation", EMNLP 2014.
    .. [2] Appleyard, Kocisky & Blunsom, "Optimizing Performance of Recurrent Neural Networks on
       GPUs", arXiv:1604.01946, 2016 (the common form).
    """

    def weights(units: int) -> tuple[Weight, ...]:
        matrix = Weight('recurrent', (units, 3 * units), draw(units, 3 * units))
        return (matrix,) if form == 'coupled' else (matrix, Weight('reset_bias', (units,), zeros))

    def bias(units: int) -> Floats:
        return np.zeros(3 * units)

    return Cell('gru', 3, 1, weights, bias, 8.0, _coupled if form == 'coupled' else _common)


def _coupled(incoming: Floats, weights: Views, start: Views, present: Present) -> Unrolled:
    units, states = room(incoming, 3)
    gating, proposing = weights[0][..., : 2 * units], weights[0][..., 2 * units :]
    kept = _Steps(incoming, states, np.empty_like(states[:, 1:]))
    states[:, 0] = start[0]
    for step in range(incoming.shape[1]):
        gates, candidate = _parts(incoming[:, step], units)
        gates += np.matmul(gating.swapaxes(1, 2), states[:, step])
        open_gates(gates)
        np.multiply(gates[:, units:], states[:, step], out=kept.met[:, step])
        candidate += np.matmul(proposing.swapaxes(1, 2), kept.met[:, step])
        np.tanh(candidate, out=candidate)
        _mix(kept, step, present)

    def back(upstream: Floats, final: Views, gradients: Views) -> tuple[Floats, list[Floats]]:
        slopes = np.empty_like(incoming)
        below = final[0].copy()
        for step in range(incoming.shape[1] - 1, -1, -1):
            below += upstream[:, step]
            into, past = part_absent(present, step, below)
            above, candidate = _parts(slopes[:, step], units)
            _unmix(kept, step, into, slopes)
            by_met = np.matmul(proposing, candidate)
            np.multiply(by_met, states[:, step], out=above[:, units:])
            gates = incoming[:, step, : 2 * units]
            above *= gates * (1 - gates)
            below = np.matmul(gating, above)
            below += into * gates[:, :units] + by_met * gates[:, units:]
            below = plus(below, past)
        seen = by_units(slopes)
        found = gradients[0]
        found[..., : 2 * units] = product(by_units(states[:, :-1]), seen[:, : 2 * units])
        found[..., 2 * units :] = product(by_units(kept.met), seen[:, 2 * units :])
        return slopes, [below]

    return Unrolled(states[:, 1:], [states[:, -1]], back)


def _common(incoming: Floats, weights: Views, start: Views, present: Present) -> Unrolled:
    matrix, reset_bias = weights
    units, states = room(incoming, 3)
    kept = _Steps(incoming, states, np.empty_like(states[:, 1:]))
    states[:, 0] = start[0]
    for step in range(incoming.shape[1]):
        gates, candidate = _parts(incoming[:, step], units)
        sums = np.matmul(matrix.swapaxes(1, 2), states[:, step])
        gates += sums[:, : 2 * units]
        open_gates(gates)
        np.add(sums[:, 2 * units :], reset_bias[..., None], out=kept.met[:, step])
        candidate += gates[:, units:] * kept.met[:, step]
        np.tanh(candidate, out=candidate)
        _mix(kept, step, present)

    def back(upstream: Floats, final: Views, gradients: Views) -> tuple[Floats, list[Floats]]:
        slopes, inner = np.empty_like(incoming), np.empty_like(incoming)
        below = final[0].copy()
        for step in range(incoming.shape[1] - 1, -1, -1):
            below += upstream[:, step]
            into, past = part_absent(present, step, below)
            above, candidate = _parts(slopes[:, step], units)
            _unmix(kept, step, into, slopes)
            np.multiply(candidate, kept.met[:, step], out=above[:, units:])
            gates = incoming[:, step, : 2 * units]
            above *= gates * (1 - gates)
            inner[:, step, : 2 * units] = above
            np.multiply(candidate, gates[:, units:], out=inner[:, step, 2 * units :])
            below = np.matmul(matrix, inner[:, step])
            below = plus(below + into * gates[:, :units], past)
        seen = by_units(inner)
        product(by_units(states[:, :-1]), seen, gradients[0])
        gradients[1][...] = seen[:, 2 * units :].sum(axis=2)
        return slopes, [below]

    return Unrolled(states[:, 1:], [states[:, -1]], back)


def _parts(rows: Floats, units: int) -> tuple[Floats, Floats]:
    """Return the two gates f, r of one step, and the candidate, as views."""
    return rows[:, : 2 * units], rows[:, 2 * units :]


def _mix(kept: _Steps, step: int, present: Present) -> None:
    units = kept.states.shape[2]
    gates, candidate = _parts(kept.gates[:, step], units)
    forget, before = gates[:, :units], kept.states[:, step]
    # f c + (1 - f) c~
    kept.states[:, step + 1] = candidate + forget * (before - candidate)
    keep_absent(present, step, kept.states)


def _unmix(kept: _Steps, step: int, into: Floats, slopes: Floats) -> None:
    """Fill in the gradient by the forget gate, not yet unbent, and by the candidate's sum."""
    units = kept.states.shape[2]
    gates, candidate = _parts(kept.gates[:, step], units)
    above, below = _parts(slopes[:, step], units)
    np.multiply(into, kept.states[:, step] - candidate, out=above[:, :units])
    np.multiply(into * (1 - gates[:, :units]), 1 - candidate * candidate, out=below)
