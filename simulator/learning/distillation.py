"""A student that learns from what a teacher says, not from labels."""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.arrays import DIVERGENCE, Floats, frozen
from simulator.learning.data import Dataset, Samples
from simulator.learning.models import Model
from simulator.learning.models.losses import CROSS_ENTROPY, Loss, Targets
from simulator.learning.models.network import Network
from simulator.learning.task import NONE

__all__ = ['distilled', 'tempered']

SAMPLES = 64
"""Samples a teacher looks at at once."""
MOST = 2**28
"""Numbers that a teacher may say altogether."""


def distilled(
    data: Dataset,
    student: Model,
    teacher: Model,
    parameters: Floats,
    statistics: Floats | None = None,
    *,
    temperature: float = 2.0,
) -> tuple[Dataset, Model]:
    """Return *data* whose training targets are what *teacher* says, and a student of these.

    No label of a training sample is looked at. Classes become the probabilities that the teacher
    gives them, softened: softmax(outputs / temperature). The student's loss is the cross-entropy
    with those, at the same temperature, times temperature^2, so that its slopes stay as long as
    those of a plain cross-entropy. Values are taken as the teacher says them. Test samples, and
    those kept for validation, stay as they are.

    Parameters
    ----------
    data : Dataset
    student : Model
        A network of the catalogue.
    teacher : Model
    parameters : array, shape (d,)
        The teacher's.
    statistics : array, shape (s,), optional
        The teacher's running ones.
    temperature : float
        Above 1, what the teacher holds for less likely weighs more.

    Raises
    ------
    DataError
        If the teacher is for other data, or the student can't be taught so.

    References
    ----------
    .. [1] Hinton, Vinyals & Dean, "Distilling the Knowledge in a Neural Network",
       arXiv:1503.02531, 2015.
    """
    if not isinstance(student, Network):
        raise DataError('distillation: only networks of the catalogue learn from a teacher.')
    told = Samples(data.train.inputs, _said(data, teacher, parameters, statistics, temperature))
    if student.loss is CROSS_ENTROPY:
        student = copy(student)
        student.training_loss = tempered(temperature)
    return data._replace(train=told), student


def tempered(temperature: float) -> Loss:
    """Return the cross-entropy with a teacher's probabilities, at a temperature.

    Examples
    --------
    >>> outputs, wanted = np.array([[[2.0, 0.0]]]), np.array([[[0.5, 0.5]]])
    >>> plain, soft = tempered(1.0), tempered(4.0)
    >>> plain.slopes(outputs, wanted)[1].round(2).tolist()
    [[[0.38, -0.38]]]
    >>> soft.slopes(outputs, wanted)[1].round(2).tolist()
    [[[0.49, -0.49]]]
    """

    def slopes(outputs: Floats, targets: Targets) -> tuple[Floats, Floats]:
        degree = outputs.dtype.type(temperature)
        values, found = CROSS_ENTROPY.slopes(outputs / degree, targets)
        return values * degree * degree, found * degree

    return Loss(lambda outputs, targets: slopes(outputs, targets)[0], slopes)


@DIVERGENCE
def _said(
    data: Dataset,
    teacher: Model,
    parameters: Floats,
    statistics: Floats | None,
    temperature: float,
) -> NDArray[np.float32]:
    """Return what the teacher says of all training samples; nan at steps without a target."""
    inputs, targets = data.train
    _check_size(data)
    parts = []
    for start in range(0, len(inputs), SAMPLES):
        some = inputs[None, start : start + SAMPLES]
        outputs = teacher.outputs(parameters[None], some, statistics)[0]
        parts.append(_shares(outputs / temperature) if data.task.labels else outputs)
    said = np.concatenate(parts).astype(np.float32)
    if data.task.steps and data.task.labels:
        said[targets == NONE] = np.nan
    return frozen(said)


def _check_size(data: Dataset) -> None:
    size = len(data.train.inputs) * max(1, data.task.steps) * data.task.outputs
    if size > MOST:
        raise DataError(
            f'distillation: a teacher would say {size:,} numbers, over the limit of {MOST:,}; '
            'take fewer samples, or a smaller vocabulary.'
        )


def _shares(outputs: Floats) -> Floats:
    shares: Floats = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    return shares
