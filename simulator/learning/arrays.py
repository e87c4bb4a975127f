"""What all of `learning` says about arrays: types, freezing, working in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
Integers: TypeAlias = NDArray[np.integer[Any]]

Values = TypeVar('Values', bound=NDArray[Any])

CACHE = 4 * 1024**2
"""Bytes a chunk of workers may touch: about a core's share of the outer caches."""

DIVERGENCE = np.errstate(all='ignore')
"""A run that diverges, or is attacked, may reach inf and nan: results to show, not errors."""


def frozen(array: Values) -> Values:
    """Return *array* itself, read-only from now on, so that many may hold it without a copy.

    Examples
    --------
    >>> frozen(np.zeros(2)).flags.writeable
    False
    """
    array.setflags(write=False)
    return array


def chunks(count: int, bytes_each: float) -> Iterator[slice]:
    """Cut 0..count-1 into slices of as many as fit the cache, one at least.

    Examples
    --------
    >>> list(chunks(5, CACHE / 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    size = max(1, int(CACHE // max(1.0, bytes_each)))
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
