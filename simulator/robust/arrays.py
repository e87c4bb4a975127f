"""Types and block sizes that rules and attacks share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ['Indices', 'Matrix', 'Vector', 'Vectors', 'column_blocks']

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
