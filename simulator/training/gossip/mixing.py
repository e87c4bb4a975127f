"""How a peer makes one model of its own and those it has received: one replaceable function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulator.catalogue import Catalogue
from simulator.learning.arrays import Floats
from simulator.training.gossip.robust_mixing import FLOPS, PROBLEMS, ROBUST

__all__ = ['MIXES', 'weighted', 'weighted_flops']

FEW = 4  # vectors that are added up faster one by one than as a matrix


def weighted_flops(n: int, d: int, **_: Any) -> float:
    """Return what mixing n models of d parameters costs: a multiplication and an addition each."""
    return 2.0 * n * d


def weighted(own: Floats, received: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Add the models up, each with its weight; one's own takes what is left of 1.

    Parameters
    ----------
    own : array, shape (d,)
    received : sequence of array, shape (d,)
        What other peers sent.
    weights : sequence of float
        One for each of *received*.

    Returns
    -------
    array, shape (d,)
        With no model received, one's own.

    References
    ----------
    .. [1] Xiao & Boyd, "Fast linear iterations for distributed averaging", Systems & Control
       Letters 53, 2004.

    Examples
    --------
    >>> weighted(np.array([1.0, 2.0]), [np.array([3.0, 4.0])], [0.5])
    array([2., 3.])
    """
    if not received:
        return own
    rest = own.dtype.type(1.0 - sum(weights))
    if len(received) > FEW:
        return np.asarray(rest * own + np.asarray(weights, own.dtype) @ np.stack(received))
    mixed = rest * own
    for model, weight in zip(received, weights, strict=True):
        mixed += own.dtype.type(weight) * model
    return mixed


MIXES = Catalogue(
    'gossip aggregation',
    {'weighted': weighted, **ROBUST},
    flops={'weighted': weighted_flops, **FLOPS},
    problems=PROBLEMS,
)
"""Entries take ``(own, received, weights)``; a robust one may pay no heed to the weights."""
