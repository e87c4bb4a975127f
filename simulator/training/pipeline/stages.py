"""A model cut into stages: runs of its layers, with what they hold, cost, send and keep."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import NamedTuple

import numpy as np

from simulator.errors import PlacementError
from simulator.learning.models import Part

__all__ = ['Stage', 'cuts', 'stages_of']


class Stage(NamedTuple):
    """Some layers of a model, one after another.

    Attributes
    ----------
    place : slice
        Where their parameters stand in the flat vector.
    flops : float
        Forward operations of one sample.
    outputs : int
        Elements of one sample as it leaves the stage.
    kept : int
        Elements of one sample that are kept until its backward pass: what comes in, and what
        each layer but the last makes of it, and what layers keep within.
    """

    place: slice
    flops: float
    outputs: int
    kept: int

    @property
    def parameters(self) -> int:
        """How many parameters it holds."""
        return int(self.place.stop) - int(self.place.start)


def cuts(flops: Sequence[float], stages: int) -> list[int]:
    """Return where each of so many stages begins, so that the slowest is as quick as can be.

    Of cuts that are as good, the latest are taken: what bends units stays beside their layer.

    Parameters
    ----------
    flops : sequence of float
        Of each layer; a stage has one layer at least.
    stages : int
        At most as many as layers.

    Examples
    --------
    >>> cuts([0.0, 4.0, 1.0, 1.0, 2.0], 2)
    [0, 2]
    """
    layers, sums = len(flops), np.concatenate([[0.0], np.cumsum(flops)])
    slowest = np.full((stages + 1, layers + 1), np.inf)
    begins = np.zeros((stages + 1, layers + 1), np.int64)
    slowest[0, 0] = 0.0
    for count in range(1, stages + 1):
        for end in range(count, layers + 1):
            worst = np.maximum(slowest[count - 1, :end], sums[end] - sums[:end])
            begins[count, end] = end - 1 - int(np.argmin(worst[::-1]))
            slowest[count, end] = worst[begins[count, end]]
    found, end = [], layers
    for count in range(stages, 0, -1):
        end = int(begins[count, end])
        found.append(end)
    return found[::-1]


def stages_of(
    layers: Sequence[Part], inputs: int, stages: int, sizes: Sequence[int] = ()
) -> list[Stage]:
    """Cut *layers* into stages.

    Parameters
    ----------
    layers : sequence of Part
    inputs : int
        Elements of one sample.
    stages : int
    sizes : sequence of int, optional
        Layers of each stage; by default the slowest stage is as quick as can be.

    Raises
    ------
    PlacementError
        If there are more stages than layers, or a layer does not say what leaves it.
    """
    if stages > len(layers):
        raise PlacementError(
            f'stages(={stages}) must be at most {len(layers)}, the layers of the model'
        )
    unknown = [layer.name for layer in layers if layer.outputs is None]
    if unknown:
        raise PlacementError(
            f'layer {unknown[0]!r} does not say the shape of its output; take a model of the '
            'catalogue'
        )
    begins = cuts([layer.flops for layer in layers], stages)
    if sizes:
        begins = np.cumsum([0, *sizes[:-1]]).tolist()
    elements = [inputs, *(prod(layer.outputs or ()) for layer in layers)]
    return [
        _stage(layers[begin:end], elements[begin : end + 1])
        for begin, end in pairwise([*begins, len(layers)])
    ]


def _stage(layers: Sequence[Part], elements: Sequence[int]) -> Stage:
    place = slice(layers[0].place.start, layers[-1].place.stop)
    flops = sum(layer.flops for layer in layers)
    kept = sum(elements[:-1]) + sum(layer.scratch for layer in layers)
    return Stage(place, flops, elements[-1], kept)
