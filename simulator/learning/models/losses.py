"""What a network is asked to make small, and how its answers are counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.arrays import Floats

LossName = Literal['cross_entropy', 'squared_error']
Targets = NDArray[Any]


class Loss(NamedTuple):
    """A loss per sample, from outputs (W, B, units) and targets.

    Targets are labels, whole numbers of shape (W, B), or values of the shape of the outputs.

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


def are_labels(targets: Targets) -> bool:
    """Say whether *targets* are classes rather than values to come close to."""
    return bool(np.issubdtype(targets.dtype, np.integer))


def places(outputs: Floats, labels: Targets) -> NDArray[np.intp]:
    """Return where each sample's own class stands in the flattened outputs."""
    return np.arange(0, outputs.size, outputs.shape[-1]) + labels.ravel()


def hits(outputs: Floats, targets: Targets) -> Floats:
    """Return 1 where the largest output is the sample's class, else 0; nan for values.

    A model that has diverged, to inf or nan, is right about nothing.

    Examples
    --------
    >>> hits(np.array([[[0.2, 0.8], [0.6, 0.4]]]), np.array([[1, 1]])).tolist()
    [[1.0, 0.0]]
    """
    if not are_labels(targets):
        return np.full(outputs.shape[:2], np.nan)
    sane = np.isfinite(outputs.max(axis=-1))
    right: Floats = ((outputs.argmax(axis=-1) == targets) & sane).astype(np.float64)
    return right


def _exponentials(outputs: Floats, targets: Targets) -> tuple[Floats, Floats, Floats]:
    # relative to the largest output, so that nothing overflows
    shifted = outputs - outputs.max(axis=-1, keepdims=True)
    own = shifted.reshape(-1)[places(outputs, targets)].reshape(targets.shape)
    np.exp(shifted, out=shifted)
    totals = np.matmul(shifted, np.ones((shifted.shape[-1], 1), shifted.dtype))
    values: Floats = np.log(totals[..., 0]) - own
    return shifted, totals, values


def _cross_entropy_values(outputs: Floats, targets: Targets) -> Floats:
    return _exponentials(outputs, targets)[2]


def _cross_entropy_slopes(outputs: Floats, targets: Targets) -> tuple[Floats, Floats]:
    slopes, totals, values = _exponentials(outputs, targets)
    slopes /= totals
    slopes.reshape(-1)[places(outputs, targets)] -= 1
    return values, slopes


def _errors(outputs: Floats, targets: Targets) -> Floats:
    if not are_labels(targets):
        return outputs - targets.astype(outputs.dtype)
    errors = outputs.copy()
    errors.reshape(-1)[places(outputs, targets)] -= 1
    return errors


def _squared_error_slopes(outputs: Floats, targets: Targets) -> tuple[Floats, Floats]:
    errors = _errors(outputs, targets)
    halves = np.full((errors.shape[-1], 1), 0.5, errors.dtype)
    return np.matmul(errors * errors, halves)[..., 0], errors


def _squared_error_values(outputs: Floats, targets: Targets) -> Floats:
    return _squared_error_slopes(outputs, targets)[0]


CROSS_ENTROPY = Loss(_cross_entropy_values, _cross_entropy_slopes)
"""Softmax of the outputs, then minus the logarithm of the true class's probability."""

SQUARED_ERROR = Loss(_squared_error_values, _squared_error_slopes)
"""Half the squared distance to the target; a class's target is 1 at its unit, else 0."""

LOSSES: dict[LossName, Loss] = {'cross_entropy': CROSS_ENTROPY, 'squared_error': SQUARED_ERROR}


def fitting(name: LossName | None, labels: bool) -> LossName:
    """Return the loss that was asked for, or else the usual one for the task.

    Examples
    --------
    >>> fitting(None, labels=False)
    'squared_error'
    """
    if name == 'cross_entropy' and not labels:
        raise DataError('loss: cross_entropy needs classes; take squared_error for values.')
    return name or ('cross_entropy' if labels else 'squared_error')
