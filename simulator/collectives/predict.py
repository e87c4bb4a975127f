"""The closed forms: what each collective costs where nothing but the ranks' own ports contends.

Each function takes the context (ranks, n, alpha, beta, gamma) and the options of the builder of
the same name in the catalogue:

ranks : Ranks
    Who takes part; m = ranks.count.
n : float
    Bytes of the whole vector. Where chunks are whole elements, n = chunks x the largest chunk
    gives the time.
alpha : float
    Latency of a route, seconds.
beta : float
    Seconds per byte of a port: 1 / bandwidth.
gamma : float
    Seconds to reduce a byte, one reduction at a time on a rank.

Figures hold for a star of equal links under `fair` and `fifo` sharing, with one exception: where a
rank receives several vectors in one step and gamma > 0, `fifo` delivers them one after the other
and reductions overlap with deliveries, so that the time given is that of `fair` alone.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.collectives.ranks import Order, Ranks

__all__ = ['Prediction', 'predict_master_worker', 'predict_ring']


class Prediction(NamedTuple):
    """What a collective costs on an uncontended network.

    Attributes
    ----------
    seconds : float or None
        Time from all ranks' joining to the last one's end; None where there is no closed form.
    total_bytes : float
        Bytes on the wire, all ranks together.
    most_sent : float
        Bytes sent by the rank that sends most.
    """

    seconds: float | None
    total_bytes: float
    most_sent: float


def predict_ring(
    ranks: Ranks,
    n: float,
    alpha: float,
    beta: float,
    gamma: float = 0.0,
    *,
    order: Order = 'as_given',
) -> Prediction:
    """2(m-1)(alpha + n beta / m), every rank sends 2(m-1) n / m.

    Examples
    --------
    >>> predict_ring(Ranks(8), 100e6, 100e-6, 8e-10).seconds
    0.1414
    """
    del order  # where nothing contends, all orders cost the same
    m = ranks.count
    chunk = n / m
    seconds = 2 * (m - 1) * (alpha + chunk * beta) + (m - 1) * chunk * gamma
    return Prediction(seconds, 2 * (m - 1) * n, 2 * (m - 1) * chunk)


def predict_master_worker(
    ranks: Ranks, n: float, alpha: float, beta: float, gamma: float = 0.0, *, root: int = 0
) -> Prediction:
    """2 alpha + 2(m-1) n beta: the master's port carries everything, twice.

    Examples
    --------
    >>> predict_master_worker(Ranks(8), 1000.0, 0.0, 1e-3).seconds
    14.0
    """
    del root  # any master's port is like another's
    others = ranks.count - 1
    if not others:
        return Prediction(0.0, 0.0, 0.0)
    seconds = 2 * alpha + others * n * (2 * beta + gamma)
    return Prediction(seconds, 2 * others * n, others * n)
