"""Optimizers: pairs of pure functions `init` and `update`, used at servers, ranks and workers."""

from collections.abc import Callable

from simulator.learning.optimizers.adaptive import adagrad, adam, adamw, rmsprop
from simulator.learning.optimizers.descent import momentum, nesterov, sgd
from simulator.learning.optimizers.optimizer import Optimizer, State, Update

__all__ = [
    'OPTIMIZERS',
    'Optimizer',
    'State',
    'Update',
    'adagrad',
    'adam',
    'adamw',
    'momentum',
    'nesterov',
    'rmsprop',
    'sgd',
]

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    'sgd': sgd,
    'momentum': momentum,
    'nesterov': nesterov,
    'adagrad': adagrad,
    'rmsprop': rmsprop,
    'adam': adam,
    'adamw': adamw,
}
