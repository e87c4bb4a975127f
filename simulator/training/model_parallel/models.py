"""A model of the catalogue as a graph of operations: forward, backward, update, with its sizes."""

from __future__ import annotations

from math import prod
from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt, Le, MinLen

from simulator.catalogue import Catalogue, Choice
from simulator.errors import PlacementError
from simulator.learning import MODELS, Model
from simulator.learning.models import Part, Task
from simulator.placement import OperationGraph

__all__ = ['MODEL_KINDS', 'Detail', 'model', 'model_graph']

MODEL_KINDS = Catalogue('model', MODELS)

Detail = Literal['layer', 'operation']
Size = Annotated[int, Gt(0), Le(10_000_000)]

ELEMENT = 4  # bytes of a float32
UPDATE_FLOPS = 2  # a parameter: one multiplication, one addition


def model(
    rng: np.random.Generator,
    *,
    model: Annotated[Choice, MODEL_KINDS],
    inputs: Annotated[list[Size], MinLen(1)],
    outputs: Size = 10,
    batch: Size = 32,
    detail: Detail = 'layer',
) -> OperationGraph:
    """One training step of a model of the catalogue, on one mini-batch.

    Each layer has a forward, a backward and an update operation. Figures are those of the model:
    a gradient costs three times the forward pass; activations stay until their backward
    operation has run, for that needs them.

    Parameters
    ----------
    model : model
        Which one.
    inputs : list of int
        The shape of one sample.
    outputs : int
        Classes to tell apart.
    batch : int
        Samples of the mini-batch.
    detail : str
        ``layer``: all operations of a layer on one device. ``operation``: the gradients by inputs
        and by weights are two operations, which may be on different devices, and the layer's
        weights are sent where they are needed.
    """
    return model_graph(model(Task(tuple(inputs), outputs)), tuple(inputs), batch, detail=detail)


def model_graph(
    model: Model, inputs: tuple[int, ...], batch: int, *, detail: Detail = 'layer'
) -> OperationGraph:
    """Return the graph of one training step of *model* on a mini-batch.

    Parameters
    ----------
    model : Model
    inputs : tuple of int
        The shape of one sample.
    batch : int
        Samples.
    detail : 'layer' or 'operation'
        See `model`.

    Returns
    -------
    OperationGraph
        Operations ``<layer>/forward``, ``<layer>/backward`` and, where there are parameters,
        ``<layer>/update``; where details are wanted, ``<layer>/weights`` and
        ``<layer>/backward_weights`` as well. Then ``inputs`` and ``loss``.

    Raises
    ------
    PlacementError
        If a layer does not say the shape of its output, as those of foreign modules.

    Examples
    --------
    >>> from simulator.learning.models import mlp
    >>> graph = model_graph(mlp(Task((64,), 10), hidden=[32]), (64,), 8)
    >>> [name for name in graph.names if name.startswith('2-')]
    ['2-dense/forward', '2-dense/backward', '2-dense/update']
    """
    for layer in model.layers:
        if layer.outputs is None:
            raise PlacementError(
                f'layer {layer.name!r} does not say the shape of its output; take a model of the '
                'catalogue'
            )
    steps = _Steps(batch, whole=detail == 'layer')
    steps.add('inputs', 'input', 0.0, steps.bytes(inputs))
    before, shape = 'inputs', inputs
    for layer in model.layers:
        steps.forward(layer, before)
        before, shape = f'{layer.name}/forward', layer.outputs or ()
    steps.add('loss', 'loss', 0.0, steps.bytes(shape), [before])
    upstream = 'loss'
    shapes = [inputs, *(layer.outputs or () for layer in model.layers)]
    names = ['inputs', *(f'{layer.name}/forward' for layer in model.layers)]
    for k in range(len(model.layers) - 1, -1, -1):
        steps.backward(model.layers[k], names[k], upstream, steps.bytes(shapes[k]))
        upstream = f'{model.layers[k].name}/backward'
    return steps.graph()


class _Steps:
    """The operations of a training step so far."""

    def __init__(self, batch: int, *, whole: bool):
        self._batch, self._whole = batch, whole
        self._number: dict[str, int] = {}
        self._columns: list[tuple[str, str, float, float, float, str]] = []
        self._edges: list[tuple[int, int]] = []

    def bytes(self, shape: tuple[int, ...]) -> float:
        """Return the bytes of a mini-batch of this shape."""
        return float(ELEMENT * self._batch * prod(shape))

    def add(
        self,
        name: str,
        type_: str,
        flops: float,
        output: float,
        needs: list[str] | None = None,
        *,
        parameters: float = 0.0,
        group: str = '',
    ) -> None:
        """Add an operation."""
        self._number[name] = len(self._columns)
        self._columns.append((name, type_, flops, parameters, output, group))
        self._edges += [(self._number[need], self._number[name]) for need in needs or ()]

    def forward(self, layer: Part, before: str) -> None:
        """Add the forward operation of a layer, and where details are wanted its weights."""
        size = _parameter_bytes(layer)
        apart = bool(size) and not self._whole
        if apart:
            weights = f'{layer.name}/weights'
            self.add(weights, 'weights', 0.0, size, parameters=size, group=layer.name)
        self.add(
            f'{layer.name}/forward',
            'forward',
            layer.flops * self._batch,
            self.bytes(layer.outputs or ()),
            [before, weights] if apart else [before],
            parameters=0.0 if apart else size,
            group='' if not self._whole else layer.name,
        )

    def backward(self, layer: Part, before: str, upstream: str, output: float) -> None:
        """Add the backward operations of a layer and its update.

        Whole, the one costs twice the forward pass; apart, each of the two as much as that. The
        gradient by the weights is kept while they are.
        """
        size, flops = _parameter_bytes(layer), layer.flops * self._batch
        needs, group = [upstream, f'{layer.name}/forward', before], layer.name
        backward, update = f'{layer.name}/backward', f'{layer.name}/update'
        cost = UPDATE_FLOPS * size / ELEMENT
        if self._whole or not size:
            group = group if self._whole else ''
            self.add(backward, 'backward', 2 * flops, output, needs, parameters=size, group=group)
            if size:
                self.add(update, 'update', cost, 0.0, [backward], group=group)
            return
        weights, by_weights = f'{layer.name}/weights', f'{layer.name}/backward_weights'
        self.add(backward, 'backward', flops, output, [upstream, f'{layer.name}/forward', weights])
        self.add(by_weights, 'backward_weights', flops, size, [upstream, before])
        self.add(update, 'update', cost, 0.0, [by_weights, weights], group=group)

    def graph(self) -> OperationGraph:
        """Return the graph."""
        names, types, flops, parameters, outputs, groups = zip(*self._columns, strict=True)
        before, after = np.array(self._edges, np.int64).reshape(-1, 2).T
        sizes = (np.array(flops), np.array(parameters), np.array(outputs))
        return OperationGraph(names, *sizes, before, after, groups=groups, types=types)


def _parameter_bytes(layer: Part) -> float:
    return float(ELEMENT * (layer.place.stop - layer.place.start))
