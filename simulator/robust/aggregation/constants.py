"""What has been proved of how far a rule strays: published constants, beside the rules.

A rule's constant c, for n vectors and f liars (as many as it is told of, where it is), bounds how
far its mean result is from the true gradient g, whatever up to f liars send:
|E[F] - g| <= c sqrt(E|G - g|^2), where G is what an honest worker sends, all of them drawn alike.
So F points the right way where c times that deviation is below |g|, that is, where the
variance-to-norm ratio E|G - g|^2 / |g|^2 is below 1 / c^2: the condition that reports look at.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    'brute_constant',
    'bulyan_constant',
    'geometric_median_constant',
    'krum_constant',
    'mean_around_median_constant',
    'median_constant',
    'trimmed_mean_constant',
]


def krum_constant(n: int, *, f: int, **_: Any) -> float:
    """Return eta(n, f) of Krum and Multi-Krum, n >= 2f + 3.

    eta^2 = 2 (n - f + (f (n - f - 2) + f^2 (n - f - 1)) / (n - 2f - 2)).

    References
    ----------
    .. [1] Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient
       Descent", NeurIPS 2017 (proposition 1).
    .. [2] Damaskinos et al., "AggregaThor: Byzantine Machine Learning via Robust Gradient
       Aggregation", SysML 2019 (the same for Multi-Krum).

    Examples
    --------
    >>> krum_constant(8, f=0), round(krum_constant(25, f=5), 3)
    (4.0, 11.266)
    """
    more = (f * (n - f - 2) + f**2 * (n - f - 1)) / (n - 2 * f - 2)
    return float(np.sqrt(2 * (n - f + more)))


def bulyan_constant(n: int, *, f: int, over: str = 'krum') -> float | None:
    """Return Krum's constant where Bulyan picks with Krum; over other rules none is known.

    References
    ----------
    .. [1] El Mhamdi, Guerraoui & Rouault, "The Hidden Vulnerability of Distributed Learning in
       Byzantium", ICML 2018.

    Examples
    --------
    >>> bulyan_constant(25, f=5) == krum_constant(25, f=5), bulyan_constant(25, f=5, over='brute')
    (True, None)
    """
    return krum_constant(n, f=f) if over == 'krum' else None


def brute_constant(n: int, *, f: int) -> float:
    """Return sqrt(8) f / (n - f), the constant of minimum diameter averaging.

    References
    ----------
    .. [1] El Mhamdi, Guerraoui & Rouault, "Distributed Momentum for Byzantine-resilient
       Stochastic Gradient Descent", ICLR 2021.

    Examples
    --------
    >>> round(brute_constant(25, f=5), 3)
    0.707
    """
    return float(np.sqrt(8) * f / (n - f))


def median_constant(n: int, **_: Any) -> float:
    """Return sqrt(n - f) of the marginal median, for the largest f that it tolerates.

    Some honest vectors may as well be counted as lies: so the constant of the largest f is that
    of any smaller one, too, and the least.

    References
    ----------
    .. [1] Xie, Koyejo & Gupta, "Generalized Byzantine-tolerant SGD", arXiv:1802.10116, 2018.

    Examples
    --------
    >>> median_constant(7)
    2.0
    """
    return float(np.sqrt(n - (n - 1) // 2))


def mean_around_median_constant(n: int, *, f: int) -> float:
    """Return sqrt(10 (n - f)) of the mean around the median.

    References
    ----------
    .. [1] Xie, Koyejo & Gupta, "Generalized Byzantine-tolerant SGD", arXiv:1802.10116, 2018.

    Examples
    --------
    >>> mean_around_median_constant(12, f=2)
    10.0
    """
    return float(np.sqrt(10 * (n - f)))


def trimmed_mean_constant(n: int, *, f: int) -> float:
    """Return sqrt(2 (f + 1) (n - f)) / (n - 2f) of the trimmed mean.

    References
    ----------
    .. [1] Xie, Koyejo & Gupta, "Phocas: dimensional Byzantine-resilient stochastic gradient
       descent", arXiv:1805.09682, 2018.

    Examples
    --------
    >>> round(trimmed_mean_constant(25, f=5), 3)
    1.033
    """
    return float(np.sqrt(2 * (f + 1) * (n - f)) / (n - 2 * f))


def geometric_median_constant(n: int, *, f: int, **_: Any) -> float:
    """Return 2 (n - f) / (n - 2f) of the geometric median.

    References
    ----------
    .. [1] Minsker, "Geometric median and robust estimation in Banach spaces", Bernoulli 2015.
    .. [2] Allouah et al., "Fixing by Mixing: A Recipe for Optimal Byzantine ML under
       Heterogeneity", AISTATS 2023.

    Examples
    --------
    >>> geometric_median_constant(9, f=3)
    4.0
    """
    return 2.0 * (n - f) / (n - 2 * f)
