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


class Steps(NamedTuple):
    """How to go on from a gradient: the optimizer, its state, the factor of each step (H,)."""

    optimizer: Optimizer
    state: State
    factors: Floats


class Order(NamedTuple):
    """One worker's wish: a gradient, or where some local steps lead.

    Attributes
    ----------
    parameters : array, shape (d,)
        Where to begin.
    batches : array of int, shape (H, B)
        Samples by number; a gradient takes one batch.
    steps : Steps or None
        None where the gradient itself is wanted.
    """

    parameters: Floats
    batches: Indices
    steps: Steps | None = None

    @property
    def kind(self) -> tuple[Any, ...]:
        """Orders of one kind can be computed together."""
        return self.batches.shape, self.steps and id(self.steps.optimizer)


class Result(NamedTuple):
    """What became of an order: gradient or parameters (d,), mean loss, optimizer's state."""

    value: Floats
    loss: float
    state: State


def carry_out(model: Model, samples: Samples, orders: Sequence[Order]) -> list[Result]:
    """Compute orders of one kind together, each bitwise as it would come out alone."""
    start = _stacked([order.parameters for order in orders])
    batches = np.stack([order.batches for order in orders], axis=1)
    steps = [order.steps for order in orders if order.steps is not None]
    if steps:
        return _walk(model, samples, start, batches, steps)
    losses, gradients = _gradients(model, samples, start, batches[0])
    states: list[State] = [()] * len(orders)
    return _results(gradients, losses, states)


def _walk(
    model: Model, samples: Samples, parameters: Floats, batches: Indices, steps: Sequence[Steps]
) -> list[Result]:
    update = steps[0].optimizer.update
    state = _stacked_states([each.state for each in steps])
    factors = np.stack([each.factors for each in steps], axis=1)[..., None]
    losses = np.empty(batches.shape[:2], parameters.dtype)
    for step, batch in enumerate(batches):
        losses[step], gradients = _gradients(model, samples, parameters, batch)
        parameters, state = update(gradients, state, parameters, factors[step])
    states = [
        type(state)(*(frozen(part[row].copy()) for part in state)) for row in range(len(steps))
    ]
    return _results(parameters, losses.mean(axis=0), states)


def _gradients(
    model: Model, samples: Samples, parameters: Floats, batch: Indices
) -> tuple[Floats, Floats]:
    return model.losses_and_gradients(parameters, samples.inputs[batch], samples.targets[batch])


def _results(values: Floats, losses: Floats, states: Sequence[State]) -> list[Result]:
    # copies, since views would keep all of *values* alive for the sake of one
    return [
        Result(frozen(value.copy()), float(loss), state)
        for value, loss, state in zip(values, losses, states, strict=True)
    ]


def _stacked(vectors: Sequence[Floats]) -> Floats:
    first = vectors[0]
    if all(vector is first for vector in vectors):
        return np.broadcast_to(first, (len(vectors), *first.shape))
    return np.stack(vectors)


def _stacked_states(states: Sequence[AnyState]) -> AnyState:
    return type(states[0])(*(np.stack(parts) for parts in zip(*states, strict=True)))
