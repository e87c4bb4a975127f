"""Matrices of gradients as products of two thin ones."""

from __future__ import annotations

from math import prod
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge

from simulator.compression.compressor import (
    QUIET,
    CompressionError,
    Compressor,
    Packet,
    Promises,
    State,
    Vector,
)
from simulator.compression.factors import Factored, Factors, Matrix, Piece, Shapes

__all__ = ['LowRankState', 'low_rank']


class LowRankState(NamedTuple):
    """The right factors (columns, rank) of the last packet, from which the next one starts.

    Empty before the first; None for an array that is sent as it is.
    """

    rights: tuple[Matrix | None, ...]


def low_rank(shapes: Shapes, *, rank: Annotated[int, Ge(1)] = 2) -> Compressor:
    """Send each matrix of a layer as the product of two of few columns (PowerSGD).

    One step of subspace iteration from the last packet's right factor Q, drawn at first:
    P <- M Q, its columns made orthonormal, Q <- M^T P; the receiver takes P Q^T. Arrays of more
    than two axes are cut into a matrix where its sides are most alike; biases, and what factors
    would not make shorter, are sent as they are. A matrix that holds inf or nan, or whose product
    overflows, is decoded as nan throughout, and its memory starts anew. Biased: use it with
    error_feedback. Here each sender finds factors of its own, which cannot be added: they have
    to be gathered. All-reduce can do better, as in the paper: compress the sum of all vectors,
    and send what `Factors.phases` says.

    Parameters
    ----------
    shapes : sequence of tuple of int
        Of the model's arrays, in the order of the flat vector.
    rank : int
        Columns of the factors; less where a matrix is smaller.

    References
    ----------
    .. [1] Vogels, Karimireddy & Jaggi, "PowerSGD: Practical Low-Rank Gradient Compression for
       Distributed Optimization", NeurIPS 2019, arXiv:1905.13727.

    Examples
    --------
    >>> compressor, rng = low_rank([(3, 4)], rank=1), np.random.default_rng(0)
    >>> outer = np.outer([1, 2, 3], [1, 0, 0, -1]).astype(np.float32).ravel()
    >>> packet, _ = compressor.apply(outer, compressor.init(12), rng)
    >>> np.allclose(packet.vector, outer, atol=1e-6), packet.bytes
    (True, 28)
    """
    form = Factors(tuple(tuple(shape) for shape in shapes), rank)

    def init(d: int) -> State:
        held = sum(map(prod, form.shapes))
        if d != held:
            raise CompressionError(
                f'low_rank: its shapes hold {held} parameters, the vector {d}; '
                'it needs whole models, so a server of its own for no part of one'
            )
        return LowRankState(())

    @QUIET
    def apply(vector: Vector, state: State, rng: np.random.Generator) -> tuple[Packet, State]:
        vector = np.asarray(vector, np.float32)
        before = state[0] or tuple(_drawn(piece, rng) for piece in form.pieces)
        factored = [
            _factored(piece, vector[piece.place], right, rng)
            for piece, right in zip(form.pieces, before, strict=True)
        ]
        content = Factored(np.concatenate([numbers for numbers, _ in factored]))
        decoded = form.vector(content, len(vector))
        packet = Packet(decoded, content.numbers.nbytes, None, form, content)
        return packet, LowRankState(tuple(right for _, right in factored))

    return Compressor(
        init,
        apply,
        form,
        kept=lambda d, step: form.kept,
        flops=lambda d: sum(map(_flops, form.pieces), 0.0),
        promises=Promises(unbiased=False, error=lambda d: 1.0),
    )


def _factored(
    piece: Piece, numbers: Vector, right: Matrix | None, rng: np.random.Generator
) -> tuple[Vector, Matrix | None]:
    """Return what is sent of one array, and its next right factor."""
    if right is None:
        return numbers, None
    matrix = numbers.reshape(piece.rows, piece.columns)
    product = matrix @ right
    if not np.isfinite(product).all():
        return np.full(piece.numbers, np.nan, np.float32), _drawn(piece, rng)
    left = np.linalg.qr(product).Q
    right = matrix.T @ left
    return np.concatenate((left.ravel(), right.ravel())), right


def _drawn(piece: Piece, rng: np.random.Generator) -> Matrix | None:
    if not piece.rank:
        return None
    return rng.standard_normal((piece.columns, piece.rank), np.float32)


def _flops(piece: Piece) -> float:
    """Count two products of the matrix with a thin one, and the orthonormal basis."""
    products = 4.0 * piece.rows * piece.columns * piece.rank
    return products + 4.0 * piece.rows * piece.rank**2
