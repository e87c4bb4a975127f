"""The average: the best there is among the honest, and at the mercy of one liar."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.robust.aggregation.rule import Context, Promises, rule
from simulator.robust.arrays import Indices, Vector, Vectors

__all__ = ['average', 'mean', 'mean_flops']


def mean_flops(n: int, d: int, **_: Any) -> float:
    """Return what averaging n vectors of d entries costs: n - 1 additions, one division each."""
    return float(n * d)


@rule(
    needs=None,
    flops=mean_flops,
    promises=Promises(weighted_by_samples=True),
    as_received=True,
)
def mean(vectors: Vectors, context: Context) -> Vector:
    """Average the vectors; one Byzantine vector among them can move it anywhere.

    It averages what it gets: a nan among the vectors is a nan in the mean.

    Parameters
    ----------
    vectors : array, shape (n, d)
    context : Context
        Its samples, where given, are the weights.

    Returns
    -------
    array, shape (d,)
        Of the dtype of *vectors*.

    References
    ----------
    .. [1] Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient
       Descent", NeurIPS 2017 (lemma 1: no linear rule tolerates a single Byzantine worker).

    Examples
    --------
    >>> mean(np.array([[1.0, 2.0], [3.0, 6.0]]))
    array([2., 4.])
    >>> mean(np.array([[1.0], [5.0]]), Context(samples=np.array([3, 1])))
    array([2.])
    """
    if context.samples is None:
        return np.asarray(vectors.mean(axis=0))
    weights = np.asarray(context.samples, np.float64)
    return combined(weights / weights.sum(), vectors)


def combined(weights: Vector, vectors: Vectors) -> Vectors:
    """Return *weights* @ *vectors* in the dtype of the vectors; weights (n,) or (m, n)."""
    return np.asarray(weights.astype(vectors.dtype) @ vectors)


def average(vectors: Vectors, chosen: Indices) -> Vector:
    """Return the mean of the chosen rows, without a copy of them.

    Examples
    --------
    >>> average(np.array([[1.0, 2.0], [8.0, 8.0], [3.0, 6.0]]), np.array([0, 2]))
    array([2., 4.])
    """
    weights = np.zeros(len(vectors))
    weights[chosen] = 1 / len(chosen)
    return combined(weights, vectors)
