"""Gradient descent, plain and with momentum."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Lt

from simulator.learning.arrays import Floats
from simulator.learning.optimizers.optimizer import Optimizer, State, pace


class SgdState(NamedTuple):
    """Nothing to remember."""


def sgd(*, rate: Annotated[float, Gt(0)] = 0.1) -> Optimizer:
    """Stochastic gradient descent: w <- w - rate g.

    Parameters
    ----------
    rate : float
        The learning rate.

    Returns
    -------
    Optimizer

    References
    ----------
    .. [1] Robbins & Monro, "A Stochastic Approximation Method", Annals of Mathematical
       Statistics 22, 1951.

    Examples
    --------
    >>> init, update = sgd(rate=0.5)
    >>> w = np.array([1.0, 2.0])
    >>> update(np.array([2.0, 2.0]), init(w), w)
    (array([0., 1.]), SgdState())
    """

    def update(
        gradient: Floats, state: State, parameters: Floats, factor: float | Floats = 1.0
    ) -> tuple[Floats, State]:
        step = pace(rate, factor, parameters) * gradient
        return np.subtract(parameters, step, out=step), state

    return Optimizer(lambda _: SgdState(), update)


class MomentumState(NamedTuple):
    """A decaying sum of past gradients."""

    velocity: Floats


def momentum(
    *, rate: Annotated[float, Gt(0)] = 0.1, beta: Annotated[float, Ge(0), Lt(1)] = 0.9
) -> Optimizer:
    """Heavy ball: v <- beta v + g, then w <- w - rate v.

    The rate multiplies the velocity as a whole, so that a schedule acts at once; where the rate
    is constant this is the same as adding rate g to the velocity.

    Parameters
    ----------
    rate : float
        The learning rate; steps grow up to 1/(1-beta) times as long.
    beta : float
        What remains of the velocity.

    Returns
    -------
    Optimizer

    References
    ----------
    .. [1] Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
       Computational Mathematics and Mathematical Physics 4, 1964.

    Examples
    --------
    >>> init, update = momentum(rate=0.5, beta=0.5)
    >>> w, g = np.array([1.0]), np.array([2.0])
    >>> w, state = update(g, init(w), w)
    >>> update(g, state, w)
    (array([-1.5]), MomentumState(velocity=array([3.])))
    """

    def update(
        gradient: Floats, state: State, parameters: Floats, factor: float | Floats = 1.0
    ) -> tuple[Floats, State]:
        velocity = beta * state[0] + gradient
        return parameters - pace(rate, factor, parameters) * velocity, MomentumState(velocity)

    return Optimizer(_at_rest, update)


def nesterov(
    *, rate: Annotated[float, Gt(0)] = 0.1, beta: Annotated[float, Ge(0), Lt(1)] = 0.9
) -> Optimizer:
    """Nesterov's accelerated gradient: v <- beta v + g, then w <- w - rate (g + beta v).

    The parameters here are those at which the next gradient is taken, already moved ahead by
    the velocity (Sutskever et al. keep the point before, theta = w + rate beta v).

    Parameters
    ----------
    rate : float
        The learning rate.
    beta : float
        What remains of the velocity.

    Returns
    -------
    Optimizer

    References
    ----------
    .. [1] Nesterov, "A method of solving a convex programming problem with convergence rate
       O(1/k^2)", Soviet Mathematics Doklady 27, 1983.
    .. [2] Sutskever et al., "On the importance of initialization and momentum in deep
       learning", ICML 2013.

    Examples
    --------
    >>> init, update = nesterov(rate=0.5, beta=0.5)
    >>> w = np.array([1.0])
    >>> update(np.array([2.0]), init(w), w)
    (array([-0.5]), MomentumState(velocity=array([2.])))
    """

    def update(
        gradient: Floats, state: State, parameters: Floats, factor: float | Floats = 1.0
    ) -> tuple[Floats, State]:
        velocity = beta * state[0] + gradient
        step = gradient + beta * velocity
        return parameters - pace(rate, factor, parameters) * step, MomentumState(velocity)

    return Optimizer(_at_rest, update)


def _at_rest(parameters: Floats) -> MomentumState:
    return MomentumState(np.zeros_like(parameters))
