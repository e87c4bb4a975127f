"""Centered clipping: from the last aggregate towards each vector, never far."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt

from simulator.robust.aggregation.coordinatewise import median
from simulator.robust.aggregation.distances import distances_to
from simulator.robust.aggregation.mean import combined
from simulator.robust.aggregation.rule import Context, Needs, Promises, rule
from simulator.robust.arrays import Vector, Vectors

__all__ = ['centered_clipping']


def _flops(n: int, d: int, *, iterations: int = 1, **_: Any) -> float:
    """Return what a distance and a weighted sum cost an iteration."""
    return float(5 * n * d * iterations)


@rule(
    needs=Needs(2, 1),
    flops=_flops,
    promises=Promises(scale_equivariant=False, returns_unanimous=False),
)
def centered_clipping(
    vectors: Vectors,
    context: Context,
    *,
    radius: Annotated[float, Gt(0)] = 10.0,
    iterations: Annotated[int, Ge(1)] = 1,
) -> Vector:
    """Move from the last aggregate by the mean of the differences, each clipped to a radius.

    v <- v + (1/n) sum_i (G_i - v) min(1, radius / |G_i - v|). It starts at what it returned last
    (its only state: the context's `previous`), and the first time at the coordinate-wise median.
    In gossip, with the node's own model as `previous`, it is self-centred clipping.

    Parameters
    ----------
    vectors : array, shape (n, d)
    context : Context
    radius : float
        How far one vector may pull; the paper's tau.
    iterations : int
        Steps, each from where the one before has led.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Karimireddy, He & Jaggi, "Learning from History for Byzantine Robust Optimization",
       ICML 2021.
    .. [2] He, Karimireddy & Jaggi, "Byzantine-Robust Decentralized Learning via ClippedGossip",
       arXiv:2202.01545, 2022.

    Examples
    --------
    >>> here = Context(previous=np.zeros(2))
    >>> centered_clipping(np.array([[3.0, 4.0], [0.0, 0.0]]), here, radius=1.0)
    array([0.3, 0.4])
    """
    centre = median(vectors) if context.previous is None else context.previous
    for _ in range(iterations):
        shares = radius / np.maximum(distances_to(vectors, centre), radius) / len(vectors)
        step = combined(shares, vectors)
        centre = vectors.dtype.type(1 - shares.sum()) * centre + step
    return centre
