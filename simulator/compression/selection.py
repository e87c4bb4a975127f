"""Compressors that send some entries and leave out the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from simulator.compression.compressor import (
    QUIET,
    Compressor,
    Packet,
    Promises,
    State,
    Vector,
    no_state,
)
from simulator.compression.largest import largest, largest_of_each
from simulator.compression.sparse import Sparse, sparse_packet

__all__ = [
    'Share',
    'check_amount',
    'kept_of',
    'random_k',
    'threshold',
    'top_k',
]

Share = Annotated[float, Gt(0), Le(1)]
Amount = Annotated[int, Ge(1)]

DEFAULT_SHARE = 0.01


def top_k(*, share: Share | None = None, count: Amount | None = None) -> Compressor:
    """Send the entries of largest magnitude.

    Of equal ones the first are sent. nan counts as larger than inf, inf as larger than all else:
    they are sent first, and their receiver sees them.

    Parameters
    ----------
    share : float
        Part of all entries that is sent, at least one entry; 0.01 by default.
    count : int
        How many entries are sent, instead of *share*; at most all.

    References
    ----------
    .. [1] Aji & Heafield, "Sparse Communication for Distributed Gradient Descent", EMNLP 2017,
       arXiv:1704.05021.
    .. [2] Stich, Cordonnier & Jaggi, "Sparsified SGD with Memory", NeurIPS 2018,
       arXiv:1809.07599.

    Examples
    --------
    >>> compressor, rng = top_k(count=1), np.random.default_rng(0)
    >>> packet, _ = compressor.apply(np.array([3, -4, 2], np.float32), (), rng)
    >>> packet.vector.tolist(), packet.indices.tolist(), packet.bytes
    ([0.0, -4.0, 0.0], [1], 9)
    """
    kept = kept_of(share, count)

    @QUIET
    def apply(vector: Vector, state: State, rng: np.random.Generator) -> tuple[Packet, State]:
        vector = np.asarray(vector, np.float32)
        return sparse_packet(vector, largest(vector, kept(len(vector), 0))), state

    @QUIET
    def stack(
        vectors: Vector, states: Sequence[State], rngs: Sequence[np.random.Generator]
    ) -> list[tuple[Packet, State]]:
        vectors = np.asarray(vectors, np.float32)
        chosen = largest_of_each(vectors, kept(vectors.shape[1], 0))
        return list(zip(map(sparse_packet, vectors, chosen), states, strict=True))

    return Compressor(
        no_state,
        apply,
        Sparse(),
        kept,
        flops=lambda d: 4.0 * d,  # magnitudes, about two passes of quickselect, comparison
        promises=Promises(unbiased=False, error=lambda d: 1 - kept(d, 0) / d),
        stack=stack,
    )


def random_k(
    *, share: Share | None = None, count: Amount | None = None, scaled: bool = True
) -> Compressor:
    """Send entries drawn at random, all equally likely.

    inf and nan are sent when they are drawn.

    Parameters
    ----------
    share : float
        Part of all entries that is sent, at least one entry; 0.01 by default.
    count : int
        How many entries are sent, instead of *share*; at most all.
    scaled : bool
        Whether entries are sent times d/k, which is unbiased, but no contraction: error_feedback
        needs false.

    References
    ----------
    .. [1] Wangni et al., "Gradient Sparsification for Communication-Efficient Distributed
       Optimization", NeurIPS 2018, arXiv:1710.09854.
    .. [2] Stich, Cordonnier & Jaggi, "Sparsified SGD with Memory", NeurIPS 2018,
       arXiv:1809.07599.

    Examples
    --------
    >>> compressor, rng = random_k(count=1), np.random.default_rng(0)
    >>> packet, _ = compressor.apply(np.array([3, -4, 2], np.float32), (), rng)
    >>> packet.vector.tolist(), packet.bytes
    ([0.0, 0.0, 6.0], 9)
    """
    kept = kept_of(share, count)

    @QUIET
    def apply(vector: Vector, state: State, rng: np.random.Generator) -> tuple[Packet, State]:
        vector = np.asarray(vector, np.float32)
        d = len(vector)
        k = kept(d, 0)
        indices = rng.choice(d, k, replace=False, shuffle=False)
        indices.sort()
        return sparse_packet(vector, indices, d / k if scaled else 1.0), state

    def error(d: int) -> float:
        return d / kept(d, 0) - 1 if scaled else 1 - kept(d, 0) / d

    promises = Promises(unbiased=scaled, error=error)
    flops = _per_kept(kept, 2.0)
    return Compressor(no_state, apply, Sparse(), kept, flops=flops, promises=promises)


def threshold(*, value: Annotated[float, Gt(0)]) -> Compressor:
    """Send the entries whose magnitude reaches *value*.

    Their number depends on the vector. inf and nan are sent, and their receiver sees them. The
    entries left out are below *value* each, so that ||C(x) - x||^2 < d value^2.

    Parameters
    ----------
    value : float
        The least magnitude that is sent.

    References
    ----------
    .. [1] Strom, "Scalable Distributed DNN Training Using Commodity GPU Cloud Computing",
       Interspeech 2015.
    .. [2] Sahu et al., "Rethinking Gradient Sparsification as Total Error Minimization", NeurIPS
       2021, arXiv:2108.00951.

    Examples
    --------
    >>> compressor, rng = threshold(value=3.0), np.random.default_rng(0)
    >>> packet, _ = compressor.apply(np.array([3, -4, 2], np.float32), (), rng)
    >>> packet.vector.tolist(), packet.bytes
    ([3.0, -4.0, 0.0], 13)
    """

    @QUIET
    def apply(vector: Vector, state: State, rng: np.random.Generator) -> tuple[Packet, State]:
        vector = np.asarray(vector, np.float32)
        # nan is not below anything
        return sparse_packet(vector, np.flatnonzero(~(np.abs(vector) < np.float32(value)))), state

    return Compressor(
        no_state,
        apply,
        Sparse(),
        lambda d, step: None,
        flops=lambda d: 2.0 * d,
        promises=Promises(unbiased=False, error=lambda d: 1.0),
    )


def check_amount(*, share: float | None = None, count: int | None = None, **_: object) -> None:
    """Refuse both a share and a count."""
    if share is not None and count is not None:
        raise ValueError(f'takes share(={share:g}) or count(={count}), not both')


def kept_of(share: float | None, count: int | None) -> Callable[[int, int], int]:
    """Return ``(d, step) -> k``, how many entries of d are sent.

    Examples
    --------
    >>> kept_of(0.01, None)(650, 0), kept_of(0.01, None)(20, 0), kept_of(None, 5)(3, 0)
    (7, 1, 3)
    """
    check_amount(share=share, count=count)
    if count is not None:
        most = count
        return lambda d, step: min(most, d)
    part = DEFAULT_SHARE if share is None else share
    return lambda d, step: max(1, int(part * d + 0.5))


def _per_kept(kept: Callable[[int, int], int], operations: float) -> Callable[[int], float]:
    return lambda d: operations * kept(d, 0)
