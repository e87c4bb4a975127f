"""What keeps weights and gradients in bounds, for every model: penalties, clipping, max-norm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import NDArray

from simulator.learning.arrays import DIVERGENCE, Floats
from simulator.learning.models import Gradients, Model
from simulator.learning.models.model import Array
from simulator.learning.optimizers import Optimizer, State

Penalty = Annotated[float, Ge(0)]
Limit = Annotated[float, Gt(0)]


class Regularization(NamedTuple):
    """What is asked of weights and gradients; see `regularization`."""

    l1: float
    l2: float
    max_norm: float | None
    clip_value: float | None
    clip_norm: float | None

    def model(self, model: Model) -> Model:
        """Return *model* with penalties in its losses and gradients, and these clipped."""
        bends = self.l1 or self.l2 or self.clip_value or self.clip_norm
        return Regularized(model, self) if bends else model

    def optimizer(self, optimizer: Optimizer, model: Model) -> Optimizer:
        """Return *optimizer* with the max-norm kept after each of its steps.

        It has to see whole parameter vectors: a server's shard won't do.
        """
        if self.max_norm is None:
            return optimizer
        return _bounded(optimizer, model, self.max_norm)


def regularization(
    *,
    l1: Penalty = 0.0,
    l2: Penalty = 0.0,
    max_norm: Limit | None = None,
    clip_value: Limit | None = None,
    clip_norm: Limit | None = None,
) -> Regularization:
    """Keep weights small, and gradients within bounds.

    Penalties and max-norm are for weights, not for biases and the like (arrays of one axis).

    Parameters
    ----------
    l1 : float
        Adds l1 |w| to the loss for each weight: drives many to 0.
    l2 : float
        Adds l2 w^2 / 2 to the loss for each weight: keeps them small.
    max_norm : float
        Limit of the length of a unit's incoming weights; kept by scaling them down after a step.
    clip_value : float
        Limit of each entry of a worker's gradient.
    clip_norm : float
        Limit of the length of a worker's gradient, after `clip_value`; kept by scaling it down.

    Returns
    -------
    Regularization

    References
    ----------
    .. [1] Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks",
       ICML 2013 (clipping).
    .. [2] Srebro & Shraibman, "Rank, Trace-Norm and Max-Norm", COLT 2005.

    Examples
    --------
    >>> regularization(l2=0.01).clip_norm is None
    True
    """
    return Regularization(l1, l2, max_norm, clip_value, clip_norm)


class Regularized:
    """A model whose losses bear penalties and whose gradients are clipped; else the same.

    Evaluation is the plain model's: what it is worth on data, not what its weights cost.
    """

    def __init__(self, model: Model, rules: Regularization):
        self.dimension = model.dimension
        self.layers = model.layers
        self.forward_flops = model.forward_flops
        self.bytes = model.bytes
        self.noise = model.noise
        self.statistics = model.statistics
        self.init = model.init
        self.outputs = model.outputs
        self.signals = model.signals
        self.evaluate = model.evaluate
        self.footprint = model.footprint
        self._model = model
        self._rules = rules
        self._is_weight = np.zeros(model.dimension, bool)
        for place, _ in _matrices(model):
            self._is_weight[place] = True

    @DIVERGENCE
    def losses_and_gradients(
        self,
        parameters: Floats,
        inputs: NDArray[Any],
        targets: NDArray[Any],
        noise: Floats | None = None,
    ) -> Gradients:
        """Return losses and gradients with their penalties, clipped."""
        found = self._model.losses_and_gradients(parameters, inputs, targets, noise)
        l1, l2, *_ = self._rules
        if l1 or l2:
            weights = parameters * self._is_weight
            costs = l1 * np.abs(weights) + l2 / 2 * weights * weights
            found.losses[...] += costs.sum(axis=1)
            found.gradients[...] += l1 * np.sign(weights) + l2 * weights
        _clip(found.gradients, self._rules)
        return found


def _clip(gradients: Floats, rules: Regularization) -> None:
    if rules.clip_value is not None:
        np.clip(gradients, -rules.clip_value, rules.clip_value, out=gradients)
    if rules.clip_norm is not None:
        squares = np.matmul(gradients[:, None], gradients[..., None])[..., 0]
        gradients *= np.minimum(1, rules.clip_norm / np.sqrt(squares))


def _bounded(optimizer: Optimizer, model: Model, limit: float) -> Optimizer:
    @DIVERGENCE
    def update(
        gradient: Floats, state: State, parameters: Floats, factor: float | Floats = 1.0
    ) -> tuple[Floats, State]:
        moved, state = optimizer.update(gradient, state, parameters, factor)
        for place, shape in _matrices(model):
            incoming = moved[..., place].reshape(*moved.shape[:-1], -1, shape[-1])
            lengths = np.sqrt((incoming * incoming).sum(axis=-2, keepdims=True))
            incoming *= np.minimum(1, limit / lengths)
        return moved, state

    return Optimizer(optimizer.init, update)


def _matrices(model: Model) -> Iterator[Array]:
    for layer in model.layers:
        yield from (array for array in layer.arrays.values() if len(array.shape) > 1)
