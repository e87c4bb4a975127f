"""Mean, spread and sureness over seeds.

Seeds are repetitions, and their streams of random numbers are common to all variants: seed 3
makes the same workers slow in every one. So variants are compared seed by seed (paired), which
takes the luck of a seed out of the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    'FEW',
    'Comparison',
    'Estimate',
    'bootstrap_interval',
    'estimate',
    'interquartile_mean',
    'paired_difference',
    'paired_ratio',
    'probability_of_improvement',
]

FEW = 5
"""Below this number of seeds a bootstrap interval is narrower than it should be."""

_DRAWS = 2000  # of pairs of runs: each costs the square of the seeds

Floats = NDArray[np.float64]

Statistic = Callable[[Floats], Floats]
"""Reduces the last axis of an array: (..., n) -> (...)."""


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
    values: ArrayLike,
    *,
    statistic: Statistic | None = None,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the mean of *values*, or of another statistic.

    Parameters
    ----------
    values : array, shape (n,)
        One value a seed.
    statistic : callable, optional
        Such as `interquartile_mean`; default the mean.
    level : float
        Share of the resampled statistics inside the interval.
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
    drawn = array[rng.integers(len(array), size=(resamples, len(array)))]
    found = drawn.mean(axis=1) if statistic is None else statistic(drawn)
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def interquartile_mean(values: ArrayLike) -> Floats:
    """Return the mean of the middle half of *values* along the last axis.

    A quarter of the values is cut off at each end, as a share where n is no multiple of 4: as
    robust as a median to a seed that failed, and much less jumpy from few seeds.

    References
    ----------
    .. [1] Agarwal, Schwarzer, Castro, Courville & Bellemare, "Deep reinforcement learning at the
       edge of the statistical precipice", NeurIPS 2021, arXiv:2108.13264.

    Examples
    --------
    >>> float(interquartile_mean([0.0, 1.0, 3.0, 100.0]))
    2.0
    """
    ordered = np.sort(np.asarray(values, dtype=float), axis=-1)
    n = ordered.shape[-1]
    # the share of each value that lies between the quartiles
    edges = np.clip(np.arange(n + 1), n / 4, 3 * n / 4)
    return np.asarray(ordered @ np.diff(edges) / (n / 2))


def probability_of_improvement(
    first: Mapping[int, float], second: Mapping[int, float], *, rising: bool = True
) -> Comparison:
    """Return how likely a run of *first* is better than a run of *second*, whatever their seeds.

    Parameters
    ----------
    first, second : mapping of int to float
        The figure by seed; NaNs are left out.
    rising : bool
        Whether more is better.

    Returns
    -------
    Comparison
        The share of pairs of runs in which *first* is better (ties count half), its bootstrap
        interval over seeds, drawn for both alike, and 1/2 as what is neutral.

    References
    ----------
    .. [1] Agarwal et al., "Deep reinforcement learning at the edge of the statistical
       precipice", NeurIPS 2021, arXiv:2108.13264.
    .. [2] Mann & Whitney, "On a test of whether one of two random variables is stochastically
       larger than the other", Annals of Mathematical Statistics 18, 1947.

    Examples
    --------
    >>> probability_of_improvement({1: 3.0, 2: 5.0}, {1: 1.0, 2: 4.0}).value
    0.75
    """
    a, b = _common(first, second)
    wins = np.sign(a[:, None] - b[None]) * (1 if rising else -1) / 2 + 0.5
    seeds = len(a)
    if seeds < 2:
        return Comparison(float(wins.mean()) if seeds else np.nan, np.nan, np.nan, seeds, 0.5)
    rng = np.random.Generator(np.random.Philox(0))
    drawn = rng.integers(seeds, size=(_DRAWS, seeds))
    shares = wins[drawn[:, :, None], drawn[:, None, :]].mean(axis=(1, 2))
    low, high = np.quantile(shares, [0.025, 0.975])
    return Comparison(float(wins.mean()), float(low), float(high), seeds, 0.5)


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
