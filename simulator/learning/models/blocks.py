"""Groups of layers that several models are built from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

from annotated_types import Gt, Le

from simulator.learning.models.activations import ActivationName, bend
from simulator.learning.models.dense import dense
from simulator.learning.models.initialization import Initialization
from simulator.learning.models.layer import Layer, Shape
from simulator.learning.models.normalization import Share, batch_norm, dropout

Units = Annotated[int, Gt(0), Le(1_000_000)]


class Style(NamedTuple):
    """What is the same in all layers of a model.

    Attributes
    ----------
    activation : str
    init : str
    batch_norm : bool
        Whether units are normalized over the batch before they are bent.
    dropout : float
        Share of hidden units silenced in training.
    """

    activation: ActivationName
    init: Initialization
    batch_norm: bool
    dropout: Share


def bent(inputs: Shape, style: Style) -> Iterator[Layer]:
    """Yield what follows the weighing of inputs: perhaps a normalization, and the bend."""
    if style.batch_norm:
        yield batch_norm(inputs)
    yield bend(style.activation, inputs)


def feed_forward(inputs: int, hidden: Sequence[int], outputs: int, style: Style) -> Iterator[Layer]:
    """Yield dense layers of bent *hidden* units, then one of linear *outputs*."""
    for units in hidden:
        yield dense(inputs, units, style.init)
        yield from bent((units,), style)
        if style.dropout:
            yield dropout((units,), style.dropout)
        inputs = units
    yield dense(inputs, outputs, style.init)
