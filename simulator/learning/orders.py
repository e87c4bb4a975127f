"""What workers ask of a model, computed for many workers at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from simulator.learning.arrays import Floats, frozen
from simulator.learning.batches import Indices
from simulator.learning.data import Samples
from simulator.learning.models import Model
from simulator.learning.optimizers import Optimizer, State

AnyState = TypeVar('AnyState', bound=State)

MEMORY = 0.9
"""What remains of a worker's running statistics at each of its batches."""

GRADIENT = Optimizer(lambda _: (), lambda gradient, state, _, __=1.0: (gradient, state))
"""Puts the gradient itself in the parameters' place: what wants a gradient takes one such step."""


class Order(NamedTuple):
    """One worker's wish: where some steps of an optimizer lead.

    Attributes
    ----------
    parameters : array, shape (d,)
        Where to begin.
    batches : array of int, shape (H, B)
        Samples by number, a batch a step.
    noise : array, shape (H, B, model.noise)
        The worker's own draws, uniform on [0, 1).
    optimizer : Optimizer
        `GRADIENT` where the gradient is wanted.
    state : State
        The optimizer's, to begin with.
    factors : array, shape (H,)
        Of the rate, step by step.
    """

    parameters: Floats
    batches: Indices
    noise: Floats
    optimizer: Optimizer
    state: State
    factors: Floats

    @property
    def kind(self) -> tuple[Any, ...]:
        """Orders of one kind can be computed together."""
        return self.batches.shape, id(self.optimizer)


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


def carry_out(model: Model, samples: Samples, orders: Sequence[Order]) -> list[Result]:
    """Compute orders of one kind together, each bitwise as it would come out alone."""
    parameters = _stacked([order.parameters for order in orders])
    state = _stacked_states([order.state for order in orders])
    losses, added = [], np.zeros((len(orders), model.statistics.size), parameters.dtype)
    for batch, noise, factors in _step_by_step(orders):
        loss, gradients, measured = model.losses_and_gradients(
            parameters, samples.inputs[batch], samples.targets[batch], noise
        )
        parameters, state = orders[0].optimizer.update(gradients, state, parameters, factors)
        losses.append(loss)
        added += (1 - MEMORY) * (measured - added)
    remains = MEMORY ** len(losses)
    # copies, since views would keep all workers' arrays alive for the sake of one
    return [
        Result(
            frozen(parameters[row].copy()),
            float(loss),
            type(state)(*(frozen(part[row].copy()) for part in state)),
            added[row].copy(),
            remains,
        )
        for row, loss in enumerate(np.mean(losses, axis=0))
    ]


def _step_by_step(orders: Sequence[Order]) -> zip[tuple[Indices, Floats, Floats]]:
    return zip(
        np.stack([order.batches for order in orders], axis=1),
        np.stack([order.noise for order in orders], axis=1),
        np.stack([order.factors for order in orders], axis=1)[..., None],
        strict=True,
    )


def _stacked(vectors: Sequence[Floats]) -> Floats:
    first = vectors[0]
    if all(vector is first for vector in vectors):
        return np.broadcast_to(first, (len(vectors), *first.shape))
    return np.stack(vectors)


def _stacked_states(states: Sequence[AnyState]) -> AnyState:
    return type(states[0])(*(np.stack(parts) for parts in zip(*states, strict=True)))
