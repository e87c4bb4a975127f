"""Feed-forward networks of any depth."""

from __future__ import annotations

from math import prod

from simulator.learning.models.activations import ActivationName
from simulator.learning.models.blocks import Style, Units, feed_forward
from simulator.learning.models.initialization import Initialization
from simulator.learning.models.layer import flatten
from simulator.learning.models.losses import LossName, head
from simulator.learning.models.network import Network
from simulator.learning.models.normalization import Share
from simulator.learning.task import Task, check_plain


def mlp(
    task: Task,
    *,
    hidden: list[Units] = [64],  # noqa: B006, read only
    activation: ActivationName = 'relu',
    init: Initialization = 'he_normal',
    batch_norm: bool = False,
    dropout: Share = 0.0,
    loss: LossName | None = None,
) -> Network:
    """Multi-layer perceptron: hidden layers of bent units, then a linear one.

    Parameters
    ----------
    task : Task
    hidden : list of int
        Units of each hidden layer; none makes it `linear`.
    activation : str
        What bends the hidden units.
    init : str
        How weights are drawn; biases start at 0. All weights at zero never break the symmetry
        between hidden units.
    batch_norm : bool
        Whether each hidden layer's units are normalized over the batch before they are bent.
    dropout : float
        Share of each hidden layer's units silenced in training.
    loss : str
        ``cross_entropy`` of softmax units (the default for classes), ``binary_cross_entropy`` of
        logistic units (one where there are two classes), or ``squared_error`` of linear units
        (the default for values).

    Returns
    -------
    Network

    References
    ----------
    .. [1] Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors",
       Nature 323, 1986.

    Examples
    --------
    >>> model = mlp(Task((8, 8), 10), hidden=[32])
    >>> model.dimension, [layer.name for layer in model.layers]
    (2410, ['1-flatten', '2-dense', '3-relu', '4-dense'])
    """
    check_plain('mlp', task)
    end = head(loss, task)
    style = Style(activation, init, batch_norm, dropout)
    layers = feed_forward(prod(task.inputs), hidden, end.units, style)
    return Network([flatten(task.inputs), *layers], end.loss)
