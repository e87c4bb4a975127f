"""Layers made of recurrent cells: over a sequence, or over a source and then its answer."""

from __future__ import annotations

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.initialization import Draw
from simulator.learning.models.layer import Aside, Forward, Layer, Pull, Views, Weight
from simulator.learning.models.recurrent.cell import (
    Cell,
    Present,
    Unrolled,
    by_units,
    product,
)


def recurrent(cell: Cell, steps: int, inputs: int, units: int, draw: Draw) -> Layer:
    """Go through a sequence (steps, inputs), and say after each step what is known by then.

    Where a sequence has ended before others, the last state stays. It begins with a state of 0.

    Parameters
    ----------
    cell : Cell
    steps : int
        Of a usual sequence, for counts of operations; any length will do.
    inputs, units : int
    draw : callable
        Of the weights of inputs.

    Examples
    --------
    >>> from simulator.learning.models.initialization import zeros
    >>> from simulator.learning.models.recurrent import lstm_cell
    >>> layer = recurrent(lstm_cell(1.0, lambda *_: zeros), 16, 8, 32, zeros)
    >>> layer.outputs, [(weight.name, weight.shape) for weight in layer.weights]
    ((16, 32), [('input', (8, 128)), ('bias', (128,)), ('recurrent', (32, 128))])
    """

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        start = _silence(cell, samples, units)
        run = _Run(cell, weights, samples, start, _steps_there(aside.present))

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            below, _ = run.back(upstream, _nothing(run.final), gradients, wanted)
            return below

        return run.outputs, pull

    return _layer(cell.name, (steps, units), forward, _weights(cell, inputs, units, draw), cell)


def encoder_decoder(
    cell: Cell, source: int, steps: int, inputs: int, units: int, draw: Draw
) -> Layer:
    """Read a source with one cell; another, which begins where that ended, gives the answer.

    A sequence is the source (source, inputs), then what the decoder is told (steps, inputs).
    Both cells' states leave, so that such layers can be stacked.

    References
    ----------
    .. [1] Sutskever, Vinyals & Le, "Sequence to Sequence Learning with Neural Networks",
       NeurIPS 2014.
    """
    half = _weights(cell, inputs, units, draw)
    split = len(half)

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        there = _steps_there(aside.present)
        first, second = (None, None) if there is None else (there[:, :source], there[:, source:])
        start = _silence(cell, samples, units)
        encoder = _Run(cell, weights[:split], samples[:, :, :source], start, first)
        told = samples[:, :, source:]
        decoder = _Run(cell, weights[split:], told, encoder.final, second)

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            last, mine = upstream[:, :, source:], gradients[split:]
            late, between = decoder.back(last, _nothing(decoder.final), mine, wanted)
            early, _ = encoder.back(upstream[:, :, :source], between, gradients[:split], wanted)
            return None if early is None or late is None else np.concatenate([early, late], axis=2)

        return np.concatenate([encoder.outputs, decoder.outputs], axis=2), pull

    both = [
        weight._replace(name=f'{side}_{weight.name}')
        for side in ('encoder', 'decoder')
        for weight in half
    ]
    return _layer(f'{cell.name}_pair', (source + steps, units), forward, tuple(both), cell)


class _Run:
    """A cell that has gone through a batch (W, B, T, k), and knows the way back."""

    def __init__(self, cell: Cell, weights: Views, samples: Floats, start: Views, present: Present):
        matrix, bias = weights[:2]
        self._matrix = matrix
        # steps first, the batch last
        self._inputs = np.ascontiguousarray(samples.transpose(0, 2, 3, 1))
        incoming = np.matmul(matrix.swapaxes(1, 2)[:, None], self._inputs)
        incoming += bias[:, None, :, None]
        unrolled: Unrolled = cell.unroll(incoming, weights[2:], start, present)
        self.outputs: Floats = unrolled.states.transpose(0, 3, 1, 2)
        self.final = unrolled.final
        self._back = unrolled.back

    def back(
        self, upstream: Floats, final: Views, gradients: Views, wanted: bool
    ) -> tuple[Floats | None, list[Floats]]:
        """Return the gradient (W, B, T, k) by the inputs where it is wanted, and by the start."""
        above = np.ascontiguousarray(upstream.transpose(0, 2, 3, 1))
        slopes, start = self._back(above, final, gradients[2:])
        seen = by_units(slopes)
        product(by_units(self._inputs), seen, gradients[0])
        gradients[1][...] = seen.sum(axis=2)
        if not wanted:
            return None, start
        return np.matmul(self._matrix[:, None], slopes).transpose(0, 3, 1, 2), start


def _weights(cell: Cell, inputs: int, units: int, draw: Draw) -> tuple[Weight, ...]:
    width = cell.gates * units
    matrix = Weight('input', (inputs, width), draw)
    bias = Weight('bias', (width,), lambda rng, shape: cell.bias(units))
    return (matrix, bias, *cell.weights(units))


def _layer(
    name: str, outputs: tuple[int, int], forward: Forward, weights: tuple[Weight, ...], cell: Cell
) -> Layer:
    steps, units = outputs
    inputs, width = weights[0].shape
    flops = steps * (2.0 * (inputs + units) * width + cell.flops * units)
    # its gates are kept; the rest is gone over step by step
    return Layer(name, outputs, forward, weights, flops, scratch=steps * width)


def _silence(cell: Cell, samples: Floats, units: int) -> list[Floats]:
    shape = (len(samples), units, samples.shape[1])
    return [np.zeros(shape, samples.dtype) for _ in range(cell.remembers)]


def _nothing(final: Views) -> list[Floats]:
    return [np.zeros_like(each) for each in final]


def _steps_there(present: Present) -> Present:
    return None if present is None else present.transpose(0, 2, 1)[:, :, None]
