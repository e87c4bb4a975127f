"""Transformers: encoders, causal decoders, and both together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from annotated_types import Gt, Le

from simulator.errors import DataError
from simulator.learning.models.activations import ActivationName, bend
from simulator.learning.models.attention import (
    Region,
    attention,
    cross_attention,
    layer_norm,
    residual,
)
from simulator.learning.models.attention.blocks import Order, on_region
from simulator.learning.models.blocks import Units
from simulator.learning.models.dense import dense
from simulator.learning.models.embedding import positions
from simulator.learning.models.initialization import Initialization
from simulator.learning.models.layer import Layer, sequence
from simulator.learning.models.losses import LossName, head
from simulator.learning.models.network import Network
from simulator.learning.models.normalization import Share, dropout
from simulator.learning.models.recurrent_networks import sequence_inputs
from simulator.learning.models.steps import average, each_step, last_steps
from simulator.learning.task import Task

Form = Literal['encoder', 'decoder', 'encoder_decoder']
Bend = Literal['relu', 'tanh', 'logistic', 'leaky_relu', 'elu']
Small = Annotated[int, Gt(0), Le(1000)]


def transformer(
    task: Task,
    *,
    width: Units = 32,
    heads: Small = 2,
    blocks: Small = 1,
    feed_forward: Units = 64,
    form: Form | None = None,
    norm: Order = 'after',
    activation: Bend = 'relu',
    init: Initialization = 'glorot_uniform',
    dropout: Share = 0.0,
    loss: LossName | None = None,
) -> Network:
    """Stack blocks of multi-head attention and feed-forward layers: a transformer, on sequences.

    Tokens have vectors, features are weighed; sinusoidal positions are added. Each attention and
    each feed-forward layer has a way past it and a layer normalization. One answer to a whole
    sequence is taken from the mean over its steps.

    Parameters
    ----------
    task : Task
    width : int
        Units of each step; a multiple of *heads*.
    heads : int
        Of each attention.
    blocks : int
        Of the encoder, and of the decoder.
    feed_forward : int
        Hidden units of each block's feed-forward layer.
    form : str
        ``encoder``: each step sees all, for one answer or for masked tokens; ``decoder``: each
        step sees those up to itself, for next tokens; ``encoder_decoder``: an encoder reads the
        source, a decoder also looks at what it made of it. By default what fits the data.
    norm : str
        ``after`` what is added up, as first published, or ``before`` each layer.
    activation : str
        What bends the feed-forward layers' hidden units.
    init : str
        How weights are drawn; biases start at 0.
    dropout : float
        Share silenced in training of what each layer says, before it is added.
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
        If the width is no multiple of the heads, or the form is not for these data.

    References
    ----------
    .. [1] Vaswani et al., "Attention Is All You Need", NeurIPS 2017.

    Examples
    --------
    >>> model = transformer(Task((16,), 64, tokens=64, steps=16, causal=True))
    >>> [part.name for part in model.layers]
    ['1-embedding', '2-positions', '3-self_attention', '4-feed_forward', '5-dense']
    """
    if width % heads:
        raise DataError(f'transformer: width(={width}) is no multiple of heads(={heads}).')
    form = _form(task, form)
    chain = sequence_inputs('transformer', task, width)
    if not task.tokens:
        steps, features = chain[-1].outputs if chain else task.inputs
        chain.append(each_step(dense(features, width, init), steps)._replace(name='weigh'))
    steps = chain[-1].outputs[0]
    chain.append(positions(steps, width, start=task.source if form == 'encoder_decoder' else 0))
    plan = _Plan(steps, width, heads, feed_forward, norm, activation, init, dropout)
    chain += _body(plan, form, blocks, task.source)
    end = head(loss, task)
    out = dense(width, end.units, init)
    if not task.steps:
        return Network([*chain, average(steps, width), out], end.loss)
    if task.steps < steps:
        chain.append(last_steps(steps - task.steps, task.steps, width))
    return Network([*chain, each_step(out, task.steps)], end.loss)


class _Plan(NamedTuple):
    """What all blocks have in common."""

    steps: int
    width: int
    heads: int
    feed_forward: int
    norm: Order
    activation: ActivationName
    init: Initialization
    dropout: Share

    def around(self, layer: Layer, region: Region) -> Layer:
        """Put what stands around a layer around it."""
        shape = (region.last - region.first, self.width)
        name = layer.name
        if self.dropout:
            layer = sequence([layer, dropout(shape, self.dropout)])
        norm = layer_norm(shape)
        return residual(layer, norm, self.norm, region, self.steps)._replace(name=name)

    def fed(self, region: Region) -> Layer:
        """Return the feed-forward layer of a block."""
        between = (self.feed_forward,)
        inner = [
            dense(self.width, self.feed_forward, self.init),
            bend(self.activation, between),
            dense(self.feed_forward, self.width, self.init),
        ]
        steps = region.last - region.first
        layer = each_step(sequence(_named(inner), 'feed_forward'), steps)
        return self.around(layer, region._replace(sees_source=False))

    def looking(self, region: Region, *, causal: bool) -> Layer:
        """Return a block's attention of some steps to themselves."""
        steps = region.last - region.first
        return self.around(attention(steps, self.width, self.heads, causal, self.init), region)

    def crossing(self, region: Region) -> Layer:
        """Return a block's attention of an answer to its source."""
        steps = region.last - region.first
        layer = cross_attention(region.first, steps, self.width, self.heads, self.init)
        return self.around(layer, region._replace(sees_source=True))

    def closing(self, region: Region) -> Iterator[Layer]:
        """Yield the last norm of a stack whose norms stand before its layers."""
        if self.norm == 'before':
            yield on_region(
                layer_norm((region.last - region.first, self.width)), region, self.steps
            )


def _form(task: Task, form: Form | None) -> Form:
    if form is None:
        return 'encoder_decoder' if task.source else 'decoder' if task.causal else 'encoder'
    if form == 'encoder_decoder' and not task.source:
        raise DataError(
            'transformer: encoder_decoder needs a source and its answer, which these data do '
            'not have; leave form out.'
        )
    if form == 'encoder' and task.causal:
        raise DataError(
            'transformer: an encoder would see the very tokens it is to predict; take decoder.'
        )
    return form


def _body(plan: _Plan, form: Form, blocks: int, source: int) -> Iterator[Layer]:
    whole = Region(0, plan.steps)
    first, second = Region(0, source), Region(source, plan.steps)
    if form != 'encoder_decoder':
        for _ in range(blocks):
            yield plan.looking(whole, causal=form == 'decoder')
            yield plan.fed(whole)
        yield from plan.closing(whole)
        return
    for _ in range(blocks):
        yield plan.looking(first, causal=False)
        yield plan.fed(first)
    yield from plan.closing(first)
    for _ in range(blocks):
        yield plan.looking(second, causal=True)
        yield plan.crossing(second)
        yield plan.fed(second)
    yield from plan.closing(second)


def _named(layers: list[Layer]) -> list[Layer]:
    """Return *layers* with weights that tell which of two dense layers they belong to."""
    first, curve, second = layers
    parts = []
    for name, layer in (('hidden', first), ('', curve), ('output', second)):
        weights = tuple(each._replace(name=f'{name}_{each.name}') for each in layer.weights)
        parts.append(layer._replace(weights=weights))
    return parts
