"""Where the largest entries of a vector are: linear in its length, alike on all processors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.compression.compressor import Indices, Vector

__all__ = ['largest', 'largest_of_each']

_BLOCK = 2**16  # numbers that fit the cache: more at once gain nothing
_STRIDE = 64  # of the sample from which the least magnitude sent is guessed
_MAGNITUDE = np.uint32(0x7FFFFFFF)  # all bits but the sign


def largest(vector: Vector, count: int) -> Indices:
    """Return the places of the *count* entries of largest magnitude, ascending.

    Examples
    --------
    >>> largest(np.array([1, -3, 2, -2, np.nan], np.float32), 3)
    array([1, 2, 4])
    """
    if len(vector) <= _BLOCK:
        return _of_group(vector[None], count)[0]
    candidates = _above(vector, _low_guess(vector, count))
    if len(candidates) < count:
        candidates = np.arange(len(vector))
    return candidates[_of_group(vector[None, candidates], count)[0]]


def largest_of_each(vectors: Vector, count: int) -> list[Indices]:
    """Return `largest` of each row of (W, d); of short rows, many at once.

    Examples
    --------
    >>> largest_of_each(np.array([[1, -3, 2], [0, 0, 0]], np.float32), 2)
    [array([1, 2]), array([0, 1])]
    """
    rows = _BLOCK // vectors.shape[1]
    if not rows:
        return [largest(vector, count) for vector in vectors]
    groups = [vectors[start : start + rows] for start in range(0, len(vectors), rows)]
    return [indices for group in groups for indices in _of_group(group, count)]


def _low_guess(vector: Vector, count: int) -> np.uint32:
    """Return the bits of a magnitude that a few more than *count* entries should reach."""
    sample = _bits(vector[::_STRIDE])
    few = count / _STRIDE
    rank = min(int(few + 4 * few**0.5 + 8), len(sample))
    sample.partition(len(sample) - rank)
    return np.uint32(sample[len(sample) - rank])


def _above(vector: Vector, least: np.uint32) -> Indices:
    """Return where magnitudes reach *least*, a block at a time to stay in the cache."""
    starts = range(0, len(vector), _BLOCK)
    found = [np.flatnonzero(_bits(vector[s : s + _BLOCK]) >= least) + s for s in starts]
    return np.concatenate(found)


def _of_group(vectors: Vector, count: int) -> list[Indices]:
    bits = _bits(vectors)
    rows, width = bits.shape
    least = np.partition(bits, width - count, axis=1)[:, width - count]
    found = np.flatnonzero(bits >= least[:, None])
    if len(found) == rows * count:
        places = found.reshape(rows, count)
        places -= width * np.arange(rows)[:, None]
        return list(places)
    return [_first_of_equals(each, limit, count) for each, limit in zip(bits, least, strict=True)]


def _bits(vector: Vector) -> NDArray[np.uint32]:
    """Return magnitudes as whole numbers: the same order, nan above inf, and faster to select."""
    return np.ascontiguousarray(vector).view(np.uint32) & _MAGNITUDE


def _first_of_equals(bits: NDArray[np.uint32], least: np.uint32, count: int) -> Indices:
    """Return what is above *least*, and of what equals it the first, *count* in all."""
    above = np.flatnonzero(bits > least)
    equal = np.flatnonzero(bits == least)[: count - len(above)]
    return np.sort(np.concatenate((above, equal)))
