"""Convolutional networks for images."""

from __future__ import annotations

from math import prod
from typing import Annotated

from annotated_types import Ge, Gt

from simulator.errors import DataError
from simulator.learning.models.activations import ActivationName
from simulator.learning.models.blocks import Style, Units, bent, feed_forward
from simulator.learning.models.convolution import Padding, Pooling, convolution, pool
from simulator.learning.models.initialization import Initialization
from simulator.learning.models.layer import Shape, flatten, reshape
from simulator.learning.models.losses import LossName, head
from simulator.learning.models.network import Network
from simulator.learning.models.normalization import Share
from simulator.learning.task import Task, check_plain


def cnn(
    task: Task,
    *,
    maps: list[Units] = [8, 16],  # noqa: B006, read only
    kernel: Annotated[int, Gt(0)] = 3,
    stride: Annotated[int, Gt(0)] = 1,
    padding: Padding = 'same',
    pool_size: Annotated[int, Ge(1)] = 2,
    pooling: Pooling = 'max',
    hidden: list[Units] = [],  # noqa: B006, read only
    activation: ActivationName = 'relu',
    init: Initialization = 'he_normal',
    batch_norm: bool = False,
    dropout: Share = 0.0,
    loss: LossName | None = None,
) -> Network:
    """Convolutional network: layers of convolution, bend and pooling, then a perceptron.

    Images are (height, width), or (height, width, channels).

    Parameters
    ----------
    task : Task
    maps : list of int
        Feature maps of each convolution.
    kernel : int
        Height and width of the window that a convolution weighs.
    stride : int
        Pixels from one window to the next.
    padding : str
        ``same`` adds zeros around, so that (at stride 1) the size stays; ``valid`` adds none.
    pool_size : int
        Height and width of the windows that are pooled after each convolution; 1 pools nothing.
    pooling : str
        What is kept of them: ``max`` or ``mean``.
    hidden : list of int
        Units of dense layers after the convolutions.
    activation : str
        What bends maps and hidden units.
    init : str
        How weights are drawn; biases start at 0.
    batch_norm : bool
        Whether maps and hidden units are normalized over the batch before they are bent.
    dropout : float
        Share of the hidden units (of dense layers) silenced in training.
    loss : str
        ``cross_entropy`` of softmax units (the default for classes), ``binary_cross_entropy`` of
        logistic units (one where there are two classes), or ``squared_error`` of linear units
        (the default for values).

    Returns
    -------
    Network

    Raises
    ------
    DataError
        If samples are no images, or nothing is left of them on the way.

    References
    ----------
    .. [1] LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proceedings
       of the IEEE 86, 1998.

    Examples
    --------
    >>> model = cnn(Task((8, 8), 10))
    >>> model.dimension, [part.name for part in model.layers[1:4]]
    (1898, ['2-convolution', '3-relu', '4-max_pool'])
    """
    check_plain('cnn', task)
    end = head(loss, task)
    style = Style(activation, init, batch_norm, dropout)
    chain = [reshape(task.inputs, _image(task.inputs), 'image')]
    for number in maps:
        chain.append(convolution(chain[-1].outputs, number, kernel, stride, padding, init))
        chain += bent(chain[-1].outputs, style)
        if pool_size > 1:
            chain.append(pool(chain[-1].outputs, pool_size, pooling))
    chain.append(flatten(chain[-1].outputs))
    chain += feed_forward(prod(chain[-1].outputs), hidden, end.units, style)
    return Network(chain, end.loss)


def _image(shape: Shape) -> Shape:
    if len(shape) not in (2, 3):
        raise DataError(f'cnn: samples of shape {shape} are no images; take mlp.')
    return (*shape, 1) if len(shape) == 2 else shape
