"""Deep gradient compression: momentum before the choice, so that what waits is not stale."""

from __future__ import annotations

from math import isfinite, sqrt
from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Lt

from simulator.compression.compressor import QUIET, Compressor, Packet, Promises, State, Vector
from simulator.compression.largest import largest
from simulator.compression.selection import Share
from simulator.compression.sparse import Sparse, sparse_packet

__all__ = ['DgcState', 'dgc']

_STAGES = 4  # of the warm-up: 25 %, 6.25 %, 1.6 %, 0.4 %


class DgcState(NamedTuple):
    """What a worker has not sent yet.

    Attributes
    ----------
    momentum, velocity : array of float32, shape (d,)
        u, a decaying sum of gradients, and v, the sum of all u not sent.
    step : int
        How many packets it has sent.
    """

    momentum: Vector
    velocity: Vector
    step: int


def dgc(
    workers: int,
    *,
    share: Share = 0.001,
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.9,
    clip: Annotated[float, Gt(0)] | None = None,
    warm_up: Annotated[int, Ge(0)] = 0,
) -> Compressor:
    """Send the largest of the sums of momentum, keep the rest, forget the momentum of what is sent.

    u <- momentum u + g, v <- v + u; the entries of largest |v| are sent, and u and v become 0
    there (momentum correction and factor masking). The momentum is this one: let the optimizer
    that applies the packets be plain sgd. It has a memory of its own, so it takes no
    error_feedback. inf and nan are sent first, then forgotten; a gradient that holds them is not
    clipped. Entries are chosen from the whole vector, not layer by layer.

    Parameters
    ----------
    workers : int
        How many send: N, for clipping.
    share : float
        Part of all entries that is sent, at least one entry.
    momentum : float
        What remains of u from step to step.
    clip : float, optional
        Largest norm of the sum of all gradients; each worker clips its own to clip / sqrt(N).
    warm_up : int
        Packets over which the share falls to its value, in four stages: 1/4, 1/16, 1/64, 1/256
        (the paper takes an epoch for each).

    References
    ----------
    .. [1] Lin et al., "Deep Gradient Compression: Reducing the Communication Bandwidth for
       Distributed Training", ICLR 2018, arXiv:1712.01887.

    Examples
    --------
    >>> compressor, rng = dgc(1, share=0.5, momentum=0.5), np.random.default_rng(0)
    >>> gradient, state = np.array([3, -4], np.float32), compressor.init(2)
    >>> for _ in range(3):
    ...     packet, state = compressor.apply(gradient, state, rng)
    ...     packet.vector.tolist()
    [0.0, -4.0]
    [7.5, 0.0]
    [0.0, -10.0]
    """

    def kept(d: int, step: int) -> int:
        stage = _STAGES * step // warm_up if warm_up else _STAGES
        part = max(share, 0.25 ** (stage + 1)) if stage < _STAGES else share
        return max(1, int(part * d + 0.5))

    def init(d: int) -> State:
        return DgcState(np.zeros(d, np.float32), np.zeros(d, np.float32), 0)

    @QUIET
    def apply(vector: Vector, state: State, rng: np.random.Generator) -> tuple[Packet, State]:
        gradient = np.asarray(vector, np.float32)
        if clip is not None:
            gradient = _clipped(gradient, clip / sqrt(workers))
        held = np.float32(momentum) * state[0] + gradient
        velocity = state[1] + held
        chosen = largest(velocity, kept(len(velocity), state[2]))
        packet = sparse_packet(velocity, chosen)
        held[chosen] = velocity[chosen] = 0
        return packet, DgcState(held, velocity, state[2] + 1)

    return Compressor(
        init,
        apply,
        Sparse(),
        kept,
        flops=lambda d: (7.0 if clip is None else 10.0) * d,
        promises=Promises(unbiased=False, error=None, memory=True),
    )


def _clipped(gradient: Vector, most: float) -> Vector:
    norm = sqrt(np.einsum('i,i->', gradient, gradient, dtype=np.float64))
    return gradient * np.float32(most / norm) if most < norm and isfinite(norm) else gradient
