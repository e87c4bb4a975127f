"""Order statistics of each coordinate, by a sorting network over whole rows.

A network compares rows in a fixed order: each comparison is one `minimum` and one `maximum` of
two rows, which the processor does many coordinates at a time, in blocks that stay in the cache.
Comparisons that cannot change what is asked for are left out: a median needs no full sort.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np

from simulator.robust.arrays import Vector, Vectors, column_blocks

__all__ = ['UNWANTED', 'Rows', 'by_rank', 'comparisons']

UNWANTED = -1
"""The group of ranks that nobody asks for: their rows hold anything."""

Rows = list[Vector]
"""The rows of a block in order: ``rows[k]`` holds the k-th smallest of each column."""

Comparison = tuple[int, int, bool, bool]
"""Two wires, and whether the smaller and the larger value are wanted."""


def by_rank(
    vectors: Vectors, combine: Callable[[Rows], Vector], groups: tuple[int, ...] | None = None
) -> Vector:
    """Return what *combine* makes of the sorted columns.

    Parameters
    ----------
    vectors : array, shape (n, d)
        Without nan.
    combine : callable
        Takes n rows of a block of columns, from the smallest to the largest of each column, and
        returns one row; it may write to them.
    groups : tuple of n int, optional
        Ranks of the same group may come in any order among themselves, `UNWANTED` ones are not
        to be read; by default each rank is a group of its own.

    Examples
    --------
    >>> by_rank(np.array([[5.0, 1.0], [3.0, 2.0], [4.0, 9.0]]), lambda rows: rows[1])
    array([4., 2.])
    """
    n, d = vectors.shape
    network = comparisons(n, groups or tuple(range(n)))
    result = np.empty(d, vectors.dtype)
    memory: Vectors | None = None  # the same for all blocks: fresh pages are slow
    for part in column_blocks(n + 1, d, vectors.itemsize):
        if memory is None:
            memory = np.empty((n + 1, part.stop), vectors.dtype)
        *rows, spare = memory[:, : part.stop - part.start]
        for row, vector in zip(rows, vectors[:, part], strict=True):
            row[:] = vector
        result[part] = combine(_sorted(rows, spare, network))
    return result


@lru_cache(maxsize=64)
def comparisons(n: int, groups: tuple[int, ...]) -> tuple[Comparison, ...]:
    """Return the comparisons that put the ranks of each group where they belong.

    Batcher's odd-even merge sort, without what permutes ranks of one group only.

    References
    ----------
    .. [1] Batcher, "Sorting networks and their applications", AFIPS Spring Joint Computer
       Conference, 1968.

    Examples
    --------
    >>> median = (UNWANTED,) * 4 + (0,) + (UNWANTED,) * 4
    >>> len(comparisons(9, tuple(range(9)))), len(comparisons(9, median))
    (28, 24)
    """
    # seen from the end: wires of one label need not be told apart any more
    labels = list(groups)
    unique = max(groups) + 1
    kept = []
    for low, high in reversed(list(_batcher(n))):
        if labels[low] != labels[high]:
            kept.append((low, high, labels[low] != UNWANTED, labels[high] != UNWANTED))
            labels[low], labels[high] = unique, unique + 1
            unique += 2
    return tuple(reversed(kept))


def _sorted(rows: Rows, spare: Vector, network: tuple[Comparison, ...]) -> Rows:
    for low, high, smaller, larger in network:
        first, second = rows[low], rows[high]
        if smaller:
            np.minimum(first, second, out=spare)
            rows[low], spare = spare, first
        if larger:
            np.maximum(first, second, out=second)
    return rows


def _batcher(n: int) -> Iterator[tuple[int, int]]:
    """Yield the comparisons (low, high) of odd-even merge sort, for any n."""
    merged = 1
    while merged < n:
        step = merged
        while step:
            for start in range(step % merged, n - step, 2 * step):
                for low in range(start, min(start + step, n - step)):
                    if low // (2 * merged) == (low + step) // (2 * merged):
                        yield low, low + step
            step //= 2
        merged *= 2
