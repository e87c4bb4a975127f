"""Attacks that hide among the honest vectors: shifts within their spread."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from simulator.robust.aggregation import squared_distances
from simulator.robust.arrays import Vector
from simulator.robust.attacks.attack import View, attack
from simulator.robust.attacks.search import most_harmful

__all__ = [
    'inner_product',
    'inner_product_optimized',
    'largest_shift',
    'little_is_enough',
    'little_is_enough_optimized',
    'min_max',
    'min_sum',
]

Direction = Literal['deviation', 'sign', 'unit']


def largest_shift(n: int, f: int) -> float:
    """Return the z of little-is-enough: as far as a majority can still be won, 0 at least.

    z_max = Phi^-1((n - f - s) / (n - f)), where s = floor(n/2 + 1) - f honest vectors have to be
    farther from the mean than the liars. With a Byzantine majority there is no bound; then half
    an honest vector is left outside. (Fewer than one honest vector counts as one.)

    Parameters
    ----------
    n, f : int
        Vectors, and Byzantine ones among them.

    Examples
    --------
    >>> round(largest_shift(25, 5), 4), largest_shift(4, 1)
    (0.2533, 0.0)
    """
    honest = max(n - f, 1)
    supporters = n // 2 + 1 - f
    share = min(honest - supporters, honest - 0.5) / honest
    return max(0.0, NormalDist().inv_cdf(share)) if share > 0 else 0.0


@attack()
def little_is_enough(view: View, *, z: float | None = None) -> Vector:
    """Send mean + z times the standard deviation of each coordinate: a shift lost in the noise.

    In this sign convention z > 0 makes every coordinate of the gradient larger.

    Parameters
    ----------
    view : View
    z : float
        How many standard deviations; by default the largest that still wins a majority.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Baruch, Baruch & Goldberg, "A Little Is Enough: Circumventing Defenses For Distributed
       Learning", NeurIPS 2019.

    Examples
    --------
    >>> little_is_enough(View(honest=np.array([[1.0], [3.0]]), own=np.zeros((1, 1))), z=1.5)
    array([[3.5]])
    """
    shift = largest_shift(view.n, view.f) if z is None else z
    return view.mean + shift * view.deviation


@attack(tries_rule=True)
def little_is_enough_optimized(view: View, *, evaluations: Annotated[int, Ge(1)] = 16) -> Vector:
    """Send mean + z standard deviations, with the z that moves the rule in use farthest so.

    Parameters
    ----------
    view : View
    evaluations : int
        How often the rule is tried out in each step.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Shejwalkar & Houmansadr, "Manipulating the Byzantine: Optimizing Model Poisoning Attacks
       and Defenses for Federated Learning", NDSS 2021 (optimization against a known rule).

    Examples
    --------
    >>> honest = np.array([[1.0], [2.0], [4.0], [6.0]])
    >>> view = View(honest, own=np.zeros((1, 1)), rule=lambda vectors: np.median(vectors, axis=0))
    >>> bool(little_is_enough_optimized(view).item() >= 4)
    True
    """
    return most_harmful(view, view.mean, view.deviation, evaluations)


@attack()
def inner_product(view: View, *, epsilon: Annotated[float, Ge(0)] = 0.1) -> Vector:
    """Send -epsilon times the honest mean: small steps back that turn the inner product around.

    Parameters
    ----------
    view : View
    epsilon : float
        Small to stay near the honest, large to reverse a mean.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Xie, Koyejo & Gupta, "Fall of Empires: Breaking Byzantine-tolerant SGD by Inner Product
       Manipulation", UAI 2019.

    Examples
    --------
    >>> inner_product(View(honest=np.array([[1.0], [3.0]]), own=np.zeros((1, 1))), epsilon=0.5)
    array([[-1.]])
    """
    return -epsilon * view.mean


@attack(tries_rule=True)
def inner_product_optimized(view: View, *, evaluations: Annotated[int, Ge(1)] = 16) -> Vector:
    """Send -epsilon times the honest mean, with the epsilon that moves the rule farthest back.

    Parameters
    ----------
    view : View
    evaluations : int
        How often the rule is tried out in each step.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Allouah et al., "Fixing by Mixing: A Recipe for Optimal Byzantine ML under
       Heterogeneity", AISTATS 2023 (line search over the attack's factor).

    Examples
    --------
    >>> view = View(np.ones((3, 1)), np.ones((1, 1)), rule=lambda vectors: vectors.mean(axis=0))
    >>> bool(inner_product_optimized(view, evaluations=12).item() < -10)
    True
    """
    return most_harmful(view, np.zeros_like(view.mean), -view.mean, evaluations)


@attack()
def min_max(view: View, *, direction: Direction = 'deviation') -> Vector:
    """Shift the mean until the farthest honest vector is as far as two honest ones may be.

    The largest distance to an honest vector equals the largest among honest vectors; the factor
    is found in closed form.

    Parameters
    ----------
    view : View
    direction : {'deviation', 'sign', 'unit'}
        Against what the mean is shifted: the standard deviations, the signs of the mean, or the
        mean itself.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Shejwalkar & Houmansadr, "Manipulating the Byzantine: Optimizing Model Poisoning Attacks
       and Defenses for Federated Learning", NDSS 2021.

    Examples
    --------
    >>> view = View(honest=np.array([[1.0], [3.0], [5.0]]), own=np.zeros((1, 1)))
    >>> min_max(view, direction='unit')
    array([[1.]])
    """
    mean, shift = view.mean, _DIRECTIONS[direction](view)
    away = (mean - view.honest).astype(np.float64)
    # |away + factor shift|^2 <= longest, a quadratic in the factor for each honest vector
    square = float(shift @ shift)
    linear = away @ shift
    room = squared_distances(view.honest).max() - np.einsum('ij,ij->i', away, away)
    roots = np.sqrt(linear**2 + square * np.maximum(room, 0)) - linear
    return mean + (roots.min() / square if square else 0.0) * shift


@attack()
def min_sum(view: View, *, direction: Direction = 'deviation') -> Vector:
    """Shift the mean until its squared distances sum to what an honest vector's may.

    The sum of squared distances to the honest vectors equals the largest such sum of an honest
    vector; the factor is found in closed form.

    Parameters
    ----------
    view : View
    direction : {'deviation', 'sign', 'unit'}
        Against what the mean is shifted: the standard deviations, the signs of the mean, or the
        mean itself.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Shejwalkar & Houmansadr, "Manipulating the Byzantine: Optimizing Model Poisoning Attacks
       and Defenses for Federated Learning", NDSS 2021.

    Examples
    --------
    >>> view = View(honest=np.array([[1.0], [3.0], [5.0]]), own=np.zeros((1, 1)))
    >>> min_sum(view, direction='unit')
    array([[1.]])
    """
    mean, shift = view.mean, _DIRECTIONS[direction](view)
    sums = squared_distances(view.honest).sum(axis=1)
    # the mean's own sum is half of the mean of all sums
    room = max(float(sums.max() - sums.mean() / 2), 0.0)
    square = len(view.honest) * float(shift @ shift)
    return mean + (np.sqrt(room / square) if square else 0.0) * shift


def _unit(view: View) -> Vector:
    mean = view.mean.astype(np.float64)
    return np.asarray(-mean / (np.linalg.norm(mean) or 1.0))


_DIRECTIONS: dict[str, Callable[[View], Vector]] = {
    'deviation': lambda view: -view.deviation.astype(np.float64),
    'sign': lambda view: -np.sign(view.mean).astype(np.float64),
    'unit': _unit,
}
