"""Numbers as whole multiples of a step, one step per chunk of the vector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from simulator.compression.bits import pack, packed_bytes, unpack
from simulator.compression.compressor import (
    QUIET,
    Compressor,
    Form,
    Packet,
    Promises,
    State,
    Vector,
    everything,
    no_state,
)

__all__ = ['Chunk', 'Counted', 'Levels', 'chunked', 'chunks_of', 'counted', 'quantizer', 'width_of']

Rows = NDArray[np.float32]
Chunk: TypeAlias = Annotated[int, Ge(1)] | Literal['whole']
"""How many entries share a scale: so many in a row, or all."""

_LEAST = np.finfo(np.float32).tiny
_BLOCK = 2**16  # numbers that fit the cache


class Counted(NamedTuple):
    """What is sent of a vector on a grid.

    Attributes
    ----------
    counts : array of signed integers, shape (k,)
        How many steps each number is away from 0.
    steps : array of float32, shape (chunks,)
        The step of each chunk; nan where the chunk held what is not finite.
    """

    counts: NDArray[Any]
    steps: Vector


@dataclass(frozen=True)
class Levels:
    """A float32 step per chunk, then each number's count of steps, of fixed width.

    Parameters
    ----------
    levels : int
        Counts are -levels .. levels; `simulator.compression.bits.pack` tells their width.
    chunk : int, optional
        Numbers that share a step; all by default.
    """

    levels: int
    chunk: int | None

    def size(self, d: int, kept: int) -> int | None:
        """Return the bytes of *kept* numbers and their steps."""
        return 4 * chunks_of(kept, self.chunk) + packed_bytes(kept, 2 * self.levels + 1)

    def encode(self, content: Counted, d: int) -> bytes:
        """Return the steps, then the packed counts."""
        counts = pack(content.counts.astype(np.int64) + self.levels, 2 * self.levels + 1)
        return content.steps.astype('<f4').tobytes() + counts

    def decode(self, data: bytes, d: int) -> Counted:
        """Return the counts and steps."""
        chunks = chunks_of(d, self.chunk)
        steps = np.frombuffer(data, '<f4', chunks).astype(np.float32)
        counts = unpack(data[4 * chunks :], d, 2 * self.levels + 1) - self.levels
        return Counted(counts, steps)

    def vector(self, content: Counted, d: int) -> Vector:
        """Multiply counts and steps."""
        rows = chunked(content.counts, self.chunk)
        products: Vector = np.multiply(rows, content.steps[:, None], dtype=np.float32)
        return products.reshape(-1)[:d]


def width_of(chunk: int | Literal['whole']) -> int | None:
    """Return how many entries an option gives a chunk; None stands for all."""
    return None if chunk == 'whole' else chunk


def chunks_of(count: int, chunk: int | None) -> int:
    """Return into how many chunks *count* numbers are cut.

    Examples
    --------
    >>> chunks_of(10, 4), chunks_of(10, None), chunks_of(0, None)
    (3, 1, 0)
    """
    return -(-count // (chunk or max(count, 1)))


def chunked(numbers: NDArray[Any], chunk: int | None) -> NDArray[Any]:
    """Return *numbers* one chunk a row, zeros after the last; a view where it comes out even."""
    chunks, width = chunks_of(len(numbers), chunk), chunk or max(len(numbers), 1)
    if len(numbers) == chunks * width:
        return numbers.reshape(chunks, width)
    rows = np.zeros((chunks, width), numbers.dtype)
    rows.reshape(-1)[: len(numbers)] = numbers
    return rows


def counted(
    numbers: Vector,
    chunk: int | None,
    levels: int,
    scale: Callable[[Rows], NDArray[Any]],
    rng: np.random.Generator | None,
) -> Counted:
    """Return *numbers* in steps of their chunk's ``scale / levels``.

    Parameters
    ----------
    numbers : array of float32, shape (k,)
    chunk, levels
        As in `Levels`.
    scale : callable
        ``rows (chunks, width) -> (chunks,)``, at least the largest magnitude of each row.
    rng : numpy.random.Generator, optional
        Rounds up or down at random, so that the mean is exact; to nearest without.
    """
    rows = chunked(numbers, chunk)
    steps = (scale(rows) / levels).astype(np.float32)
    steps[steps < _LEAST] = 0  # smaller ones could not be divided by
    steps[~np.isfinite(steps)] = np.nan
    counts = np.empty(rows.shape, np.int8 if levels <= 127 else np.int16)
    per_step = np.where(steps > 0, 1 / steps, 0).astype(np.float32)[:, None]
    for block in _blocks(*rows.shape):
        counts[block] = _counts(rows[block], per_step[block[0]], levels, rng)
    return Counted(counts.reshape(-1)[: len(numbers)], steps)


def _counts(rows: Rows, per_step: Rows, levels: int, rng: np.random.Generator | None) -> Rows:
    ratios = np.abs(rows) * per_step
    if rng is None:
        whole = np.rint(ratios)
    else:
        whole = np.floor(ratios)
        whole += rng.random(ratios.shape, np.float32) < ratios - whole
    # a last bit too much must not be a level too many, and nan, which no step can save, is none
    return np.copysign(np.fmin(whole, levels), rows)


def _blocks(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Cut a matrix into blocks that fit the cache."""
    wide = min(width, _BLOCK)
    high = _BLOCK // wide
    for top in range(0, height, high):
        for left in range(0, width, wide):
            yield slice(top, top + high), slice(left, left + wide)


def quantizer(
    form: Form,
    content: Callable[[Vector, np.random.Generator], Any],
    *,
    passes: float,
    promises: Promises,
    measure: Callable[[Any], int] | None = None,
) -> Compressor:
    """Return the compressor that lays all numbers of a vector out in *form*.

    Parameters
    ----------
    form : Form
    content : callable
        ``(numbers, rng) -> content`` of that form.
    passes : float
        Operations an entry.
    promises : Promises
    measure : callable, optional
        ``content -> bytes``, for a form whose size the values decide.
    """

    @QUIET
    def apply(vector: Vector, state: State, rng: np.random.Generator) -> tuple[Packet, State]:
        sent = content(np.asarray(vector, np.float32), rng)
        d = len(vector)
        size = measure(sent) if measure else form.size(d, d) or 0
        return Packet(form.vector(sent, d), size, None, form, sent), state

    return Compressor(
        no_state, apply, form, everything, flops=lambda d: passes * d, promises=promises
    )
