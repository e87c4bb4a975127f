"""Recurrent networks: plain, with long short-term memory, with gated units."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from annotated_types import Ge, Le

from simulator.errors import DataError
from simulator.learning.models.blocks import Units
from simulator.learning.models.dense import dense
from simulator.learning.models.embedding import embedding
from simulator.learning.models.initialization import Draw, Fans, Initialization, drawing
from simulator.learning.models.layer import Layer, Shape, reshape
from simulator.learning.models.losses import LossName, head
from simulator.learning.models.network import Network
from simulator.learning.models.normalization import Share, dropout
from simulator.learning.models.recurrent import (
    Cell,
    encoder_decoder,
    gru_cell,
    lstm_cell,
    recurrent,
    rnn_cell,
)
from simulator.learning.models.recurrent.gated import Form
from simulator.learning.models.steps import each_step, last_step, last_steps, repeat
from simulator.learning.task import Task

Way = Literal['one_network', 'encoder_decoder']
Bend = Literal['tanh', 'relu', 'logistic']


def rnn(
    task: Task,
    *,
    hidden: list[Units] = [32],  # noqa: B006, read only
    activation: Bend = 'tanh',
    embedding: Units = 32,
    arrangement: Way = 'one_network',
    init: Initialization = 'glorot_uniform',
    dropout: Share = 0.0,
    loss: LossName | None = None,
) -> Network:
    """Plain recurrent network: h_t = bend(W x_t + U h_{t-1} + b).

    It learns by back-propagation through time. What goes in and comes out follows the data: a
    sequence for one target (the last state answers), one vector for a sequence (it is shown at
    each step), a sequence for a sequence. Images are read row by row.

    Parameters
    ----------
    task : Task
    hidden : list of int
        Units of each recurrent layer, stacked.
    activation : str
        What bends the states.
    embedding : int
        Size of the vectors that stand for tokens.
    arrangement : str
        ``one_network``, or ``encoder_decoder`` where a source comes before its answer: one
        network reads the source, and another begins with its last states.
    init : str
        How weights are drawn; biases start at 0.
    dropout : float
        Share of each layer's states silenced in training, on their way up.
    loss : str
        ``cross_entropy`` of softmax units (the default for classes and tokens),
        ``binary_cross_entropy`` of logistic units, or ``squared_error`` of linear units (the
        default for values).

    Returns
    -------
    Network

    Raises
    ------
    DataError
        If samples are no sequences, or have no source where one is needed.

    References
    ----------
    .. [1] Elman, "Finding Structure in Time", Cognitive Science 14, 1990.
    .. [2] Werbos, "Backpropagation Through Time", Proceedings of the IEEE 78, 1990.

    Examples
    --------
    >>> model = rnn(Task((8, 8), 10))
    >>> model.dimension, [layer.name for layer in model.layers]
    (1642, ['1-rnn', '2-last_step', '3-dense'])
    """
    cell = rnn_cell(activation, _drawer(init))
    return _network('rnn', task, cell, hidden, embedding, arrangement, init, dropout, loss)


def lstm(
    task: Task,
    *,
    hidden: list[Units] = [32],  # noqa: B006, read only
    forget_bias: Annotated[float, Ge(-10), Le(10)] = 1.0,
    embedding: Units = 32,
    arrangement: Way = 'one_network',
    init: Initialization = 'glorot_uniform',
    dropout: Share = 0.0,
    loss: LossName | None = None,
) -> Network:
    """Long short-term memory: gates decide what is forgotten, let in and said.

    Gates i, f, o = logistic(W x_t + U h_{t-1} + b) and a candidate c~ (with tanh), each with
    weights of its own; c_t = f c_{t-1} + i c~; h_t = o tanh(c_t). What goes in and comes out
    follows the data, as for `rnn`.

    Parameters
    ----------
    task : Task
    hidden : list of int
        Units of each recurrent layer, stacked.
    forget_bias : float
        Of the forget gates at first; above 0, they begin open. Other biases start at 0.
    embedding : int
        Size of the vectors that stand for tokens.
    arrangement : str
        ``one_network``, or ``encoder_decoder`` where a source comes before its answer: one
        network reads the source, and another begins with its last states.
    init : str
        How weights are drawn.
    dropout : float
        Share of each layer's states silenced in training, on their way up.
    loss : str
        As for `rnn`.

    Returns
    -------
    Network

    Raises
    ------
    DataError
        If samples are no sequences, or have no source where one is needed.

    References
    ----------
    .. [1] Hochreiter & Schmidhuber, "Long Short-Term Memory", Neural Computation 9, 1997.
    .. [2] Jozefowicz, Zaremba & Sutskever, "An Empirical Exploration of Recurrent Network
       Architectures", ICML 2015 (the bias of the forget gate).

    Examples
    --------
    >>> lstm(Task((16,), 64, tokens=64, steps=16)).layers[-1].name
    '3-dense'
    """
    cell = lstm_cell(forget_bias, _drawer(init))
    return _network('lstm', task, cell, hidden, embedding, arrangement, init, dropout, loss)


def gru(
    task: Task,
    *,
    hidden: list[Units] = [32],  # noqa: B006, read only
    form: Form = 'coupled',
    embedding: Units = 32,
    arrangement: Way = 'one_network',
    init: Initialization = 'glorot_uniform',
    dropout: Share = 0.0,
    loss: LossName | None = None,
) -> Network:
    """Gated recurrent units: one gate both forgets and lets in, c_t = f c_{t-1} + (1 - f) c~_t.

    What goes in and comes out follows the data, as for `rnn`.

    Parameters
    ----------
    task : Task
    hidden : list of int
        Units of each recurrent layer, stacked.
    form : str
        ``coupled``: the candidate is c~ = tanh(W x + U (r c_{t-1}) + b), with r the gate that
        resets; ``common``: tanh(W x + b + r (U c_{t-1} + b')), as most libraries compute it.
    embedding : int
        Size of the vectors that stand for tokens.
    arrangement : str
        ``one_network``, or ``encoder_decoder`` where a source comes before its answer: one
        network reads the source, and another begins with its last states.
    init : str
        How weights are drawn; biases start at 0.
    dropout : float
        Share of each layer's states silenced in training, on their way up.
    loss : str
        As for `rnn`.

    Returns
    -------
    Network

    Raises
    ------
    DataError
        If samples are no sequences, or have no source where one is needed.

    References
    ----------
    .. [1] Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
       Machine Translation", EMNLP 2014.

    Examples
    --------
    >>> gru(Task((8, 8), 10)).dimension < lstm(Task((8, 8), 10)).dimension
    True
    """
    cell = gru_cell(form, _drawer(init))
    return _network('gru', task, cell, hidden, embedding, arrangement, init, dropout, loss)


def sequence_inputs(name: str, task: Task, width: int) -> list[Layer]:
    """Return the layers that make a sequence of vectors (steps, k) of what comes in.

    Raises
    ------
    DataError
        If it can't be one.
    """
    if task.tokens:
        return [embedding(task.tokens, task.inputs[0], width)]
    if len(task.inputs) == 1 and task.steps:
        return [repeat(task.steps, task.inputs[0])]
    if len(task.inputs) < 2:
        raise DataError(
            f'{name}: samples of shape {task.inputs} are no sequences; take mlp, or data of '
            'shape (steps, features).'
        )
    return [] if len(task.inputs) == 2 else [_rows(task.inputs)]


def _network(
    name: str,
    task: Task,
    cell: Cell,
    hidden: list[Units],
    width: int,
    arrangement: Way,
    init: Initialization,
    silenced: float,
    loss: LossName | None,
) -> Network:
    if not hidden:
        raise DataError(f'{name}: hidden is empty; give the units of one layer at least.')
    chain = sequence_inputs(name, task, width)
    shape = chain[-1].outputs if chain else task.inputs
    chain += _stack(name, task, shape, cell, hidden, arrangement, init, silenced)
    steps, units = chain[-1].outputs
    end = head(loss, task)
    out = dense(units, end.units, init)
    if not task.steps:
        return Network([*chain, last_step(units), out], end.loss)
    if task.steps < steps:
        chain.append(last_steps(steps - task.steps, task.steps, units))
    return Network([*chain, each_step(out, task.steps)], end.loss)


def _stack(
    name: str,
    task: Task,
    shape: Shape,
    cell: Cell,
    hidden: list[Units],
    arrangement: Way,
    init: Initialization,
    silenced: float,
) -> Iterator[Layer]:
    steps, inputs = shape
    pairs = arrangement == 'encoder_decoder'
    if pairs and not task.source:
        raise DataError(
            f'{name}: encoder_decoder needs a source and its answer, which these data do not '
            'have; take one_network.'
        )
    for units in hidden:
        draw = drawing(init, Fans(inputs, units))
        if pairs:
            yield encoder_decoder(cell, task.source, steps - task.source, inputs, units, draw)
        else:
            yield recurrent(cell, steps, inputs, units, draw)
        if silenced:
            yield dropout((steps, units), silenced)
        inputs = units


def _drawer(init: Initialization) -> Callable[[int, int], Draw]:
    # each gate is a matrix of its own
    return lambda inputs, _: drawing(init, Fans(inputs, inputs))


def _rows(shape: Shape) -> Layer:
    height, width, *depth = shape
    for each in depth:
        width *= each
    return reshape(shape, (height, width), 'rows')
