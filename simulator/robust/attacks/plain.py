"""Attacks that need no thought: noise, constants, and what is no number."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Gt

from simulator.robust.arrays import Vector, Vectors
from simulator.robust.attacks.attack import View, attack

__all__ = [
    'constant',
    'gaussian',
    'infinite',
    'nan',
    'random',
    'scaled',
    'sign_flip',
    'that_makes_the_mean',
    'zero',
]


@attack(knows='own')
def sign_flip(view: View, *, factor: Annotated[float, Gt(0)] = 1.0) -> Vectors:
    """Send the opposite of what one would honestly send: -factor g.

    Parameters
    ----------
    view : View
    factor : float
        How many times as long.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Li et al., "RSA: Byzantine-Robust Stochastic Aggregation Methods for Distributed Learning
       from Heterogeneous Datasets", AAAI 2019.

    Examples
    --------
    >>> sign_flip(View(honest=np.ones((2, 2)), own=np.array([[1.0, -3.0]])), factor=2.0)
    array([[-2.,  6.]])
    """
    return np.asarray(-factor * view.own)


@attack(knows='own')
def gaussian(view: View, *, deviation: Annotated[float, Gt(0)] = 200.0) -> Vectors:
    """Send noise from a normal law around 0, each node its own.

    Parameters
    ----------
    view : View
    deviation : float
        Standard deviation of each coordinate.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient
       Descent", NeurIPS 2017.

    Examples
    --------
    >>> view = View(np.ones((2, 3)), own=np.ones((4, 3)), rng=np.random.default_rng(0))
    >>> gaussian(view).shape
    (4, 3)
    """
    return deviation * view.draws().standard_normal(view.own.shape)


@attack(knows='own')
def random(view: View, *, size: Annotated[float, Gt(0)] = 1.0) -> Vectors:
    """Send numbers drawn evenly from -size to size, each node its own.

    Parameters
    ----------
    view : View
    size : float
        The largest number.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Lamport, Shostak & Pease, "The Byzantine Generals Problem", ACM TOPLAS 4(3), 1982 (a
       fault may be arbitrary).

    Examples
    --------
    >>> view = View(np.ones((2, 3)), own=np.ones((4, 3)), rng=np.random.default_rng(0))
    >>> bool((np.abs(random(view, size=2.0)) <= 2).all())
    True
    """
    return view.draws().uniform(-size, size, view.own.shape)


@attack(knows='own')
def constant(view: View, *, value: float = 100.0) -> float:
    """Send the same number in every coordinate.

    Parameters
    ----------
    view : View
    value : float
        The number.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Li et al., "RSA: Byzantine-Robust Stochastic Aggregation Methods for Distributed Learning
       from Heterogeneous Datasets", AAAI 2019 (same-value attack).

    Examples
    --------
    >>> constant(View(honest=np.ones((2, 2)), own=np.ones((1, 2))), value=7.0)
    array([[7., 7.]])
    """
    return value


@attack(knows='own')
def zero(view: View) -> float:
    """Send zeros: ask for no step at all.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Chen et al., "DRACO: Byzantine-resilient Distributed Training via Redundant Gradients",
       ICML 2018 (constant attacks).

    Examples
    --------
    >>> zero(View(honest=np.ones((2, 2)), own=np.ones((1, 2))))
    array([[0., 0.]])
    """
    return 0.0


@attack(knows='own')
def infinite(view: View) -> float:
    """Send infinity in every coordinate.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Damaskinos et al., "AGGREGATHOR: Byzantine Machine Learning via Robust Gradient
       Aggregation", SysML 2019 (malformed input).

    Examples
    --------
    >>> infinite(View(honest=np.ones((2, 2)), own=np.ones((1, 2))))
    array([[inf, inf]])
    """
    return np.inf


@attack(knows='own')
def nan(view: View) -> float:
    """Send what is no number in every coordinate.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Damaskinos et al., "AGGREGATHOR: Byzantine Machine Learning via Robust Gradient
       Aggregation", SysML 2019 (malformed input).

    Examples
    --------
    >>> nan(View(honest=np.ones((2, 2)), own=np.ones((1, 2))))
    array([[nan, nan]])
    """
    return np.nan


@attack()
def scaled(view: View, *, factor: float = -1.0, offset: float = 0.0) -> Vector:
    """Make the mean of all what one wants it to be: factor times the honest mean, plus an offset.

    Parameters
    ----------
    view : View
    factor : float
        -1 turns the mean around, 0 removes the honest from it.
    offset : float
        Added to every coordinate of the mean.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient
       Descent", NeurIPS 2017 (lemma 1).

    Examples
    --------
    >>> honest = np.array([[1.0, 2.0], [3.0, 2.0]])
    >>> sent = scaled(View(honest, own=honest[:1]))
    >>> np.concatenate([honest, sent]).mean(axis=0)
    array([-2., -2.])
    """
    return that_makes_the_mean(view, factor * view.mean + offset)


def that_makes_the_mean(view: View, wanted: Vector) -> Vector:
    """Return what each Byzantine node has to send so that the mean of all is *wanted*.

    n U less the sum of the n - f honest vectors, shared among the f Byzantine nodes; where the
    receiver weighs its senders, the weighted sum, shared by weight.

    Examples
    --------
    >>> view = View(honest=np.array([[1.0], [3.0]]), own=np.zeros((2, 1)))
    >>> that_makes_the_mean(view, np.array([10.0]))
    array([18.])
    """
    if view.weights is not None:
        weights = np.asarray(view.weights, np.float64)
        of_honest, of_liars = np.split(weights, [len(view.honest)])
        return np.asarray((weights.sum() * wanted - of_honest @ view.honest) / of_liars.sum())
    honest = (view.n - view.f) * view.mean.astype(np.float64)
    return np.asarray((view.n * wanted - honest) / view.f)
