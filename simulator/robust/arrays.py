"""Types and block sizes that rules and attacks share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    'Indices',
    'Matrix',
    'Vector',
    'Vectors',
    'column_blocks',
    'mean_of',
    'squared_norms',
    'stacked_rows',
]

Vectors: TypeAlias = NDArray[np.floating[Any]]
"""(n, d), one row a sender; float32 in training."""

Vector: TypeAlias = NDArray[np.floating[Any]]
"""(d,)"""

Matrix: TypeAlias = NDArray[np.float64]
"""(n, n): what is known of pairs of vectors, always in double precision."""

Indices: TypeAlias = NDArray[np.intp]

CACHE = 3 * 1024**2
"""Bytes a block of columns may take: it stays in a core's outer caches."""

NARROWEST = 1024
"""Columns a block has at least, so that a call into numpy is worth it."""


def column_blocks(rows: int, columns: int, itemsize: int) -> Iterator[slice]:
    """Cut 0..columns-1 into slices of which so many rows fit the cache.

    Examples
    --------
    >>> list(column_blocks(1000, 2500, 4))
    [slice(0, 1024, None), slice(1024, 2048, None), slice(2048, 2500, None)]
    """
    width = max(NARROWEST, CACHE // (rows * itemsize))
    for start in range(0, columns, width):
        yield slice(start, min(start + width, columns))


def squared_norms(vectors: Vectors) -> Vector:
    """Return each row's squared norm (n,): a product a row, many times faster than `einsum`.

    Examples
    --------
    >>> squared_norms(np.array([[3.0, 4.0], [0.0, 2.0]]))
    array([25.,  4.])
    """
    return np.asarray(np.matmul(vectors[:, None, :], vectors[:, :, None])[:, 0, 0])


def mean_of(vectors: Vectors) -> Vector:
    """Return the mean of the rows (d,): a product with ones, faster than a sum along the axis.

    Examples
    --------
    >>> mean_of(np.array([[1.0, 2.0], [3.0, 6.0]]))
    array([2., 4.])
    """
    count = len(vectors)
    total = np.ones(count, vectors.dtype) @ vectors
    total /= vectors.dtype.type(count)
    return np.asarray(total)


def stacked_rows(vectors: Sequence[Vector]) -> Vectors:
    """Return vectors (d,) of one length and type as rows, (n, d): `numpy.stack`, but faster.

    Examples
    --------
    >>> stacked_rows([np.zeros(2), np.ones(2)])
    array([[0., 0.],
           [1., 1.]])
    """
    return np.asarray(np.concatenate(vectors).reshape(len(vectors), -1))
