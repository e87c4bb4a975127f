"""Arrays of parameters as products of two thin matrices, and how these go over the wire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.compression.compressor import Form, Vector
from simulator.compression.floats import FLOAT32

__all__ = ['Factored', 'Factors', 'Matrix', 'Piece', 'Shapes']

Matrix = NDArray[np.float32]
Shapes = Sequence[tuple[int, ...]]


class Piece(NamedTuple):
    """One array of parameters, as a matrix.

    Attributes
    ----------
    place : slice
        Where it stands in the flat vector.
    rows, columns : int
        Its shape as a matrix.
    rank : int
        Columns of its factors; 0 where factors would take more than the array itself.
    """

    place: slice
    rows: int
    columns: int
    rank: int

    @property
    def numbers(self) -> int:
        """How many numbers are sent of it."""
        return self.rank * (self.rows + self.columns) or self.rows * self.columns


class Factored(NamedTuple):
    """What is sent: array by array its left factor, then its right one; or the array itself."""

    numbers: Vector


@dataclass(frozen=True)
class Factors:
    """Array by array the left factor P and the right factor Q of P Q^T, without any header.

    Parameters
    ----------
    shapes : tuple of tuple of int
        Of the arrays, in the order of the flat vector.
    rank : int
        Columns of the factors, at most.
    numbers : Form
        Of the factors' entries.

    Examples
    --------
    >>> Factors(((64, 10), (10,)), rank=2).size(650, 158)
    632
    """

    shapes: tuple[tuple[int, ...], ...]
    rank: int
    numbers: Form = FLOAT32

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The arrays as matrices."""
        return tuple(_pieces(self.shapes, self.rank))

    @cached_property
    def kept(self) -> int:
        """How many numbers are sent."""
        return sum(piece.numbers for piece in self.pieces)

    @property
    def phases(self) -> tuple[int, int]:
        """How many numbers the two all-reduces take that add up factors of many senders.

        Left ones, and arrays sent as they are, come first; right ones are products with the sum
        of the left, made orthonormal. As products are linear, the outcome is that of compressing
        the sum of all vectors once, to rounding.
        """
        rights = sum(piece.columns * piece.rank for piece in self.pieces)
        return self.kept - rights, rights

    def overhead(self, d: int, kept: int) -> int:
        """Return 0: all that is sent is numbers."""
        return 0

    def size(self, d: int, kept: int) -> int | None:
        """Return the bytes of *kept* numbers."""
        return self.numbers.size(kept, kept)

    def encode(self, content: Factored, d: int) -> bytes:
        """Return the numbers."""
        return self.numbers.encode(content.numbers, self.kept)

    def decode(self, data: bytes, d: int) -> Factored:
        """Return the numbers."""
        return Factored(self.numbers.decode(data, self.kept))

    def vector(self, content: Factored, d: int) -> Vector:
        """Multiply the factors."""
        numbers = self.numbers.vector(content.numbers, self.kept)
        vector, begin = np.empty(d, np.float32), 0
        for piece in self.pieces:
            sent = numbers[begin : begin + piece.numbers]
            vector[piece.place] = _product(piece, sent) if piece.rank else sent
            begin += piece.numbers
        return vector

    def holding(self, numbers: Form) -> Factors:
        """Return the same for numbers of another form."""
        return replace(self, numbers=numbers)


def _pieces(shapes: Shapes, rank: int) -> Iterator[Piece]:
    begin = 0
    for shape in shapes:
        rows, columns = min(_cuts(shape), key=sum)
        most = min(rank, rows, columns)
        shorter = most * (rows + columns) < rows * columns
        yield Piece(slice(begin, begin + rows * columns), rows, columns, most if shorter else 0)
        begin += rows * columns


def _cuts(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the matrices an array can be seen as, its first axes against the others."""
    return [(prod(shape[:axis]), prod(shape[axis:])) for axis in range(1, max(len(shape), 2))]


def _product(piece: Piece, sent: Vector) -> Vector:
    left, right = np.split(sent, [piece.rows * piece.rank])
    product: Matrix = left.reshape(-1, piece.rank) @ right.reshape(-1, piece.rank).T
    return product.ravel()
