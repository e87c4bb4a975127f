"""The simplest models: one layer of units."""

from __future__ import annotations

from math import prod

from simulator.learning.models.dense import dense
from simulator.learning.models.initialization import Initialization
from simulator.learning.models.layer import flatten
from simulator.learning.models.losses import LOSSES, LossName, fitting
from simulator.learning.models.network import Network
from simulator.learning.task import Task


def linear(
    task: Task, *, loss: LossName | None = None, init: Initialization = 'glorot_uniform'
) -> Network:
    """One layer of linear units: softmax regression, or least squares.

    Parameters
    ----------
    task : Task
    loss : str
        ``cross_entropy`` (of the softmax of the units; the default for classes) or
        ``squared_error`` (the default for values). Squared error on XOR ends at weights 0 and
        output 1/2 everywhere: no line parts its classes.
    init : str
        How weights are drawn; biases start at 0.

    Returns
    -------
    Network

    Examples
    --------
    >>> model = linear(Task((8, 8), 10))
    >>> model.dimension, model.forward_flops
    (650, 1280.0)
    """
    chain = [flatten(task.inputs), dense(prod(task.inputs), task.outputs, init)]
    return Network(chain, LOSSES[fitting(loss, task.labels)])
