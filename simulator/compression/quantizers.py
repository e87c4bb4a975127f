"""Compressors that send each entry with a few bits."""

from __future__ import annotations

from math import sqrt
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from simulator.compression.compressor import Compressor, Promises, Vector
from simulator.compression.elias import EliasLevels
from simulator.compression.levels import (
    Chunk,
    Counted,
    Levels,
    chunked,
    counted,
    quantizer,
    width_of,
)

__all__ = ['int8', 'qsgd', 'terngrad']

Rows = NDArray[np.float32]


def int8(
    *, chunk: Chunk = 256, rounding: Literal['nearest', 'stochastic'] = 'nearest'
) -> Compressor:
    """Send one byte an entry, and for each chunk the step: its largest magnitude / 127.

    A chunk that holds inf or nan is decoded as nan throughout: its receiver sees it. Where the
    largest magnitude is under 1.5e-36, a chunk is sent as zeros.

    Parameters
    ----------
    chunk : int or 'whole'
        Entries that share a step.
    rounding : {'nearest', 'stochastic'}
        Stochastic rounding is unbiased, and twice as far off.

    References
    ----------
    .. [1] Dettmers, "8-Bit Approximations for Parallelism in Deep Learning", ICLR 2016,
       arXiv:1511.04561.
    .. [2] Dettmers et al., "8-bit Optimizers via Block-wise Quantization", ICLR 2022,
       arXiv:2110.02861 (a scale per chunk).

    Examples
    --------
    >>> compressor, rng = int8(chunk=2), np.random.default_rng(0)
    >>> packet, _ = compressor.apply(np.array([254, 1.2, 0, -127], np.float32), (), rng)
    >>> packet.vector.tolist(), packet.bytes
    ([254.0, 2.0, 0.0, -127.0], 12)
    """
    stochastic, width = rounding == 'stochastic', width_of(chunk)

    def content(numbers: Vector, rng: np.random.Generator) -> Counted:
        return counted(numbers, width, 127, _largest, rng if stochastic else None)

    def error(d: int) -> float:
        # an entry is off by step / 2 (in the mean, where at random), and step <= norm / 127
        worst = min(width or d, d) / (4 * 127**2)
        return worst if stochastic else min(worst, 1.0)

    return quantizer(
        Levels(127, width), content, passes=6 if stochastic else 4,
        promises=Promises(unbiased=stochastic, error=error),
    )  # fmt: skip


def qsgd(
    *,
    levels: Annotated[int, Ge(1), Le(32767)] = 7,
    chunk: Chunk = 512,
    coding: Literal['fixed', 'elias'] = 'fixed',
) -> Compressor:
    """Round each entry at random to one of *levels* equal parts of its chunk's norm: unbiased.

    A chunk that holds inf or nan, or whose norm float32 can't express, is decoded as nan
    throughout: its receiver sees it. The second moment's bound, 1 + min(d/s^2, sqrt(d)/s), holds
    within a chunk, d being its length.

    Parameters
    ----------
    levels : int
        s: an entry is one of 2 s + 1 values; 7 take 4 bits, 127 take 8.
    chunk : int or 'whole'
        Entries that share a norm; all in the theory, 512 in the paper's experiments.
    coding : {'fixed', 'elias'}
        Whether each entry takes the same number of bits, or the paper's codes are used, which
        take about 2.8 bits an entry where s^2 = d, and less where s is small.

    References
    ----------
    .. [1] Alistarh et al., "QSGD: Communication-Efficient SGD via Gradient Quantization and
       Encoding", NeurIPS 2017, arXiv:1610.02132.

    Examples
    --------
    >>> compressor, rng = qsgd(levels=1, chunk='whole'), np.random.default_rng(0)
    >>> packet, _ = compressor.apply(np.array([3, -4], np.float32), (), rng)
    >>> packet.vector.tolist(), packet.bytes
    ([0.0, -5.0], 5)
    """
    width = width_of(chunk)
    elias = EliasLevels(levels, width)

    def content(numbers: Vector, rng: np.random.Generator) -> Counted:
        return counted(numbers, width, levels, _norm, rng)

    def error(d: int) -> float:
        most = min(width or d, d)
        return min(most / levels**2, sqrt(most) / levels)

    promises = Promises(unbiased=True, error=error)
    if coding == 'elias':
        return quantizer(elias, content, passes=9, promises=promises, measure=elias.measure)
    return quantizer(Levels(levels, width), content, passes=7, promises=promises)


def terngrad(*, chunk: Chunk = 'whole', clip: Annotated[float, Gt(0)] | None = None) -> Compressor:
    """Send -1, 0 or 1 times the largest magnitude, at random so that the mean is exact.

    Five entries share a byte. A chunk that holds inf or nan is decoded as nan throughout: its
    receiver sees it.

    Parameters
    ----------
    chunk : int or 'whole'
        Entries that share a largest magnitude; a layer's in the paper.
    clip : float, optional
        Entries are cut off at so many standard deviations of their chunk first; the paper takes
        2.5. This makes it biased, but less noisy.

    References
    ----------
    .. [1] Wen et al., "TernGrad: Ternary Gradients to Reduce Communication in Distributed Deep
       Learning", NeurIPS 2017, arXiv:1705.07878.

    Examples
    --------
    >>> compressor, rng = terngrad(), np.random.default_rng(2)
    >>> packet, _ = compressor.apply(np.array([3, -4, 2, 0, 1], np.float32), (), rng)
    >>> packet.vector.tolist(), packet.bytes
    ([0.0, -4.0, 4.0, 0.0, 0.0], 5)
    """
    width = width_of(chunk)

    def content(numbers: Vector, rng: np.random.Generator) -> Counted:
        if clip is not None:
            numbers = _clipped(numbers, width, clip)
        return counted(numbers, width, 1, _largest, rng)

    def error(d: int) -> float:
        # max |x| * sum |x| <= (1 + sqrt(d)) / 2 ||x||^2, reached where all but one are alike
        return (sqrt(min(width or d, d)) - 1) / 2

    promises = Promises(unbiased=clip is None, error=error if clip is None else _unknown)
    return quantizer(Levels(1, width), content, passes=6 if clip is None else 10, promises=promises)


def _largest(rows: Rows) -> NDArray[Any]:
    return np.asarray(np.maximum(rows.max(axis=1), -rows.min(axis=1)))


def _norm(rows: Rows) -> NDArray[Any]:
    # in float64, where no square overflows
    return np.asarray(np.sqrt(np.einsum('ij,ij->i', rows, rows, dtype=np.float64)))


def _clipped(numbers: Vector, chunk: int | None, deviations: float) -> Vector:
    rows = chunked(numbers, chunk)
    # zeros that fill the last row up are no part of its spread
    sums = rows.sum(axis=1, dtype=np.float64)
    widths = np.full(len(rows), rows.shape[1])
    widths[-1:] -= rows.size - len(numbers)
    squares = np.einsum('ij,ij->i', rows, rows, dtype=np.float64) / widths
    spread = np.sqrt(np.maximum(squares - (sums / widths) ** 2, 0))
    most = (deviations * spread).astype(np.float32)[:, None]
    clipped: Vector = np.clip(rows, -most, most).reshape(-1)
    return clipped[: len(numbers)]


def _unknown(d: int) -> float:
    return np.inf
