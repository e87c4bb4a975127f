"""QSGD's own encoding: only what is not 0, by universal codes of small numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.compression.levels import Counted, Levels, chunks_of

__all__ = ['EliasLevels', 'omega', 'omega_bits', 'read_omega']


@dataclass(frozen=True)
class EliasLevels(Levels):
    """A float32 step per chunk; then of each count that is not 0 gap, sign and size.

    The gap is the distance to the one before, at least 1; gaps and sizes are in Elias' omega
    code. A last gap leads behind the end of the vector.
    """

    def size(self, d: int, kept: int) -> int | None:
        """Return None: the values decide."""
        return None

    def measure(self, content: Counted) -> int:
        """Return the bytes that `encode` will make, without making them."""
        gaps, counts = _told(content.counts)
        bits = int(omega_bits(gaps).sum() + omega_bits(np.abs(counts)).sum()) + len(counts)
        return content.steps.nbytes + -(-bits // 8)

    def encode(self, content: Counted, d: int) -> bytes:
        """Return the steps, then the codes."""
        gaps, counts = _told(content.counts)
        codes = [
            f'{omega(gap)}{int(count < 0)}{omega(abs(count))}'
            for gap, count in zip(gaps[:-1].tolist(), counts.tolist(), strict=True)
        ]
        bits = ''.join([*codes, omega(int(gaps[-1]))])
        packed = np.packbits(np.frombuffer(bits.encode(), np.uint8) - ord('0'))
        return content.steps.astype('<f4').tobytes() + packed.tobytes()

    def decode(self, data: bytes, d: int) -> Counted:
        """Return the counts and steps."""
        chunks = chunks_of(d, self.chunk)
        steps = np.frombuffer(data, '<f4', chunks).astype(np.float32)
        bits = iter(np.unpackbits(np.frombuffer(data[4 * chunks :], np.uint8)).tolist())
        counts = np.zeros(d, np.int64)
        place = read_omega(bits) - 1
        while place < d:
            sign = -1 if next(bits) else 1
            counts[place] = sign * read_omega(bits)
            place += read_omega(bits)
        return Counted(counts, steps)


def omega(number: int) -> str:
    """Return Elias' omega code of *number* >= 1, as a text of 0 and 1.

    Examples
    --------
    >>> [omega(number) for number in (1, 2, 4, 16)]
    ['0', '100', '101000', '10100100000']
    """
    code = '0'
    while number > 1:
        group = f'{number:b}'
        code = group + code
        number = len(group) - 1
    return code


def omega_bits(numbers: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return how long the omega code of each number is.

    Examples
    --------
    >>> omega_bits(np.array([1, 2, 4, 16]))
    array([ 1,  3,  6, 11])
    """
    bits = np.ones(len(numbers), np.int64)
    rest = np.asarray(numbers, np.int64)
    while (more := rest > 1).any():
        groups = np.frexp(rest)[1].astype(np.int64)  # how many binary digits
        bits += np.where(more, groups, 0)
        rest = np.where(more, groups - 1, 1)
    return bits


def read_omega(bits: Iterator[int]) -> int:
    """Read one omega code off the front of *bits*.

    Examples
    --------
    >>> read_omega(iter([1, 0, 1, 0, 0, 0]))
    4
    """
    number = 1
    while next(bits):
        group = 1
        for _ in range(number):
            group = 2 * group + next(bits)
        number = group
    return number


def _told(counts: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the gaps, one more than there are counts that are not 0, and those counts."""
    places = np.flatnonzero(counts)
    gaps = np.diff(places, prepend=-1, append=len(counts))
    return gaps.astype(np.int64), counts[places].astype(np.int64)
