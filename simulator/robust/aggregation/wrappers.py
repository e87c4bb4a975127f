"""Rules that prepare the vectors for another rule, chosen inside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt

from simulator.catalogue import Choice
from simulator.robust.aggregation.catalogue import RULES
from simulator.robust.aggregation.distances import squared_distances
from simulator.robust.aggregation.mean import combined
from simulator.robust.aggregation.rule import Context, Needs, Promises
from simulator.robust.aggregation.use import aggregate
from simulator.robust.aggregation.wrapper import wrapper
from simulator.robust.arrays import Vector, Vectors

__all__ = ['adaptive_clipping', 'bucketing', 'clipping', 'nearest_neighbour_mixing']


@wrapper(needs=Needs(2, 1), flops=lambda n, d, **_: 3.0 * n * n * d)
def nearest_neighbour_mixing(
    vectors: Vectors,
    context: Context,
    *,
    f: Annotated[int, Ge(0)],
    rule: Annotated[Choice, RULES],
) -> Vector:
    """Replace each vector by the mean of the n - f nearest to it, itself among them.

    Mixing brings honest vectors together, so that rules which suffer from unlike data, such as
    the median, hold again.

    Parameters
    ----------
    vectors : array, shape (n, d)
    context : Context
    f : int
        Byzantine vectors to survive; needs n >= 2f + 1.
    rule : aggregation rule
        Aggregates the mixed vectors; it is told an f of its own.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Allouah et al., "Fixing by Mixing: A Recipe for Optimal Byzantine ML under
       Heterogeneity", AISTATS 2023.

    Examples
    --------
    >>> median = RULES.choice('median')
    >>> nearest_neighbour_mixing(np.array([[0.0], [2.0], [5.0], [99.0]]), f=1, rule=median)
    array([2.33333333])
    """
    return aggregate(rule, mixed(vectors, f), replace(context, samples=None))


def mixed(vectors: Vectors, f: int) -> Vectors:
    """Return the mean of the n - f vectors nearest to each, shape (n, d).

    Examples
    --------
    >>> mixed(np.array([[0.0], [2.0], [5.0]]), 1)
    array([[1. ],
           [1. ],
           [3.5]])
    """
    distances = squared_distances(vectors)
    np.fill_diagonal(distances, -1.0)  # itself before its equals
    keep = len(vectors) - f
    nearest = np.argsort(distances, axis=1, kind='stable')[:, :keep]
    weights = np.zeros_like(distances)
    np.put_along_axis(weights, nearest, 1 / keep, axis=1)
    return combined(weights, vectors)


def _buckets(n: int, *, size: int, **_: Any) -> int:
    return -(-n // size)


@wrapper(
    flops=lambda n, d, **_: float(n * d),
    promises=Promises(permutation_invariant=False),
    passes=_buckets,
)
def bucketing(
    vectors: Vectors,
    context: Context,
    *,
    size: Annotated[int, Ge(1)] = 2,
    rule: Annotated[Choice, RULES],
) -> Vector:
    """Average vectors in buckets of a few, drawn anew each time, and aggregate the buckets.

    The n vectors make ceil(n / size) buckets, of which f liars spoil at most f: the rule inside
    is told the number of liars, and has to survive it among the buckets.

    Parameters
    ----------
    vectors : array, shape (n, d)
    context : Context
        Draws who shares a bucket.
    size : int
        Vectors in a bucket; the last one may hold fewer.
    rule : aggregation rule
        Aggregates the buckets.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Karimireddy, He & Jaggi, "Byzantine-Robust Learning on Heterogeneous Datasets via
       Bucketing", ICLR 2022.

    Examples
    --------
    >>> here = Context(rng=np.random.default_rng(0))
    >>> mean = RULES.choice('mean')
    >>> bucketing(np.array([[0.0], [2.0], [4.0], [6.0]]), here, size=2, rule=mean)
    array([3.])
    """
    n = len(vectors)
    bucket = np.empty(n, np.intp)
    bucket[context.draws('bucketing').permutation(n)] = np.arange(n) // size
    weights = (bucket == np.arange(_buckets(n, size=size))[:, None]).astype(np.float64)
    means = combined(weights / weights.sum(axis=1, keepdims=True), vectors)
    return aggregate(rule, means, replace(context, samples=None))


@wrapper(
    flops=lambda n, d, **_: 3.0 * n * d,
    promises=Promises(
        translation_equivariant=False,
        scale_equivariant=False,
        returns_unanimous=False,
        weighted_by_samples=True,
    ),
)
def clipping(
    vectors: Vectors,
    context: Context,
    *,
    radius: Annotated[float, Gt(0)],
    rule: Annotated[Choice, RULES],
) -> Vector:
    """Shorten each vector to a radius, where it is longer, and aggregate.

    Parameters
    ----------
    vectors : array, shape (n, d)
    context : Context
    radius : float
        The longest norm that passes.
    rule : aggregation rule
        Aggregates the clipped vectors.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks",
       ICML 2013.

    Examples
    --------
    >>> clipping(np.array([[3.0, 4.0], [0.0, 0.0]]), radius=1.0, rule=RULES.choice('mean'))
    array([0.3, 0.4])
    """
    return aggregate(rule, _clipped(vectors, _norms(vectors), radius), context)


@wrapper(
    needs=Needs(2, 1),
    flops=lambda n, d, **_: 3.0 * n * d,
    promises=Promises(translation_equivariant=False),
)
def adaptive_clipping(
    vectors: Vectors,
    context: Context,
    *,
    f: Annotated[int, Ge(0)],
    rule: Annotated[Choice, RULES],
) -> Vector:
    """Shorten the longest vectors to the length of the next, and aggregate.

    The floor(2 (f/n) (n - f)) longest are clipped to the norm of the one that follows them
    (adaptive robust clipping, ARC).

    Parameters
    ----------
    vectors : array, shape (n, d)
    context : Context
    f : int
        Byzantine vectors to survive; needs n >= 2f + 1.
    rule : aggregation rule
        Aggregates the clipped vectors.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Allouah et al., "Adaptive Gradient Clipping for Robust Federated Learning", ICLR 2025.

    Examples
    --------
    >>> mean = RULES.choice('mean')
    >>> adaptive_clipping(np.array([[1.0], [2.0], [3.0], [99.0]]), f=1, rule=mean)
    array([2.25])
    """
    n, norms = len(vectors), _norms(vectors)
    radius = float(np.sort(norms)[::-1][2 * f * (n - f) // n])
    return aggregate(rule, _clipped(vectors, norms, radius), replace(context, samples=None))


def _norms(vectors: Vectors) -> Vector:
    return np.asarray(np.sqrt(np.einsum('ij,ij->i', vectors, vectors)))


def _clipped(vectors: Vectors, norms: Vector, radius: float) -> Vectors:
    shares = np.where(norms > radius, radius / np.where(norms > 0, norms, 1), 1)
    return np.asarray(vectors * shares[:, None].astype(vectors.dtype))
