"""Predictions along trees: bytes in closed form, times as the longest chain of transfers.

Context and options are those of `simulator.collectives.predict`.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.collectives.counted import traffic
from simulator.collectives.critical import critical_path
from simulator.collectives.double_tree import double_binary_tree
from simulator.collectives.hierarchy import Outer, hierarchical, members_of_groups
from simulator.collectives.predict import (
    Prediction,
    predict_all_to_all,
    predict_butterfly,
    predict_direct,
    predict_halving_doubling,
    predict_master_worker,
    predict_ring,
)
from simulator.collectives.ranks import Ranks
from simulator.collectives.schedule import Schedule
from simulator.collectives.single_tree import broadcast, reduce, tree
from simulator.collectives.trees import Shape

__all__ = [
    'predict_broadcast',
    'predict_double_binary_tree',
    'predict_hierarchical',
    'predict_reduce',
    'predict_tree',
]


def predict_tree(
    ranks: Ranks,
    n: float,
    alpha: float,
    beta: float,
    gamma: float = 0.0,
    *,
    shape: Shape = 'binomial',
    segments: int = 1,
    overlap: bool = False,
    root: int = 0,
) -> Prediction:
    """Take 2 ceil(log2 m)(alpha + n beta) for the plain binomial tree; 2(m-1) n bytes in all.

    A chain in s segments takes 2(m + s - 2)(alpha + n beta/s).

    Examples
    --------
    >>> predict_tree(Ranks(6), 1000.0, 1.0, 1e-3).seconds
    12.0
    >>> round(predict_tree(Ranks(6), 1000.0, 1.0, 1e-3, shape='chain', segments=10).seconds, 9)
    30.8
    """
    schedule = tree(ranks, shape=shape, segments=segments, overlap=overlap, root=root)
    seconds = critical_path(schedule, n / schedule.chunks, alpha, beta, gamma)
    others = ranks.count - 1
    if shape == 'flat' and others and not (overlap and segments > 1):
        seconds = 2 * segments * alpha + others * n * (2 * beta + gamma)
    return Prediction(seconds, 2 * others * n, _most_sent(schedule, n))


def predict_reduce(
    ranks: Ranks,
    n: float,
    alpha: float,
    beta: float,
    gamma: float = 0.0,
    *,
    shape: Shape = 'binomial',
    segments: int = 1,
    root: int = 0,
) -> Prediction:
    """Take ceil(log2 m)(alpha + n beta) for the plain binomial tree; (m-1) n bytes in all.

    Examples
    --------
    >>> predict_reduce(Ranks(6), 1000.0, 1.0, 1e-3).seconds
    6.0
    """
    schedule = reduce(ranks, shape=shape, segments=segments, root=root)
    seconds = critical_path(schedule, n / schedule.chunks, alpha, beta, gamma)
    others = ranks.count - 1
    if shape == 'flat' and others:
        seconds = segments * alpha + others * n * (beta + gamma)
    return Prediction(seconds, others * n, _most_sent(schedule, n))


def predict_broadcast(
    ranks: Ranks,
    n: float,
    alpha: float,
    beta: float,
    gamma: float = 0.0,
    *,
    shape: Shape = 'binomial',
    segments: int = 1,
    root: int = 0,
) -> Prediction:
    """Take ceil(log2 m)(alpha + n beta) for the plain binomial tree; (m-1) n bytes in all.

    Examples
    --------
    >>> predict_broadcast(Ranks(6), 1000.0, 1.0, 1e-3, shape='chain', segments=1).seconds
    10.0
    """
    del gamma  # nothing is reduced
    schedule = broadcast(ranks, shape=shape, segments=segments, root=root)
    seconds = critical_path(schedule, n / schedule.chunks, alpha, beta)
    others = ranks.count - 1
    if shape == 'flat' and others:
        seconds = segments * alpha + others * n * beta
    return Prediction(seconds, others * n, _most_sent(schedule, n))


def predict_double_binary_tree(
    ranks: Ranks,
    n: float,
    alpha: float,
    beta: float,
    gamma: float = 0.0,
    *,
    segments: int = 32,
    overlap: bool = False,
) -> Prediction:
    """Take about 4 log2(m) alpha + 2 n beta + O(sqrt(n alpha beta log m)) with fitting segments.

    The time given is the exact one of these trees; with *overlap* there is none.

    Examples
    --------
    >>> predict_double_binary_tree(Ranks(64), 100e6, 100e-6, 8e-10, segments=50).total_bytes
    12600000000.0
    """
    schedule = double_binary_tree(ranks, segments=segments, overlap=overlap)
    seconds = critical_path(schedule, n / schedule.chunks, alpha, beta, gamma)
    return Prediction(seconds, 2 * (ranks.count - 1) * n, _most_sent(schedule, n))


def predict_hierarchical(
    ranks: Ranks,
    n: float,
    alpha: float,
    beta: float,
    gamma: float = 0.0,
    *,
    size: int | None = None,
    inner: Shape = 'binomial',
    outer: Outer = 'ring',
    segments: int = 1,
) -> Prediction:
    """Take the sum of the phases: reduce in a group, all-reduce over leaders, broadcast.

    Where ports are shared within a step and groups are not equal, there is no closed form.

    Examples
    --------
    >>> predict_hierarchical(Ranks(8), 1000.0, 1.0, 1e-3, size=4).seconds
    11.0
    """
    schedule = hierarchical(ranks, size=size, inner=inner, outer=outer, segments=segments)
    seconds = critical_path(schedule, n / schedule.chunks, alpha, beta, gamma)
    groups = members_of_groups(ranks, size)
    group, leaders = Ranks(len(groups[0])), Ranks(len(groups))
    phases = [
        predict_reduce(group, n, alpha, beta, gamma, shape=inner, segments=segments),
        _OUTER[outer](leaders, n, alpha, beta, gamma),
        predict_broadcast(group, n, alpha, beta, shape=inner, segments=segments),
    ]
    if seconds is None and len({len(members) for members in groups}) == 1:
        times = [phase.seconds for phase in phases if phase.seconds is not None]
        seconds = sum(times) if len(times) == len(phases) else None
    total = 2 * (ranks.count - len(groups)) * n + phases[1].total_bytes
    return Prediction(seconds, total, _most_sent(schedule, n))


def _most_sent(schedule: Schedule, n: float) -> float:
    return float(traffic(schedule, n / schedule.chunks).sent.max())


_OUTER: dict[str, Callable[..., Prediction]] = {
    'all_to_all': predict_all_to_all,
    'butterfly': predict_butterfly,
    'direct': predict_direct,
    'double_binary_tree': predict_double_binary_tree,
    'halving_doubling': predict_halving_doubling,
    'master_worker': predict_master_worker,
    'ring': predict_ring,
    'tree': predict_tree,
}
