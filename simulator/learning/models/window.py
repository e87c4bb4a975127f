"""A feed-forward network that slides over a sequence: the first neural language model."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Gt, Le

from simulator.errors import DataError
from simulator.learning.arrays import Floats
from simulator.learning.models.activations import ActivationName
from simulator.learning.models.blocks import Style, Units, feed_forward
from simulator.learning.models.initialization import Initialization
from simulator.learning.models.layer import Layer, fixed, sequence
from simulator.learning.models.losses import LossName, head
from simulator.learning.models.network import Network
from simulator.learning.models.recurrent_networks import sequence_inputs
from simulator.learning.models.steps import Back, each_step, last_steps
from simulator.learning.task import Task


def window_mlp(
    task: Task,
    *,
    window: Annotated[int, Gt(0), Le(1000)] = 4,
    embedding: Units = 32,
    hidden: list[Units] = [64],  # noqa: B006, read only
    activation: ActivationName = 'tanh',
    init: Initialization = 'glorot_uniform',
    loss: LossName | None = None,
) -> Network:
    """Multi-layer perceptron over the last few tokens, which tells the next one.

    Tokens have vectors, those of the window are laid side by side (zeros before the beginning),
    and the same network looks at every place. It works on features, too.

    Parameters
    ----------
    task : Task
    window : int
        How many tokens it sees, the present one included: as an n-gram model of n = window + 1.
    embedding : int
        Size of the vectors that stand for tokens.
    hidden : list of int
        Units of each hidden layer.
    activation : str
        What bends the hidden units.
    init : str
        How weights are drawn; biases start at 0.
    loss : str
        ``cross_entropy`` of softmax units (the default for tokens), ``binary_cross_entropy`` of
        logistic units, or ``squared_error`` of linear units (the default for values).

    Returns
    -------
    Network

    Raises
    ------
    DataError
        If the data do not ask for what comes next at each step.

    References
    ----------
    .. [1] Bengio et al., "A Neural Probabilistic Language Model", JMLR 3, 2003.

    Examples
    --------
    >>> model = window_mlp(Task((16,), 64, tokens=64, steps=16, causal=True))
    >>> [(layer.name, layer.flops) for layer in model.layers]
    [('1-embedding', 0.0), ('2-window', 0.0), ('3-perceptron', 394240.0)]
    """
    if not task.causal:
        raise DataError('window_mlp: tells what comes next, step by step; take mlp or transformer.')
    chain = sequence_inputs('window_mlp', task, embedding)
    steps, width = chain[-1].outputs if chain else task.inputs
    chain.append(windows(steps, width, window))
    if task.steps < steps:
        chain.append(last_steps(steps - task.steps, task.steps, window * width))
    end = head(loss, task)
    style = Style(activation, init, batch_norm=False, dropout=0.0)
    layers = list(feed_forward(window * width, hidden, end.units, style))
    numbered = [_numbered(layer, place) for place, layer in enumerate(layers, start=1)]
    chain.append(each_step(sequence(numbered, 'perceptron'), task.steps))
    return Network(chain, end.loss)


def windows(steps: int, width: int, size: int) -> Layer:
    """Lay each step's last *size* steps side by side, the earliest first; zeros before the first.

    Examples
    --------
    >>> from simulator.learning.models.layer import Aside
    >>> layer = windows(3, 1, 2)
    >>> layer.forward((), np.array([[[[1.0], [2.0], [3.0]]]]), Aside(True))[0].tolist()
    [[[[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]]]
    """

    def slide(samples: Floats) -> tuple[Floats, Back]:
        workers, batch, length = samples.shape[:3]
        seen = np.zeros((workers, batch, length, size, width), samples.dtype)
        for back, (later, earlier) in enumerate(_shifts(size, length)):
            seen[:, :, later, size - 1 - back] = samples[:, :, earlier]

        def pull(upstream: Floats) -> Floats:
            above = upstream.reshape(seen.shape)
            below = np.zeros_like(samples)
            for back, (later, earlier) in enumerate(_shifts(size, length)):
                below[:, :, earlier] += above[:, :, later, size - 1 - back]
            return below

        return seen.reshape(workers, batch, length, size * width), pull

    return fixed('window', (steps, size * width), slide)


def _shifts(size: int, length: int) -> list[tuple[slice, slice]]:
    """Return, for each number of steps back, who looks and at whom."""
    return [(slice(back, None), slice(0, length - back)) for back in range(min(size, length))]


def _numbered(layer: Layer, place: int) -> Layer:
    weights = tuple(weight._replace(name=f'{weight.name}_{place}') for weight in layer.weights)
    return layer._replace(weights=weights)
