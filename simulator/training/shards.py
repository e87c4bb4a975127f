"""A model cut into slices."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from simulator.collectives import chunk_sizes

__all__ = ['cut']


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
