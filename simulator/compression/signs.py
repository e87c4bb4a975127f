"""Nothing but signs, and how large entries are in the mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.compression.compressor import Compressor, Promises, Vector
from simulator.compression.levels import Chunk, chunked, chunks_of, quantizer, width_of

__all__ = ['Signed', 'Signs', 'sign']


class Signed(NamedTuple):
    """What is sent: which numbers are below 0 (k,), and the mean magnitude of each chunk."""

    below: NDArray[np.bool_]
    scales: Vector


@dataclass(frozen=True)
class Signs:
    """A float32 scale per chunk, then a bit an entry."""

    chunk: int | None

    def size(self, d: int, kept: int) -> int:
        """Return the bytes of *kept* signs and their scales."""
        return 4 * chunks_of(kept, self.chunk) + -(-kept // 8)

    def encode(self, content: Signed, d: int) -> bytes:
        """Return the scales, then the bits."""
        bits = np.packbits(content.below, bitorder='little')
        return content.scales.astype('<f4').tobytes() + bits.tobytes()

    def decode(self, data: bytes, d: int) -> Signed:
        """Return the signs and scales."""
        chunks = chunks_of(d, self.chunk)
        bits = np.frombuffer(data, np.uint8, offset=4 * chunks)
        below = np.unpackbits(bits, count=d, bitorder='little').astype(np.bool_)
        return Signed(below, np.frombuffer(data, '<f4', chunks).astype(np.float32))

    def vector(self, content: Signed, d: int) -> Vector:
        """Give each scale its signs."""
        scales = content.scales[:, None]
        return np.where(chunked(content.below, self.chunk), -scales, scales).reshape(-1)[:d]


def sign(*, chunk: Chunk = 'whole') -> Compressor:
    """Send one bit an entry and the mean magnitude, for the sign of each times that mean.

    0 counts as positive. A chunk that holds inf or nan is decoded as nan throughout: its receiver
    sees it. Biased: use it with error_feedback.

    Parameters
    ----------
    chunk : int or 'whole'
        Entries that share a mean.

    References
    ----------
    .. [1] Bernstein et al., "signSGD: Compressed Optimisation for Non-Convex Problems", ICML
       2018, arXiv:1802.04434.
    .. [2] Karimireddy et al., "Error Feedback Fixes SignSGD and other Gradient Compression
       Schemes", ICML 2019, arXiv:1901.09847 (the scale).

    Examples
    --------
    >>> compressor, rng = sign(), np.random.default_rng(0)
    >>> packet, _ = compressor.apply(np.array([3, -4, 2, 0, -1], np.float32), (), rng)
    >>> packet.vector.tolist(), packet.bytes
    ([2.0, -2.0, 2.0, 2.0, -2.0], 5)
    """
    width = width_of(chunk)

    def content(numbers: Vector, rng: np.random.Generator) -> Signed:
        rows = chunked(numbers, width)
        widths = np.full(len(rows), rows.shape[1])
        widths[-1:] -= rows.size - len(numbers)  # not the zeros that fill up the last row
        scales = np.abs(rows).sum(axis=1, dtype=np.float64) / widths
        scales[~np.isfinite(scales)] = np.nan
        return Signed(numbers < 0, scales.astype(np.float32))

    def error(d: int) -> float:
        # ||x||^2 - ||x||_1^2 / d, least where one entry holds all
        return 1 - 1 / min(width or d, d)

    promises = Promises(unbiased=False, error=error)
    return quantizer(Signs(width), content, passes=3, promises=promises)
