"""Descent that gives each parameter a pace of its own, by the size of its past gradients."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Lt

from simulator.learning.arrays import Floats
from simulator.learning.optimizers.optimizer import Optimizer, State, pace

Rate = Annotated[float, Gt(0)]
Decay = Annotated[float, Ge(0), Lt(1)]


class SquaresState(NamedTuple):
    """The sum, or a moving average, of squared gradients."""

    squares: Floats


def adagrad(*, rate: Rate = 0.01, epsilon: Annotated[float, Gt(0)] = 1e-10) -> Optimizer:
    """AdaGrad: s <- s + g^2, then w <- w - rate g / (sqrt(s) + epsilon).

    Parameters
    ----------
    rate : float
        The learning rate: length of the first step of each parameter.
    epsilon : float
        Added outside the root.

    Returns
    -------
    Optimizer

    References
    ----------
    .. [1] Duchi, Hazan & Singer, "Adaptive Subgradient Methods for Online Learning and
       Stochastic Optimization", JMLR 12, 2011.

    Examples
    --------
    >>> init, update = adagrad(rate=0.5)
    >>> w = np.array([1.0, 1.0])
    >>> update(np.array([3.0, -0.1]), init(w), w)[0].round(6)
    array([0.5, 1.5])
    """

    def update(
        gradient: Floats, state: State, parameters: Floats, factor: float | Floats = 1.0
    ) -> tuple[Floats, State]:
        squares = state[0] + gradient * gradient
        step = gradient / (np.sqrt(squares) + epsilon)
        return parameters - pace(rate, factor, parameters) * step, SquaresState(squares)

    return Optimizer(_no_squares, update)


def rmsprop(
    *, rate: Rate = 0.001, decay: Decay = 0.9, epsilon: Annotated[float, Gt(0)] = 1e-8
) -> Optimizer:
    """RMSProp: s <- decay s + (1 - decay) g^2, then w <- w - rate g / (sqrt(s) + epsilon).

    The average begins at 0 and is not corrected for that: first steps are up to
    1/sqrt(1 - decay) times as long as the later ones.

    Parameters
    ----------
    rate : float
        The learning rate.
    decay : float
        What remains of the average.
    epsilon : float
        Added outside the root.

    Returns
    -------
    Optimizer

    References
    ----------
    .. [1] Tieleman & Hinton, "Lecture 6.5: RMSProp", Coursera: Neural Networks for Machine
       Learning, 2012.

    Examples
    --------
    >>> init, update = rmsprop(rate=0.1, decay=0.75)
    >>> w = np.array([1.0])
    >>> update(np.array([2.0]), init(w), w)[0].round(6)
    array([0.8])
    """

    def update(
        gradient: Floats, state: State, parameters: Floats, factor: float | Floats = 1.0
    ) -> tuple[Floats, State]:
        squares = _average(state[0], gradient * gradient, decay)
        step = gradient / (np.sqrt(squares) + epsilon)
        return parameters - pace(rate, factor, parameters) * step, SquaresState(squares)

    return Optimizer(_no_squares, update)


class MomentsState(NamedTuple):
    """Moving averages of gradients and of their squares, and how much each has taken in.

    The weights are the same moving averages of ones, 1 - beta^t, (..., 1): dividing by them
    corrects for the averages' beginning at 0. They need no step counter, and states of workers
    that are at different steps can be stacked or averaged.
    """

    mean: Floats
    squares: Floats
    mean_weight: Floats
    squares_weight: Floats


def adam(
    *,
    rate: Rate = 0.001,
    beta1: Decay = 0.9,
    beta2: Decay = 0.999,
    epsilon: Annotated[float, Gt(0)] = 1e-8,
) -> Optimizer:
    """Adam: momentum over RMSProp, both averages corrected for their start.

    m <- beta1 m + (1 - beta1) g, s <- beta2 s + (1 - beta2) g^2, both divided by 1 - beta^t,
    then w <- w - rate m / (sqrt(s) + epsilon).

    Parameters
    ----------
    rate : float
        The learning rate: about the length of a step of each parameter.
    beta1 : float
        What remains of the average gradient.
    beta2 : float
        What remains of the average square.
    epsilon : float
        Added outside the root, after the correction.

    Returns
    -------
    Optimizer

    References
    ----------
    .. [1] Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015,
       arXiv:1412.6980.

    Examples
    --------
    >>> init, update = adam(rate=0.1)
    >>> w = np.array([1.0, 1.0])
    >>> update(np.array([5.0, -0.2]), init(w), w)[0].round(6)
    array([0.9, 1.1])
    """
    return _adam(rate, (beta1, beta2), epsilon, weight_decay=0.0)


def adamw(
    *,
    rate: Rate = 0.001,
    beta1: Decay = 0.9,
    beta2: Decay = 0.999,
    epsilon: Annotated[float, Gt(0)] = 1e-8,
    weight_decay: Annotated[float, Ge(0)] = 0.01,
) -> Optimizer:
    """Adam with weight decay beside the gradient: w <- w - rate (Adam's step + decay w).

    An l2 penalty in the gradient would be divided by the average size of the gradient, too;
    this decay shrinks all weights alike.

    Parameters
    ----------
    rate : float
        The learning rate.
    beta1 : float
        What remains of the average gradient.
    beta2 : float
        What remains of the average square.
    epsilon : float
        Added outside the root, after the correction.
    weight_decay : float
        Share of the weights taken off a step, times the rate.

    Returns
    -------
    Optimizer

    References
    ----------
    .. [1] Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019,
       arXiv:1711.05101.

    Examples
    --------
    >>> init, update = adamw(rate=0.1, weight_decay=0.5)
    >>> w = np.array([1.0])
    >>> update(np.array([0.0]), init(w), w)[0]
    array([0.95])
    """
    return _adam(rate, (beta1, beta2), epsilon, weight_decay)


def _adam(
    rate: float, betas: tuple[float, float], epsilon: float, weight_decay: float
) -> Optimizer:
    def update(
        gradient: Floats, state: State, parameters: Floats, factor: float | Floats = 1.0
    ) -> tuple[Floats, State]:
        moments = MomentsState(
            _average(state[0], gradient, betas[0]),
            _average(state[1], gradient * gradient, betas[1]),
            _average(state[2], 1.0, betas[0]),
            _average(state[3], 1.0, betas[1]),
        )
        size = np.sqrt(moments.squares / moments.squares_weight) + epsilon
        step = moments.mean / moments.mean_weight / size
        if weight_decay:
            step += weight_decay * parameters
        return parameters - pace(rate, factor, parameters) * step, moments

    return Optimizer(_no_moments, update)


def _average(old: Floats, new: Floats | float, decay: float) -> Floats:
    return decay * old + (1 - decay) * new


def _no_squares(parameters: Floats) -> SquaresState:
    return SquaresState(np.zeros_like(parameters))


def _no_moments(parameters: Floats) -> MomentsState:
    weight = np.zeros((*parameters.shape[:-1], 1), parameters.dtype)
    return MomentsState(np.zeros_like(parameters), np.zeros_like(parameters), weight, weight)
