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

Figures hold for a star of equal links under ``fair`` and ``fifo`` sharing, with one exception:
where a rank receives several vectors in one step and gamma > 0, ``fifo`` delivers them one after
the other and reductions overlap with deliveries, so that the time given is that of ``fair``.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.collectives.ranks import Order, Ranks
from simulator.collectives.scattered import Algorithm
from simulator.collectives.torus import grid_rows

__all__ = [
    'Prediction',
    'predict_all_gather',
    'predict_all_to_all',
    'predict_butterfly',
    'predict_direct',
    'predict_halving_doubling',
    'predict_master_worker',
    'predict_reduce_scatter',
    'predict_ring',
    'predict_round_robin',
    'predict_torus_2d',
]


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


def predict_all_to_all(
    ranks: Ranks, n: float, alpha: float, beta: float, gamma: float = 0.0
) -> Prediction:
    """Take alpha + (m-1) n beta; everyone sends (m-1) n.

    Examples
    --------
    >>> round(predict_all_to_all(Ranks(64), 100e6, 100e-6, 8e-10).seconds, 9)
    5.0401
    """
    m = ranks.count
    sent = (m - 1) * n
    return Prediction(alpha * (m > 1) + sent * (beta + gamma), m * sent, sent)


def predict_master_worker(
    ranks: Ranks, n: float, alpha: float, beta: float, gamma: float = 0.0, *, root: int = 0
) -> Prediction:
    """Take 2 alpha + 2(m-1) n beta: the master's port carries everything, twice.

    Examples
    --------
    >>> predict_master_worker(Ranks(8), 1000.0, 0.0, 1e-3).seconds
    14.0
    """
    del root  # any master's port is like another's
    m = ranks.count
    sent = (m - 1) * n
    return Prediction(2 * alpha * (m > 1) + sent * (2 * beta + gamma), 2 * sent, sent)


def predict_round_robin(
    ranks: Ranks, n: float, alpha: float, beta: float, gamma: float = 0.0
) -> Prediction:
    """Take (m-1)(alpha + n beta); everyone sends (m-1) n.

    Examples
    --------
    >>> predict_round_robin(Ranks(5), 1000.0, 1.0, 1e-3).seconds
    8.0
    """
    m = ranks.count
    sent = (m - 1) * n
    return Prediction((m - 1) * alpha + sent * (beta + gamma), m * sent, sent)


def predict_ring(
    ranks: Ranks,
    n: float,
    alpha: float,
    beta: float,
    gamma: float = 0.0,
    *,
    order: Order = 'as_given',
) -> Prediction:
    """Take 2(m-1)(alpha + n beta/m); everyone sends 2(m-1) n/m.

    Examples
    --------
    >>> round(predict_ring(Ranks(8), 100e6, 100e-6, 8e-10).seconds, 9)
    0.1414
    """
    del order  # where nothing contends, all orders cost the same
    return predict_direct(ranks, n, alpha, beta, gamma)


def predict_direct(
    ranks: Ranks, n: float, alpha: float, beta: float, gamma: float = 0.0
) -> Prediction:
    """Take 2(m-1)(alpha + n beta/m); everyone sends 2(m-1) n/m.

    Examples
    --------
    >>> predict_direct(Ranks(4), 1000.0, 1.0, 1e-3).seconds
    7.5
    """
    m = ranks.count
    sent = (m - 1) * n / m
    return Prediction(
        2 * (m - 1) * alpha + sent * (2 * beta + gamma), 2 * (m - 1) * n, 2 * (m - 1) * n / m
    )


def predict_butterfly(
    ranks: Ranks, n: float, alpha: float, beta: float, gamma: float = 0.0
) -> Prediction:
    """Take k (alpha + n beta) for m = 2^k, two steps more for other m.

    Examples
    --------
    >>> round(predict_butterfly(Ranks(64), 100e6, 100e-6, 8e-10).seconds, 9)
    0.4806
    """
    k, power, extra = _powers(ranks.count)
    steps = k + 2 * extra
    seconds = steps * (alpha + n * beta) + (k + extra) * n * gamma
    total = power * k * n + 2 * (ranks.count - power) * n
    return Prediction(seconds, total, (k + extra) * n)


def predict_halving_doubling(
    ranks: Ranks, n: float, alpha: float, beta: float, gamma: float = 0.0
) -> Prediction:
    """Take 2k alpha + 2 (m-1)/m n beta for m = 2^k; for other m 2 (alpha + n beta) more.

    Examples
    --------
    >>> predict_halving_doubling(Ranks(4), 1000.0, 1.0, 1e-3).seconds
    5.5
    """
    k, power, extra = _powers(ranks.count)
    sent = (power - 1) / power * n
    seconds = 2 * (k + extra) * alpha + (sent + extra * n) * (2 * beta + gamma)
    return Prediction(seconds, 2 * (ranks.count - 1) * n, 2 * sent + extra * n)


def predict_torus_2d(
    ranks: Ranks,
    n: float,
    alpha: float,
    beta: float,
    gamma: float = 0.0,
    *,
    rows: int | None = None,
) -> Prediction:
    """Take 2(r-1 + c-1) alpha + 2 (m-1)/m n beta; everyone sends 2(m-1) n/m.

    Examples
    --------
    >>> predict_torus_2d(Ranks(16), 1600.0, 1.0, 1e-3).seconds
    15.0
    """
    m = ranks.count
    r = grid_rows(m, rows)
    sent = (m - 1) / m * n
    seconds = 2 * (r + m // r - 2) * alpha + sent * (2 * beta + gamma)
    return Prediction(seconds, 2 * (m - 1) * n, 2 * sent)


def predict_reduce_scatter(
    ranks: Ranks,
    n: float,
    alpha: float,
    beta: float,
    gamma: float = 0.0,
    *,
    algorithm: Algorithm = 'ring',
    order: Order = 'as_given',
) -> Prediction:
    """Take (m-1)(alpha + n beta/m), or ceil(log2 m) alpha + (m-1)/m n beta for `bruck`.

    Examples
    --------
    >>> predict_reduce_scatter(Ranks(8), 800.0, 1.0, 1e-2, algorithm='bruck').seconds
    10.0
    """
    del order  # where nothing contends, all orders cost the same
    m = ranks.count
    sent = (m - 1) * n / m
    steps = (m - 1).bit_length() if algorithm == 'bruck' else m - 1
    return Prediction(steps * alpha + sent * (beta + gamma), (m - 1) * n, sent)


def predict_all_gather(
    ranks: Ranks,
    n: float,
    alpha: float,
    beta: float,
    gamma: float = 0.0,
    *,
    algorithm: Algorithm = 'ring',
    order: Order = 'as_given',
) -> Prediction:
    """Take (m-1)(alpha + n beta/m), or ceil(log2 m) alpha + (m-1)/m n beta for `bruck`.

    Examples
    --------
    >>> predict_all_gather(Ranks(8), 800.0, 1.0, 1e-2).seconds
    14.0
    """
    del gamma  # nothing is reduced
    return predict_reduce_scatter(ranks, n, alpha, beta, algorithm=algorithm, order=order)


def _powers(m: int) -> tuple[int, int, int]:
    """Return k = floor(log2 m), 2^k, and 1 if ranks are left over, else 0."""
    k = m.bit_length() - 1
    return k, 1 << k, int(m > 1 << k)
