"""What workers ask of a model, computed for many workers at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np

from simulator.learning.arrays import DIVERGENCE, Floats, Values, frozen
from simulator.learning.batches import Indices
from simulator.learning.data import Samples
from simulator.learning.models import Model
from simulator.learning.optimizers import Optimizer, State

AnyState = TypeVar('AnyState', bound=State)

MEMORY = 0.9
"""What remains of a worker's running statistics at each of its batches."""

GRADIENT = Optimizer(lambda _: (), lambda gradient, state, _, __=1.0: (gradient, state))
"""Puts the gradient itself in the parameters' place: what wants a gradient takes one such step."""


@dataclass(eq=False, slots=True)
class Order:
    """One worker's wish: where some steps of an optimizer lead.

    Attributes
    ----------
    parameters : array, shape (d,)
        Where to begin.
    batches : array of int, shape (H, B)
        Samples by number, a batch a step.
    noise : array, shape (H, B, model.noise), or None
        The worker's own draws, uniform on [0, 1).
    optimizer : Optimizer
        `GRADIENT` where the gradient is wanted.
    state : State
        The optimizer's, to begin with.
    factors : array, shape (H,), or None
        Of the rate, step by step; None for 1 at all of them.
    """

    parameters: Floats
    batches: Indices
    noise: Floats | None
    optimizer: Optimizer
    state: State
    factors: Floats | None

    @property
    def kind(self) -> tuple[Any, ...]:
        """Orders of one kind can be computed together."""
        return self.batches.shape, id(self.optimizer), self.noise is None, self.factors is None


class Result(NamedTuple):
    """What became of an order.

    Attributes
    ----------
    value : array, shape (d,)
        Gradient, or parameters after the last step.
    loss : float
        Mean over samples and steps.
    state : State
        The optimizer's after the last step.
    statistics : array, shape (s,)
        What the batches add to the worker's running statistics.
    remains : float
        What these batches leave of the running statistics before them.
    """

    value: Floats
    loss: float
    state: State
    statistics: Floats
    remains: float


@DIVERGENCE
def carry_out(model: Model, samples: Samples, orders: Sequence[Order]) -> list[Result]:
    """Compute orders of one kind together, each bitwise as it would come out alone."""
    parameters = _stacked([order.parameters for order in orders])
    state = _stacked_states([order.state for order in orders])
    losses, added = [], np.zeros((len(orders), model.statistics.size), parameters.dtype)
    for batch, noise, factor in _step_by_step(orders):
        loss, gradients, measured = model.losses_and_gradients(
            parameters, samples.inputs.take(batch, axis=0), samples.targets[batch], noise
        )
        parameters, state = orders[0].optimizer.update(gradients, state, parameters, factor)
        losses.append(loss)
        if added.size:
            added += (1 - MEMORY) * (measured - added)
    means, remains = np.mean(losses, axis=0).tolist(), MEMORY ** len(losses)
    states = [type(state)(*parts) for parts in zip(*map(_rows, state), strict=True)]
    return [
        Result(value, loss, state, measured, remains)
        for value, loss, state, measured in zip(
            _rows(parameters), means, states or [state] * len(orders), _rows(added), strict=True
        )
    ]


def _step_by_step(
    orders: Sequence[Order],
) -> Iterator[tuple[Indices, Floats | None, float | Floats]]:
    first = orders[0]
    batches = _joined([order.batches for order in orders])
    noise = None if first.noise is None else np.array([order.noise for order in orders])
    factors = None if first.factors is None else np.array([order.factors for order in orders])
    for step in range(batches.shape[1]):
        yield (
            batches[:, step],
            None if noise is None else noise[:, step],
            1.0 if factors is None else factors[:, step, None],
        )


def _rows(stack: Floats) -> list[Floats]:
    """Return the rows of a stack, read-only, each with a memory of its own."""
    if len(stack) == 1 or not stack.size:
        return [frozen(stack[0])] * len(stack)
    # a view would keep all workers' arrays alive for the sake of one
    return [frozen(row.copy()) for row in stack]


def _stacked(vectors: Sequence[Floats]) -> Floats:
    first = vectors[0]
    if all(vector is first for vector in vectors):
        return np.broadcast_to(first, (len(vectors), *first.shape))
    return _joined(vectors)


def _joined(arrays: Sequence[Values]) -> Values:
    """Return arrays of one shape as one (n, ...), in half the time of `stack`."""
    return cast('Values', np.concatenate(arrays).reshape(len(arrays), *arrays[0].shape))


def _stacked_states(states: Sequence[AnyState]) -> AnyState:
    return type(states[0])(*(np.stack(parts) for parts in zip(*states, strict=True)))
