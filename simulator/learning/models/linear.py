"""The simplest models: one layer of units."""

from __future__ import annotations

from math import prod

from simulator.learning.models.dense import dense
from simulator.learning.models.initialization import Initialization
from simulator.learning.models.layer import flatten
from simulator.learning.models.losses import LossName, head
from simulator.learning.models.network import Network
from simulator.learning.task import Task, check_plain


def linear(
    task: Task, *, loss: LossName | None = None, init: Initialization = 'glorot_uniform'
) -> Network:
    """One layer of units: softmax regression, logistic regression, or least squares.

    Parameters
    ----------
    task : Task
    loss : str
        ``cross_entropy`` of softmax units (the default for classes), ``binary_cross_entropy`` of
        logistic units (one where there are two classes), or ``squared_error`` of linear units
        (the default for values). Squared error on XOR ends at weights 0 and output 1/2
        everywhere: no line parts its classes.
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
    check_plain('linear', task)
    end = head(loss, task)
    chain = [flatten(task.inputs), dense(prod(task.inputs), end.units, init)]
    return Network(chain, end.loss)
