"""Small whole numbers laid side by side in bytes, lowest bits first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ['pack', 'packed_bytes', 'unpack', 'width']

Integers = NDArray[np.integer[Any]]

_TRITS = 5  # of them fit a byte: 3^5 = 243
_POWERS = 3 ** np.arange(_TRITS)


def width(choices: int) -> int:
    """Return how many bits tell *choices* values apart.

    Examples
    --------
    >>> [width(choices) for choices in (1, 2, 3, 255, 256, 257)]
    [0, 1, 2, 8, 8, 9]
    """
    return (choices - 1).bit_length()


def packed_bytes(count: int, choices: int) -> int:
    """Return how many bytes `pack` makes of *count* numbers.

    Examples
    --------
    >>> packed_bytes(10, 15), packed_bytes(10, 3)
    (5, 2)
    """
    return -(-count // _TRITS) if choices == 3 else -(-count * width(choices) // 8)


def pack(numbers: Integers, choices: int) -> bytes:
    """Return *numbers*, each in 0 .. choices - 1, as bytes.

    Each takes `width` bits; of three choices, five numbers share a byte, as digits in base 3.

    Examples
    --------
    >>> pack(np.array([1, 2, 3]), 16).hex()
    '2103'
    >>> pack(np.array([2, 2, 2, 2, 2, 1]), 3).hex()
    'f201'
    """
    if choices == 3:
        digits = np.zeros((packed_bytes(len(numbers), 3), _TRITS), np.uint8)
        digits.reshape(-1)[: len(numbers)] = numbers
        return (digits @ _POWERS).astype(np.uint8).tobytes()
    wide = numbers.astype(np.uint32)[:, None] >> np.arange(width(choices), dtype=np.uint32)
    return np.packbits(wide.astype(np.uint8) & 1, bitorder='little').tobytes()


def unpack(data: bytes, count: int, choices: int) -> NDArray[np.int64]:
    """Return the *count* numbers that `pack` has laid side by side.

    Examples
    --------
    >>> unpack(bytes.fromhex('2103'), 3, 16)
    array([1, 2, 3])
    """
    packed = np.frombuffer(data, np.uint8)
    if choices == 3:
        digits = packed[:, None].astype(np.int64) // _POWERS % 3
        return digits.reshape(-1)[:count]
    bits = np.unpackbits(packed, count=count * width(choices), bitorder='little')
    weights = 1 << np.arange(width(choices), dtype=np.int64)
    return bits.reshape(count, width(choices)).astype(np.int64) @ weights
