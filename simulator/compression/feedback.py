"""Error feedback: what one packet leaves out is added to the next vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simulator.compression.compressor import QUIET, Compressor, Packet, Promises, State, Vector

__all__ = ['FeedbackState', 'error_feedback']


class FeedbackState(NamedTuple):
    """What was never sent (d,), and the state of the compressor inside."""

    residual: Vector
    inner: State


def error_feedback(inner: Compressor) -> Compressor:
    """Add to each vector what the compressors before it in the list have left out so far.

    The sum of all packets and the residual is the sum of all vectors, to rounding. It needs a
    compressor whose error is smaller than the vector: an unbiased one makes the residual grow
    from step to step. An entry whose packet or vector is not finite is not remembered: it was
    told once, and would spoil the residual for ever.

    Parameters
    ----------
    inner : Compressor
        What stands before it in the list.

    References
    ----------
    .. [1] Seide et al., "1-Bit Stochastic Gradient Descent and its Application to Data-Parallel
       Distributed Training of Speech DNNs", Interspeech 2014.
    .. [2] Karimireddy et al., "Error Feedback Fixes SignSGD and other Gradient Compression
       Schemes", ICML 2019, arXiv:1901.09847.

    Examples
    --------
    >>> from simulator.compression import top_k
    >>> compressor, rng = error_feedback(top_k(count=1)), np.random.default_rng(0)
    >>> state = compressor.init(2)
    >>> _, state = compressor.apply(np.array([3, -4], np.float32), state, rng)
    >>> packet, state = compressor.apply(np.array([2, -4], np.float32), state, rng)
    >>> packet.vector.tolist(), state.residual.tolist()
    ([5.0, 0.0], [0.0, -4.0])
    """

    def init(d: int) -> State:
        return FeedbackState(np.zeros(d, np.float32), inner.init(d))

    @QUIET
    def apply(vector: Vector, state: State, rng: np.random.Generator) -> tuple[Packet, State]:
        wanted = np.asarray(vector, np.float32) + state[0]
        return _remembered(wanted, *inner.apply(wanted, state[1], rng))

    @QUIET
    def stack(
        vectors: Vector, states: Sequence[State], rngs: Sequence[np.random.Generator]
    ) -> list[tuple[Packet, State]]:
        wanted = np.stack([state[0] for state in states])
        wanted += vectors
        sent = inner.apply_all(wanted, [state[1] for state in states], rngs)
        return [_remembered(mine, *each) for mine, each in zip(wanted, sent, strict=True)]

    return Compressor(
        init,
        apply,
        inner.form,
        inner.kept,
        flops=lambda d: inner.flops(d) + 2.0 * d,
        promises=Promises(unbiased=False, error=None, memory=True),
        stack=stack,
    )


def _remembered(wanted: Vector, packet: Packet, inner: State) -> tuple[Packet, State]:
    residual = wanted - packet.vector
    finite = np.isfinite(residual)
    if not finite.all():
        residual[~finite] = 0
    return packet, FeedbackState(residual, inner)
