"""A model cut into slices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from simulator.collectives import chunk_sizes
from simulator.learning import frozen
from simulator.learning.arrays import Floats

__all__ = ['Whole', 'cut']


def cut(parameters: int, shards: int) -> list[slice]:
    """Return the slices of a model, as even as can be.

    Examples
    --------
    >>> cut(7, 2)
    [slice(0, 4, None), slice(4, 7, None)]
    """
    sizes = chunk_sizes(parameters, shards, whole=True)
    bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(int).tolist()
    return [slice(*pair) for pair in pairwise(bounds)]


class Whole:
    """Makes one model of its slices: one array for all who hold the same.

    Examples
    --------
    >>> whole, slices = Whole(), [np.zeros(2), np.ones(1)]
    >>> whole(slices).tolist(), whole(slices) is whole(list(slices))
    ([0.0, 0.0, 1.0], True)
    """

    def __init__(self) -> None:
        self._last: tuple[list[Floats], Floats] | None = None

    def __call__(self, slices: Sequence[Floats]) -> Floats:
        """Return the whole of *slices*."""
        if len(slices) == 1:
            return slices[0]
        last = self._last
        if last is None or any(a is not b for a, b in zip(last[0], slices, strict=True)):
            self._last = last = (list(slices), frozen(np.concatenate(slices)))
        return last[1]
