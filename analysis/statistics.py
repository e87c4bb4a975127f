"""Mean, spread and sureness over seeds.

Seeds are repetitions, and their streams of random numbers are common to all variants: seed 3
makes the same workers slow in every one. So variants are compared seed by seed (paired), which
takes the luck of a seed out of the comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    'FEW',
    'Comparison',
    'Estimate',
    'bootstrap_interval',
    'estimate',
    'paired_difference',
    'paired_ratio',
]

FEW = 5
"""Below this number of seeds a bootstrap interval is narrower than it should be."""

Floats = NDArray[np.float64]


class Estimate(NamedTuple):
    """A figure over seeds: its mean, its spread and how many seeds it rests on.

    Attributes
    ----------
    mean : float
        NaN where there is no value.
    deviation : float
        Sample standard deviation; NaN with fewer than two seeds.
    low, high : float
        Least and greatest value.
    seeds : int
        How many values there were.
    """

    mean: float
    deviation: float
    low: float
    high: float
    seeds: int


class Comparison(NamedTuple):
    """One figure of two variants, compared seed by seed.

    Attributes
    ----------
    value : float
        Mean difference, or geometric mean of the ratios.
    low, high : float
        Ends of the interval; NaN with fewer than two seeds in common.
    seeds : int
        Seeds in common.
    neutral : float
        What 'no difference' would be: 0 for differences, 1 for ratios.
    """

    value: float
    low: float
    high: float
    seeds: int
    neutral: float

    @property
    def tells_apart(self) -> bool:
        """Whether the interval leaves out 'no difference': only then is there a winner."""
        return self.seeds > 1 and (self.low > self.neutral or self.high < self.neutral)


def estimate(values: ArrayLike) -> Estimate:
    """Return mean and spread of *values*, one a seed; NaNs are left out.

    Examples
    --------
    >>> estimate([1.0, 3.0])
    Estimate(mean=2.0, deviation=1.4142135623730951, low=1.0, high=3.0, seeds=2)
    >>> estimate([5.0]).deviation
    nan
    """
    array = np.asarray(values, dtype=float)
    array = array[~np.isnan(array)]
    if not len(array):
        return Estimate(np.nan, np.nan, np.nan, np.nan, 0)
    deviation = float(array.std(ddof=1)) if len(array) > 1 else np.nan
    return Estimate(
        float(array.mean()), deviation, float(array.min()), float(array.max()), len(array)
    )


def bootstrap_interval(
    values: ArrayLike, *, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the mean of *values*.

    Parameters
    ----------
    values : array, shape (n,)
        One value a seed.
    level : float
        Share of the resampled means inside the interval.
    resamples : int
        How often to draw n of the n values, with replacement.
    seed : int
        Seed of the draws, so that a report is the same each time.

    Returns
    -------
    (float, float)
        Both NaN with fewer than two values.

    References
    ----------
    .. [1] Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.

    Examples
    --------
    >>> bootstrap_interval([1.0, 1.0, 1.0])
    (1.0, 1.0)
    """
    array = np.asarray(values, dtype=float)
    if len(array) < 2:
        return np.nan, np.nan
    rng = np.random.Generator(np.random.Philox(seed))
    means = array[rng.integers(len(array), size=(resamples, len(array)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_difference(first: Mapping[int, float], second: Mapping[int, float]) -> Comparison:
    """Return by how much *first* exceeds *second*, over the seeds they share.

    Parameters
    ----------
    first, second : mapping of int to float
        The figure by seed; NaNs are left out.

    Examples
    --------
    >>> paired_difference({1: 5.0, 2: 7.0}, {1: 4.0, 2: 5.0, 3: 9.0}).value
    1.5
    """
    a, b = _common(first, second)
    return _compare(a - b, neutral=0.0)


def paired_ratio(first: Mapping[int, float], second: Mapping[int, float]) -> Comparison:
    """Return how many times *second* the *first* is, over the seeds they share.

    The mean of ratios is geometric: twice and half make 1. Figures must be positive; a seed
    with a zero or negative one is left out.

    Examples
    --------
    >>> paired_ratio({1: 4.0, 2: 1.0}, {1: 2.0, 2: 2.0}).value
    1.0
    """
    a, b = _common(first, second)
    positive = (a > 0) & (b > 0)
    logs = _compare(np.log(a[positive] / b[positive]), neutral=0.0)
    value, low, high = (float(np.exp(x)) for x in (logs.value, logs.low, logs.high))
    return Comparison(value, low, high, logs.seeds, 1.0)


def _common(first: Mapping[int, float], second: Mapping[int, float]) -> tuple[Floats, Floats]:
    pairs = [(first[seed], second[seed]) for seed in sorted(first.keys() & second.keys())]
    array = np.array(pairs, dtype=float).reshape(-1, 2)
    array = array[~np.isnan(array).any(axis=1)]
    return array[:, 0], array[:, 1]


def _compare(differences: Floats, neutral: float) -> Comparison:
    low, high = bootstrap_interval(differences)
    mean = float(differences.mean()) if len(differences) else np.nan
    return Comparison(mean, low, high, len(differences), neutral)
