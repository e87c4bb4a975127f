"""How a peer makes one model of its own and those received, when some of the senders may lie.

Entries take ``(own, received, weights)``. Where models are missing in a round, fewer can be set
aside: as many as half of those that are there. A model that is no finite vector counts as zeros.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt

from simulator.catalogue import Choice
from simulator.learning.arrays import Floats
from simulator.robust.aggregation import RULES, Context, aggregate, cleaned, flops
from simulator.robust.aggregation import median as median_rule
from simulator.robust.aggregation import monna as nearest_rule
from simulator.robust.aggregation import problems as problems_of_rule
from simulator.robust.aggregation import trimmed_mean as trimmed_rule

__all__ = ['FLOPS', 'PROBLEMS', 'ROBUST']

Weights = Sequence[float]


def median(own: Floats, received: Sequence[Floats], weights: Weights) -> Floats:
    """Take the median of each coordinate of all models; the weights do not matter.

    Parameters
    ----------
    own : array, shape (d,)
    received : sequence of array, shape (d,)
    weights : sequence of float

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Yang & Bajwa, "ByRDiE: Byzantine-Resilient Distributed Coordinate Descent for
       Decentralized Learning", IEEE TSIPN 5(4), 2019 (coordinate-wise screening of neighbours).

    Examples
    --------
    >>> median(np.array([1.0]), [np.array([2.0]), np.array([99.0])], [0.3, 0.3])
    array([2.])
    """
    return np.asarray(median_rule(_all(own, received)))


def trimmed_mean(
    own: Floats, received: Sequence[Floats], weights: Weights, *, f: Annotated[int, Ge(0)]
) -> Floats:
    """Average each coordinate of all models without its f largest and its f smallest values.

    Parameters
    ----------
    own : array, shape (d,)
    received : sequence of array, shape (d,)
    weights : sequence of float
    f : int
        Byzantine neighbours to survive; a peer needs n >= 2f + 1 models, its own among them.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Fang, Yang & Bajwa, "BRIDGE: Byzantine-Resilient Decentralized Gradient Descent", IEEE
       TSIPN 8, 2022 (BRIDGE-T).

    Examples
    --------
    >>> others = [np.array([2.0]), np.array([99.0]), np.array([3.0]), np.array([-9.0])]
    >>> trimmed_mean(np.array([1.0]), others, [0.2] * 4, f=1)
    array([2.])
    """
    models = _all(own, received)
    return np.asarray(trimmed_rule(models, f=min(f, (len(models) - 1) // 2)))


def nearest_neighbour_averaging(
    own: Floats, received: Sequence[Floats], weights: Weights, *, f: Annotated[int, Ge(0)]
) -> Floats:
    """Average one's own model and those nearest to it, all but the f farthest ones.

    Parameters
    ----------
    own : array, shape (d,)
    received : sequence of array, shape (d,)
    weights : sequence of float
    f : int
        Byzantine neighbours to survive; a peer needs n >= 2f + 1 models, its own among them.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Farhadkhani et al., "Robust Collaborative Learning with Linear Gradient Overhead", ICML
       2023 (NNA, in MoNNA).

    Examples
    --------
    >>> others = [np.array([2.0]), np.array([99.0]), np.array([3.0])]
    >>> nearest_neighbour_averaging(np.array([1.0]), others, [0.2] * 3, f=1)
    array([2.])
    """
    models = _all(own, received)
    return np.asarray(nearest_rule(models, f=min(f, (len(models) - 1) // 2), trusted=0))


def self_centred_clipping(
    own: Floats,
    received: Sequence[Floats],
    weights: Weights,
    *,
    radius: Annotated[float, Gt(0)] | None = None,
    f: Annotated[int, Ge(1)] = 1,
) -> Floats:
    """Move towards each neighbour by its weight, but never by more than a radius.

    x <- x + sum_j W_ij (x_j - x) min(1, radius / |x_j - x|). The radius is given, or each peer
    works it out anew each round, from the neighbours that are not the f farthest: its square is
    their weighted squared distances over the weight of the f.

    Parameters
    ----------
    own : array, shape (d,)
    received : sequence of array, shape (d,)
    weights : sequence of float
    radius : float, optional
        tau: how far one neighbour may pull, before its weight.
    f : int
        Byzantine neighbours that the radius is worked out for, where it is not given.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] He, Karimireddy & Jaggi, "Byzantine-Robust Decentralized Learning via ClippedGossip",
       arXiv:2202.01545, 2022.

    Examples
    --------
    >>> others, weights = [np.array([2.0]), np.array([99.0])], [0.25, 0.25]
    >>> self_centred_clipping(np.array([1.0]), others, weights, radius=2.0)
    array([1.75])
    >>> self_centred_clipping(np.array([1.0]), others, weights)
    array([1.5])
    """
    if not received:
        return own
    away = _all(own, received)[1:] - own
    lengths = np.sqrt(np.einsum('nd,nd->n', away, away, dtype=np.float64))
    shares = np.asarray(weights, np.float64)
    limit = _radius(lengths, shares, f) if radius is None else radius
    shares = shares * np.minimum(1.0, limit / np.maximum(lengths, 1e-300))
    return np.asarray(own + shares.astype(own.dtype) @ away)


def _radius(lengths: Floats, weights: Floats, f: int) -> float:
    """Return the radius of the paper's rule: no liar pulls farther than the others spread."""
    order = np.argsort(lengths, kind='stable')
    near, far = order[: max(0, len(order) - f)], order[max(0, len(order) - f) :]
    spread = float(weights[near] @ lengths[near] ** 2)
    return float(np.sqrt(spread / weights[far].sum())) if weights[far].sum() > 0 else np.inf


def by_rule(
    own: Floats,
    received: Sequence[Floats],
    weights: Weights,
    *,
    rule: Annotated[Choice, RULES],
) -> Floats:
    """Aggregate all models by a rule of parameter servers; the weights do not matter.

    Parameters
    ----------
    own : array, shape (d,)
    received : sequence of array, shape (d,)
    weights : sequence of float
    rule : aggregation rule
        One that draws nothing; what it remembers from round to round is the peer's own model.

    Returns
    -------
    array, shape (d,)
        With no model received, one's own.

    References
    ----------
    .. [1] El-Mhamdi et al., "Collaborative Learning in the Jungle (Decentralized, Byzantine,
       Heterogeneous, Asynchronous and Nonconvex Learning)", NeurIPS 2021.

    Examples
    --------
    >>> others = [np.array([1.1]), np.array([0.9]), np.array([1.0]), np.array([99.0])]
    >>> by_rule(np.array([1.0]), others, [0.2] * 4, rule=RULES.read({'krum': {'f': 1}}))
    array([1.])
    """
    models = _all(own, received)
    if any(problems_of_rule(rule, len(models))):  # too many are missing
        return own
    return aggregate(rule, models, Context(previous=own))


def _all(own: Floats, received: Sequence[Floats]) -> Floats:
    """Return all models (n, d), one's own first; what is no finite vector counts as zeros."""
    return cleaned([own, *received])


def sorting_flops(n: int, d: int, **_: Any) -> float:
    """Return what sorting each coordinate of n models costs: n log2 n comparisons."""
    return float(n * d * max(1.0, np.log2(n)))


def distance_flops(n: int, d: int, **_: Any) -> float:
    """Return what a distance and a weighted sum of n models cost."""
    return 5.0 * n * d


def _rule_flops(n: int, d: int, *, rule: Choice) -> float:
    return flops(rule, n, d)


def _majority(n: int, *, f: int) -> Iterator[str]:
    if n < 2 * f + 1:
        yield f'needs n >= 2f + 1 models, its own among them: n={n}, f={f}'


def _three(n: int) -> Iterator[str]:
    if n < 3:
        yield f'is the mean where there are n={n} models, its own among them; it needs n >= 3'


def _of_rule(n: int, *, rule: Choice) -> Iterator[str]:
    inside = rule.options.get('rule')
    for each in (rule, inside):
        if isinstance(each, Choice) and each.name in DRAWING:
            yield f'takes no rule that draws, as {each.name} does'
    yield from problems_of_rule(rule, n)


DRAWING = frozenset({'bucketing', 'dnc'})
"""Rules that need a generator, which peers do not hand over."""

ROBUST: dict[str, Any] = {
    'median': median,
    'trimmed_mean': trimmed_mean,
    'nearest_neighbour_averaging': nearest_neighbour_averaging,
    'self_centred_clipping': self_centred_clipping,
    'by_rule': by_rule,
}

FLOPS: dict[str, Any] = {
    'median': sorting_flops,
    'trimmed_mean': sorting_flops,
    'nearest_neighbour_averaging': distance_flops,
    'self_centred_clipping': distance_flops,
    'by_rule': _rule_flops,
}

PROBLEMS: dict[str, Any] = {
    'median': _three,
    'trimmed_mean': _majority,
    'nearest_neighbour_averaging': _majority,
    'by_rule': _of_rule,
}
"""``(n, **options)``: say what does not fit n models, a peer's own among them."""
