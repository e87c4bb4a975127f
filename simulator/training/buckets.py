"""A gradient cut into pieces that are sent while the backward pass goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, NamedTuple, TypeAlias

import numpy as np
from annotated_types import Ge, Le

from simulator.learning import Model
from simulator.learning.profiles import Stage
from simulator.training.shards import cut

__all__ = ['Buckets', 'Piece', 'pieces_of']

Buckets: TypeAlias = Annotated[int, Ge(1), Le(10_000)] | Literal['layers']


class Piece(NamedTuple):
    """A piece of the gradient, and its share of the work of the backward pass."""

    part: slice
    share: float


def pieces_of(model: Model, buckets: Buckets, stages: Sequence[Stage] = ()) -> list[Piece]:
    """Return the pieces of a model's gradient in the order in which they become ready.

    Parameters
    ----------
    model : Model
    buckets : int or 'layers'
        So many even ones, or one a layer that has parameters.
    stages : sequence of Stage
        Of the model that this one stands for: it is cut in their proportions. Stages too small
        for a parameter of this model go with the next.

    Examples
    --------
    >>> from simulator.learning import Task, mlp
    >>> model = mlp(Task((4,), 2), hidden=[4])
    >>> [(piece.part.start, round(piece.share, 2)) for piece in pieces_of(model, 'layers')]
    [(20, 0.38), (0, 0.62)]
    """
    if buckets != 'layers':
        return [Piece(part, 1 / buckets) for part in cut(model.dimension, buckets)[::-1]]
    own = [Stage(part.place.stop - part.place.start, part.flops) for part in model.layers]
    return list(_cut(model.dimension, stages or own))[::-1]


def _cut(dimension: int, stages: Sequence[Stage]) -> Iterator[Piece]:
    sizes, work = np.array(stages, float).T
    ends = np.rint(np.cumsum(sizes) / sizes.sum() * dimension).astype(int).tolist()
    start, done = 0, 0.0
    for end, flops in zip(ends, work / work.sum(), strict=True):
        done += float(flops)
        if end > start:
            yield Piece(slice(start, end), done)
            start, done = end, 0.0
