"""Rules that look at each coordinate on its own."""

from __future__ import annotations

from functools import reduce
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from simulator.robust.aggregation.constants import (
    mean_around_median_constant,
    median_constant,
    trimmed_mean_constant,
)
from simulator.robust.aggregation.ordering import UNWANTED, Rows, by_rank
from simulator.robust.aggregation.rule import Needs, Promises, rule
from simulator.robust.arrays import Vector, Vectors

__all__ = ['mean_around_median', 'median', 'near_median', 'sign_majority', 'trimmed_mean']

MAJORITY = Needs(2, 1)


def sorting_flops(n: int, d: int, **_: Any) -> float:
    """Return what sorting n values costs in each of d coordinates: n log2 n comparisons."""
    return float(n * d * max(1.0, np.log2(n)))


@rule(needs=MAJORITY, flops=sorting_flops, constant=median_constant)
def median(vectors: Vectors) -> Vector:
    """Take the median of each coordinate; for even n, the mean of the two in the middle.

    Parameters
    ----------
    vectors : array, shape (n, d)

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Yin et al., "Byzantine-Robust Distributed Learning: Towards Optimal Statistical
       Rates", ICML 2018.

    Examples
    --------
    >>> median(np.array([[1.0, 9.0], [2.0, -9.0], [99.0, 5.0]]))
    array([2., 5.])
    """
    return _middle_mean(vectors, (len(vectors) - 1) // 2)


@rule(needs=MAJORITY, flops=sorting_flops, constant=trimmed_mean_constant)
def trimmed_mean(vectors: Vectors, *, f: Annotated[int, Ge(0)]) -> Vector:
    """Average each coordinate without its f largest and its f smallest values.

    Parameters
    ----------
    vectors : array, shape (n, d)
    f : int
        Byzantine vectors to survive; needs n >= 2f + 1.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Yin et al., "Byzantine-Robust Distributed Learning: Towards Optimal Statistical
       Rates", ICML 2018.

    Examples
    --------
    >>> trimmed_mean(np.array([[1.0], [2.0], [4.0], [99.0]]), f=1)
    array([3.])
    """
    return _middle_mean(vectors, f)


@rule(needs=MAJORITY, flops=sorting_flops, constant=mean_around_median_constant)
def mean_around_median(vectors: Vectors, *, f: Annotated[int, Ge(0)]) -> Vector:
    """Average, in each coordinate, the n - f values closest to its median.

    Of two values equally far from the median the smaller one is taken.

    Parameters
    ----------
    vectors : array, shape (n, d)
    f : int
        Byzantine vectors to survive; needs n >= 2f + 1.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Xie, Koyejo & Gupta, "Generalized Byzantine-tolerant SGD", arXiv:1802.10116, 2018.

    Examples
    --------
    >>> mean_around_median(np.array([[1.0], [3.0], [4.0], [99.0], [5.0]]), f=2)
    array([4.])
    """
    return near_median(vectors, len(vectors) - f)


@rule(
    needs=MAJORITY,
    flops=lambda n, d: float(2 * n * d),
    promises=Promises(
        translation_equivariant=False, scale_equivariant=False, returns_unanimous=False
    ),
)
def sign_majority(vectors: Vectors) -> Vector:
    """Let the vectors vote on the sign of each coordinate: the result is -1, 0 (a tie) or 1.

    A zero abstains. The learning rate alone decides the length of a step.

    Parameters
    ----------
    vectors : array, shape (n, d)

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Bernstein et al., "signSGD with Majority Vote is Communication Efficient and Fault
       Tolerant", ICLR 2019.

    Examples
    --------
    >>> sign_majority(np.array([[0.1, -2.0, 3.0], [9.0, -1.0, -0.1], [-5.0, -7.0, 0.0]]))
    array([ 1., -1.,  0.])
    """
    return np.asarray(np.sign(np.sign(vectors).sum(axis=0)))


def near_median(vectors: Vectors, keep: int) -> Vector:
    """Return, in each coordinate, the mean of the *keep* values closest to the median of all.

    Examples
    --------
    >>> near_median(np.array([[0.0], [4.0], [5.0], [7.0], [9.0]]), keep=2)
    array([4.5])
    """
    return by_rank(vectors, lambda rows: _closest_mean(rows, keep))


def _closest_mean(rows: Rows, keep: int) -> Vector:
    n = len(rows)
    middle = (rows[(n - 1) // 2] + rows[n // 2]) / 2
    # the closest values stand in a row: just one of ranks r, r + keep, r + 2 keep, ... each
    closest = rows[:keep]
    for rank in range(keep, n):
        one, other = closest[rank % keep], rows[rank]
        closest[rank % keep] = np.where(middle - one <= other - middle, one, other)
    return _mean(closest)


def _middle_mean(vectors: Vectors, trim: int) -> Vector:
    n = len(vectors)
    middle = n - 2 * trim
    groups = (UNWANTED,) * trim + (0,) * middle + (UNWANTED,) * trim
    return by_rank(vectors, lambda rows: _mean(rows[trim : n - trim]), groups)


def _mean(rows: Rows) -> Vector:
    return rows[0] if len(rows) == 1 else np.asarray(reduce(np.add, rows) / len(rows))
