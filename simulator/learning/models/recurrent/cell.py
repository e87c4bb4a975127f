"""What a recurrent cell is, and what all cells need on the way through time and back.

Inside, the steps of a sequence come before its units, and the batch comes last: (W, T, units, B).
So each step's gates are blocks of memory of their own, which is what makes them quick to bend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.learning.arrays import Floats
from simulator.learning.models.layer import Views, Weight

Present = NDArray[np.bool_] | None
"""Which steps are there, (W, T, 1, B); None where all are."""


class Way(Protocol):
    """The way back through time.

    Takes the gradient by the states (W, T, H, B) of all steps and by those after the last, fills
    *gradients* (one view per recurrent weight of the cell), and returns the gradient by what
    came in (W, T, gates * H, B), and by the states before the first step.
    """

    def __call__(
        self, upstream: Floats, final: Views, gradients: Views
    ) -> tuple[Floats, list[Floats]]:
        """Go back through time."""
        ...


class Unrolled(NamedTuple):
    """A cell unrolled over a sequence.

    Attributes
    ----------
    states : array, shape (W, T, H, B)
        What the cell says after each step.
    final : list of array, shape (W, H, B)
        All that it remembers after the last one: that state first.
    back : Way
    """

    states: Floats
    final: list[Floats]
    back: Way


class Cell(NamedTuple):
    """A step of a recurrent layer, as a function over all steps.

    Attributes
    ----------
    name : str
    gates : int
        Rows of units that inputs and the state before feed into.
    remembers : int
        States kept from step to step: the first is what the layer says.
    weights : callable
        ``units -> recurrent weights``.
    bias : callable
        ``units -> the first bias of all gates``.
    flops : float
        Operations a unit and step, beside the products with weights.
    unroll : callable
        ``(incoming (W, T, gates * H, B), weights, start, present) -> Unrolled``. Incoming is what
        inputs and bias add to each gate; the cell may overwrite it.
    """

    name: str
    gates: int
    remembers: int
    weights: Callable[[int], tuple[Weight, ...]]
    bias: Callable[[int], Floats]
    flops: float
    unroll: Callable[[Floats, Views, Views, Present], Unrolled]


def room(incoming: Floats, gates: int) -> tuple[int, Floats]:
    """Return the units H, and room for the states (W, 1 + T, H, B) before and after each step."""
    workers, steps, width, batch = incoming.shape
    units = width // gates
    return units, np.empty((workers, steps + 1, units, batch), incoming.dtype)


def open_gates(gates: Floats) -> None:
    """Bend *gates* by the logistic curve, where they stand.

    Examples
    --------
    >>> gates = np.array([0.0, 100.0])
    >>> open_gates(gates)
    >>> gates.tolist()
    [0.5, 1.0]
    """
    gates /= 2
    np.tanh(gates, out=gates)
    half_up(gates)


def half_up(gates: Floats) -> None:
    """Take tanh(x/2) to the logistic curve of x, where it stands."""
    gates += 1
    gates /= 2


def keep_absent(present: Present, step: int, states: Floats) -> None:
    """Where a step is not there, let the state before it go on."""
    if present is not None:
        there = present[:, step]
        states[:, step + 1] = np.where(there, states[:, step + 1], states[:, step])


def part_absent(present: Present, step: int, upstream: Floats) -> tuple[Floats, Floats | None]:
    """Return what of a gradient goes into the step, and what goes past it (None: nothing)."""
    if present is None:
        return upstream, None
    there = present[:, step]
    return upstream * there, upstream * ~there


def plus(below: Floats, past: Floats | None) -> Floats:
    """Return the gradient by the state before a step, with what has gone past the step."""
    return below if past is None else below + past


def by_units(steps: Floats) -> Floats:
    """Return (W, units, T * B) of (W, T, units, B): all that a unit has ever seen, in a row."""
    workers, _, units, _ = steps.shape
    return np.ascontiguousarray(steps.swapaxes(1, 2)).reshape(workers, units, -1)


def product(left: Floats, right: Floats, out: Floats | None = None) -> Floats:
    """Return (W, a, b) of what two kinds of units (W, a, n) and (W, b, n) have seen together."""
    return np.matmul(left, right.swapaxes(1, 2), out=out)
