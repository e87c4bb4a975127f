"""What stands where in the parameters of a model: kept with them, so that others can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.arrays import Floats, frozen
from simulator.learning.models import Model, Part

__all__ = ['check_same', 'check_vocabulary', 'common', 'fitted', 'layout']


def layout(model: Model) -> NDArray[np.str_]:
    """Return one text for each array of parameters, in their order: layer, name and shape.

    Examples
    --------
    >>> from simulator.learning import Task, linear
    >>> layout(linear(Task((4,), 3))).tolist()
    ['2-dense/weights 4x3', '2-dense/bias 3']
    """
    return np.array(list(_placed(model)))


def check_same(model: Model, held: Mapping[str, NDArray[Any]]) -> None:
    """Refuse what another model has kept.

    Raises
    ------
    DataError
        Naming the first difference.
    """
    parameters, wanted = held['parameters'], layout(model)
    if parameters.shape != (model.dimension,):
        raise DataError(
            f'holds {parameters.size} parameters, where the model has {model.dimension}; '
            'start from a run of the same model, or take start_layers: fitting'
        )
    if 'layout' in held and held['layout'].tolist() != wanted.tolist():
        known = dict(enumerate(held['layout'].tolist()))
        pairs = ((known.get(n, 'nothing'), text) for n, text in enumerate(wanted.tolist()))
        theirs, ours = next(pair for pair in pairs if pair[0] != pair[1])
        raise DataError(
            f'holds another model: {theirs} where this one has {ours}; '
            'start from a run of the same model, or take start_layers: fitting'
        )
    statistics = held.get('statistics')
    if statistics is not None and statistics.shape != model.statistics.shape:
        raise DataError(
            f'holds {statistics.size} statistics, where the model has {model.statistics.size}; '
            'start from a run of the same model'
        )


def check_vocabulary(known: tuple[str, ...], held: Mapping[str, NDArray[Any]]) -> None:
    """Refuse a model whose tokens stood for something else.

    Raises
    ------
    DataError
        Saying so.
    """
    if 'vocabulary' in held and tuple(held['vocabulary'].tolist()) != known:
        raise DataError(
            'holds a model of another vocabulary; take the same text, unit, vocabulary and lower'
        )


def fitted(
    model: Model, initial: Floats, held: Mapping[str, NDArray[Any]]
) -> tuple[Floats, list[str]]:
    """Return *initial* (d,) with all layers that *held* knows too, and their names.

    Raises
    ------
    DataError
        If there is none.
    """
    theirs = dict(_cut(held['layout'].tolist(), held['parameters']) if 'layout' in held else ())
    layers, parameters = common(model, held), initial.copy()
    for layer in model.layers:
        if layer.name in layers:
            for text, place in _arrays(layer).items():
                parameters[place] = theirs[text]
    return frozen(parameters), layers


def common(model: Model, held: Mapping[str, NDArray[Any]]) -> list[str]:
    """Return the layers of which *held* has all arrays, too.

    Raises
    ------
    DataError
        If there is none.
    """
    if 'layout' not in held:
        raise DataError('holds no layout of its layers; run it again, or take start_layers: all')
    theirs = set(held['layout'].tolist())
    layers = [
        layer.name for layer in model.layers if layer.arrays and theirs >= _arrays(layer).keys()
    ]
    if not layers:
        raise DataError(
            'has no layer in common with this model; start from one with the same first layers'
        )
    return layers


def _placed(model: Model) -> dict[str, slice]:
    return {text: place for layer in model.layers for text, place in _arrays(layer).items()}


def _arrays(layer: Part) -> dict[str, slice]:
    return {
        f'{layer.name}/{name} {"x".join(map(str, array.shape))}': array.place
        for name, array in layer.arrays.items()
    }


def _cut(texts: list[str], parameters: Floats) -> Iterator[tuple[str, Floats]]:
    start = 0
    for text in texts:
        stop = start + int(np.prod([int(size) for size in text.rpartition(' ')[2].split('x')]))
        yield text, parameters[start:stop]
        start = stop
