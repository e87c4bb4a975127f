"""Learning-rate schedules: by which factor the rate is multiplied as training goes on."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, floor, pi, sqrt
from typing import Annotated

from annotated_types import Ge, Gt, Le

__all__ = ['SCHEDULES', 'Schedule', 'constant', 'cosine', 'inverse_sqrt', 'step', 'warm_up']

Schedule = Callable[[float], float]
"""From rounds done, which need not be whole, to the factor of the next step's rate."""


def constant() -> Schedule:
    """Keep the rate as it is.

    Examples
    --------
    >>> constant()(1000)
    1.0
    """
    return lambda _: 1.0


def step(
    *, every: Annotated[float, Gt(0)], factor: Annotated[float, Gt(0), Le(1)] = 0.1
) -> Schedule:
    """Multiply the rate by a factor again and again.

    Parameters
    ----------
    every : float
        Rounds from one step down to the next.
    factor : float

    Examples
    --------
    >>> [step(every=10, factor=0.5)(rounds) for rounds in (0, 9.9, 10, 20)]
    [1.0, 1.0, 0.5, 0.25]
    """
    return lambda done: factor ** floor(done / every)


def cosine(
    *, rounds: Annotated[float, Gt(0)], least: Annotated[float, Ge(0), Le(1)] = 0.0
) -> Schedule:
    """Let the rate down along half a wave, slowly at both ends; then keep it there.

    Parameters
    ----------
    rounds : float
        How long it takes.
    least : float
        Share of the rate that remains.

    References
    ----------
    .. [1] Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
       ICLR 2017, arXiv:1608.03983.

    Examples
    --------
    >>> [round(cosine(rounds=10)(done), 3) for done in (0, 5, 10, 99)]
    [1.0, 0.5, 0.0, 0.0]
    """
    return lambda done: least + (1 - least) * (1 + cos(pi * min(done / rounds, 1.0))) / 2


def warm_up(*, rounds: Annotated[float, Gt(0)]) -> Schedule:
    """Raise the rate in even steps from 1/rounds to its full height; then keep it there.

    Parameters
    ----------
    rounds : float
        How long it takes.

    References
    ----------
    .. [1] Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour",
       arXiv:1706.02677, 2017.

    Examples
    --------
    >>> [warm_up(rounds=4)(done) for done in (0, 1, 3, 99)]
    [0.25, 0.5, 1.0, 1.0]
    """
    return lambda done: min((done + 1) / rounds, 1.0)


def inverse_sqrt(*, rounds: Annotated[float, Gt(0)] = 1.0) -> Schedule:
    """Raise the rate evenly at first, then lower it by the square root of the rounds done.

    Parameters
    ----------
    rounds : float
        How long it rises: then, 4 times as many rounds halve it.

    References
    ----------
    .. [1] Vaswani et al., "Attention Is All You Need", NeurIPS 2017, arXiv:1706.03762.

    Examples
    --------
    >>> [inverse_sqrt(rounds=4)(done) for done in (0, 3, 15)]
    [0.25, 1.0, 0.5]
    """
    return lambda done: min((done + 1) / rounds, sqrt(rounds / (done + 1)))


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    'constant': constant,
    'step': step,
    'cosine': cosine,
    'warm_up': warm_up,
    'inverse_sqrt': inverse_sqrt,
}
