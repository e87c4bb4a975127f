"""A few entries of a vector: which, and their numbers in any form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.compression.compressor import Form, Indices, Packet, Vector
from simulator.compression.floats import FLOAT32, Floats

__all__ = ['HEADER', 'Scattered', 'Sparse', 'sparse_packet']

HEADER = 4
"""Bytes that say how many entries follow."""


class Scattered(NamedTuple):
    """What is sent of a vector: which entries, ascending (k,), and the content of their form."""

    indices: Indices
    numbers: Any


@dataclass(frozen=True)
class Sparse:
    """How many entries (uint32), which, then their numbers.

    Which they are is told by a list of uint32, as libraries send it whatever d is, or by a bitmap
    of d bits; where even the zeros between them would take less, as floats, all numbers are sent
    and nothing else. The shortest is taken, the first of equals; as it follows from d and k, no
    flag is needed.

    Parameters
    ----------
    numbers : Form
        Of the numbers.

    Examples
    --------
    >>> [Sparse().layout(1000, kept) for kept in (31, 32, 968, 969)]
    ['list', 'bitmap', 'bitmap', 'all']
    >>> [Sparse().size(1000, kept) for kept in (31, 32, 968, 969)]
    [252, 257, 4001, 4004]
    """

    numbers: Form = FLOAT32

    def layout(self, d: int, kept: int) -> str:
        """Return how *kept* entries of *d* are told: 'list', 'bitmap' or 'all'."""
        costs = self._costs(d, kept)
        return min(costs, key=costs.__getitem__)

    def size(self, d: int, kept: int) -> int | None:
        """Return the bytes of *kept* entries of *d*."""
        numbers = self.numbers.size(kept, kept)
        return None if numbers is None else self.overhead(d, kept) + numbers

    def sizes(self, d: NDArray[np.int64], kept: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the bytes of many vectors with numbers as floats: `size` for arrays."""
        itemsize = self.numbers.size(1, 1) or 0
        told = np.minimum(4 * kept, -(-d // 8))
        told = np.minimum(told, itemsize * (d - kept))
        return np.asarray(HEADER + told + itemsize * kept)

    def overhead(self, d: int, kept: int) -> int:
        """Return the bytes of all but the kept numbers."""
        return HEADER + min(self._costs(d, kept).values())

    def encode(self, content: Scattered, d: int) -> bytes:
        """Return header, entries and numbers."""
        indices, numbers = content
        header = np.array([len(indices)], '<u4').tobytes()
        layout = self.layout(d, len(indices))
        if layout == 'all':
            filled = np.zeros(d, numbers.dtype)
            filled[indices] = numbers
            return header + self.numbers.encode(filled, d)
        told = indices.astype('<u4') if layout == 'list' else _bitmap(indices, d)
        return header + told.tobytes() + self.numbers.encode(numbers, len(indices))

    def decode(self, data: bytes, d: int) -> Scattered:
        """Return entries and numbers; all entries, where all were sent."""
        kept = int(np.frombuffer(data, '<u4', 1)[0])
        layout = self.layout(d, kept)
        if layout == 'all':
            return Scattered(np.arange(d), self.numbers.decode(data[HEADER:], d))
        begin = self.overhead(d, kept)
        told = np.frombuffer(data[HEADER:begin], '<u4' if layout == 'list' else np.uint8)
        if layout == 'bitmap':
            told = np.flatnonzero(np.unpackbits(told, count=d, bitorder='little'))
        return Scattered(told.astype(np.intp), self.numbers.decode(data[begin:], kept))

    def vector(self, content: Scattered, d: int) -> Vector:
        """Put the numbers in their places, 0 elsewhere."""
        vector = np.zeros(d, np.float32)
        vector[content.indices] = self.numbers.vector(content.numbers, len(content.indices))
        return vector

    def holding(self, numbers: Form) -> Sparse:
        """Return the same for numbers of another form."""
        return replace(self, numbers=numbers)

    def _costs(self, d: int, kept: int) -> dict[str, int]:
        costs = {'list': 4 * kept, 'bitmap': -(-d // 8)}
        if isinstance(self.numbers, Floats):
            costs['all'] = self.numbers.itemsize * (d - kept)
        return costs


def sparse_packet(vector: Vector, indices: Indices, scale: float = 1.0) -> Packet:
    """Return the packet of some entries of *vector*, as float32.

    Parameters
    ----------
    vector : array of float32, shape (d,)
    indices : array of int, shape (k,)
        Ascending.
    scale : float
        The entries are sent times this.
    """
    form, d = _SPARSE, len(vector)
    numbers = vector[indices] if scale == 1 else vector[indices] * np.float32(scale)
    content = Scattered(indices, numbers)
    size = form.overhead(d, len(indices)) + numbers.nbytes
    return Packet(form.vector(content, d), size, indices, form, content)


_SPARSE = Sparse()


def _bitmap(indices: Indices, d: int) -> Any:
    mask = np.zeros(d, np.bool_)
    mask[indices] = True
    return np.packbits(mask, bitorder='little')
