"""What a network is asked to make small, and how its answers are counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.arrays import Floats
from simulator.learning.models.curves import logistic
from simulator.learning.task import Task

LossName = Literal['cross_entropy', 'binary_cross_entropy', 'squared_error']
Targets = NDArray[Any]


class Loss(NamedTuple):
    """A loss per sample, from outputs (W, B, units) and targets.

    Targets are labels, whole numbers of shape (W, B), or values of the shape of the outputs;
    for a cross-entropy these are the probabilities that a teacher gives to the classes.

    Attributes
    ----------
    values : callable
        ``(outputs, targets) -> (W, B)``.
    slopes : callable
        ``(outputs, targets) -> values (W, B), slopes (W, B, units)``: also each sample's
        derivative by the outputs, in arrays of its own.
    """

    values: Callable[[Floats, Targets], Floats]
    slopes: Callable[[Floats, Targets], tuple[Floats, Floats]]


FEW = 32
"""Units up to which a maximum over them is found faster unit by unit than sample by sample."""


def are_labels(targets: Targets) -> bool:
    """Say whether *targets* are classes rather than values to come close to."""
    return bool(np.issubdtype(targets.dtype, np.integer))


def places(outputs: Floats, labels: Targets) -> NDArray[np.intp]:
    """Return where each sample's own class stands in the flattened outputs."""
    return np.arange(0, outputs.size, outputs.shape[-1]) + labels.ravel()


def goals(outputs: Floats, targets: Targets) -> Floats:
    """Return what each unit should say: 1 at the unit of the sample's class, else 0.

    A lone unit should say 1 for the second of two classes. Values stand as they are.

    Examples
    --------
    >>> goals(np.zeros((1, 2, 3)), np.array([[2, 0]])).tolist()
    [[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]]
    """
    if not are_labels(targets):
        return targets.astype(outputs.dtype)
    if outputs.shape[-1] == 1:
        return targets[..., None].astype(outputs.dtype)
    wanted = np.zeros_like(outputs)
    wanted.reshape(-1)[places(outputs, targets)] = 1
    return wanted


def hits(outputs: Floats, targets: Targets) -> Floats:
    """Return 1 where the largest output is the sample's class, else 0; nan for values.

    A lone unit chooses the second class from 0 on. A model that has diverged, to inf or nan, is
    right about nothing.

    Examples
    --------
    >>> hits(np.array([[[0.2, 0.8], [0.6, 0.4]]]), np.array([[1, 1]])).tolist()
    [[1.0, 0.0]]
    """
    if not are_labels(targets):
        return np.full(outputs.shape[:2], np.nan)
    lone = outputs.shape[-1] == 1
    chosen = outputs[..., 0] >= 0 if lone else outputs.argmax(axis=-1)
    sane = np.isfinite(outputs.max(axis=-1))
    right: Floats = ((chosen == targets) & sane).astype(np.float64)
    return right


def _exponentials(outputs: Floats, targets: Targets) -> tuple[Floats, Floats, Floats]:
    # relative to the largest output, so that nothing overflows
    shifted: Floats = outputs - _largest(outputs)
    if are_labels(targets):
        own = shifted.reshape(-1)[places(outputs, targets)].reshape(targets.shape)
    else:
        own = _over_units(shifted * targets.astype(shifted.dtype))
    np.exp(shifted, out=shifted)
    totals = np.matmul(shifted, np.ones((shifted.shape[-1], 1), shifted.dtype))
    values: Floats = np.log(totals[..., 0]) - own
    return shifted, totals, values


def _largest(outputs: Floats) -> Floats:
    """Return the largest output of each sample, (..., 1)."""
    if outputs.shape[-1] > FEW:
        return np.asarray(outputs.max(axis=-1, keepdims=True))
    return np.asarray(np.moveaxis(outputs, -1, 0).copy().max(axis=0)[..., None])


def _cross_entropy_values(outputs: Floats, targets: Targets) -> Floats:
    return _exponentials(outputs, targets)[2]


def _cross_entropy_slopes(outputs: Floats, targets: Targets) -> tuple[Floats, Floats]:
    slopes, totals, values = _exponentials(outputs, targets)
    slopes /= totals
    if are_labels(targets):
        slopes.reshape(-1)[places(outputs, targets)] -= 1
    else:
        slopes -= targets.astype(slopes.dtype)
    return values, slopes


def _over_units(values: Floats) -> Floats:
    total: Floats = np.matmul(values, np.ones((values.shape[-1], 1), values.dtype))[..., 0]
    return total


def _squared_error_slopes(outputs: Floats, targets: Targets) -> tuple[Floats, Floats]:
    errors = outputs - goals(outputs, targets)
    return _over_units(errors * errors) / 2, errors


def _binary_slopes(outputs: Floats, targets: Targets) -> tuple[Floats, Floats]:
    wanted = goals(outputs, targets)
    # log(1 + exp(x)), of which the exponential can't overflow
    softplus = np.maximum(outputs, 0) + np.log1p(np.exp(-np.abs(outputs)))
    return _over_units(softplus - wanted * outputs), logistic(outputs) - wanted


def _perceptron_slopes(outputs: Floats, targets: Targets) -> tuple[Floats, Floats]:
    fired = (outputs >= 0).astype(outputs.dtype)
    errors = fired - goals(outputs, targets)
    return _over_units(errors * outputs), errors


def _loss(slopes: Callable[[Floats, Targets], tuple[Floats, Floats]]) -> Loss:
    return Loss(lambda outputs, targets: slopes(outputs, targets)[0], slopes)


CROSS_ENTROPY = Loss(_cross_entropy_values, _cross_entropy_slopes)
"""Softmax of the outputs, then minus the logarithm of the true class's probability."""

BINARY_CROSS_ENTROPY = _loss(_binary_slopes)
"""Each unit for itself, through the logistic curve, says whether a sample is of its class."""

SQUARED_ERROR = _loss(_squared_error_slopes)
"""Half the squared distance to the target; a class's target is 1 at its unit, else 0."""

PERCEPTRON = _loss(_perceptron_slopes)
"""How far each unit is on the wrong side of 0; its slope is the perceptron rule's."""

LOSSES: dict[LossName, Loss] = {
    'cross_entropy': CROSS_ENTROPY,
    'binary_cross_entropy': BINARY_CROSS_ENTROPY,
    'squared_error': SQUARED_ERROR,
}


class Head(NamedTuple):
    """How a model ends: so many output units, judged by this loss."""

    units: int
    loss: Loss


def head(name: LossName | None, task: Task) -> Head:
    """Return the end that fits the loss that was asked for, or else the task.

    Units are softmax, logistic or linear as the loss is cross_entropy, binary_cross_entropy or
    squared_error. One logistic unit tells two classes apart.

    Raises
    ------
    DataError
        If the targets are values, and the loss needs classes.

    Examples
    --------
    >>> head('binary_cross_entropy', Task((4,), 2)).units
    1
    """
    if not task.labels and name not in (None, 'squared_error'):
        raise DataError(f'loss: {name} needs classes; take squared_error for values.')
    chosen = name or ('cross_entropy' if task.labels else 'squared_error')
    alone = chosen == 'binary_cross_entropy' and task.outputs == 2
    return Head(1 if alone else task.outputs, LOSSES[chosen])
