"""Linear threshold units."""

from __future__ import annotations

from math import prod
from typing import Literal

from simulator.errors import DataError
from simulator.learning.models.dense import dense
from simulator.learning.models.initialization import Initialization
from simulator.learning.models.layer import flatten
from simulator.learning.models.losses import BINARY_CROSS_ENTROPY, PERCEPTRON
from simulator.learning.models.network import Network
from simulator.learning.task import Task, check_plain


def perceptron(
    task: Task,
    *,
    rule: Literal['threshold', 'logistic'] = 'threshold',
    init: Initialization = 'zeros',
) -> Network:
    """Linear threshold units with a bias: one for two classes, else one a class.

    A unit fires where its weighted inputs and bias reach 0. With fixed weights and inputs of 0
    and 1 it is the binary threshold neuron.

    Parameters
    ----------
    task : Task
    rule : str
        ``threshold`` learns by the perceptron rule, w <- w + rate (target - fired) x, from
        mistakes alone; ``logistic`` from the logistic curve in place of the threshold.
    init : str
        How weights are drawn.

    Returns
    -------
    Network

    Raises
    ------
    DataError
        If targets are values.

    References
    ----------
    .. [1] McCulloch & Pitts, "A Logical Calculus of the Ideas Immanent in Nervous Activity",
       Bulletin of Mathematical Biophysics 5, 1943.
    .. [2] Rosenblatt, "The Perceptron", Psychological Review 65, 1958.

    Examples
    --------
    >>> perceptron(Task((4,), 2)).dimension, perceptron(Task((4,), 3)).dimension
    (5, 15)
    """
    check_plain('perceptron', task)
    if not task.labels:
        raise DataError('perceptron: needs classes; take linear or mlp for values.')
    units = 1 if task.outputs == 2 else task.outputs
    chain = [flatten(task.inputs), dense(prod(task.inputs), units, init)]
    return Network(chain, PERCEPTRON if rule == 'threshold' else BINARY_CROSS_ENTROPY)
