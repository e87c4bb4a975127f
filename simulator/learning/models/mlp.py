"""Feed-forward networks of any depth."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Annotated

from annotated_types import Gt

from simulator.learning.models.activations import ActivationName, bend
from simulator.learning.models.dense import dense
from simulator.learning.models.initialization import Initialization
from simulator.learning.models.layer import Layer, Shape, flatten
from simulator.learning.models.losses import LossName, head
from simulator.learning.models.network import Network
from simulator.learning.models.normalization import Share, batch_norm, dropout
from simulator.learning.task import Task


def mlp(
    task: Task,
    *,
    hidden: list[Annotated[int, Gt(0)]] = [64],  # noqa: B006, read only
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
    end = head(loss, task)
    chain, inputs = [flatten(task.inputs)], prod(task.inputs)
    for units in hidden:
        chain += [dense(inputs, units, init), *_bent((units,), activation, batch_norm, dropout)]
        inputs = units
    chain.append(dense(inputs, end.units, init))
    return Network(chain, end.loss)


def _bent(
    units: Shape, activation: ActivationName, normalized: bool, dropped: Share
) -> Iterator[Layer]:
    if normalized:
        yield batch_norm(units)
    yield bend(activation, units)
    if dropped:
        yield dropout(units, dropped)
