"""What all of `learning` says about arrays: types, freezing, working in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
Integers: TypeAlias = NDArray[np.integer[Any]]

Values = TypeVar('Values', bound=NDArray[Any])

CACHE = 8 * 1024**2
"""Bytes a chunk of workers may touch: about a core's share of the outer caches."""

HEAP = 31 * 1024**2
"""Bytes; blocks up to this size come from memory that was freed before. glibc allows 32 MB."""

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


@cache
def reuse_freed_memory() -> None:
    """Let arrays of some MB be made of memory freed before, not of pages fresh from the system.

    The C library hands large freed blocks back to the system, which then has to clear the pages
    of the next ones: half of a gradient's time, where chunks of workers follow one another. From
    the first large block that is freed, glibc learns to keep what is smaller than that. This one
    is never touched, so it costs nothing; other C libraries take no notice.
    """
    np.empty(HEAP, np.uint8)
