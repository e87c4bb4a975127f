"""Clocks, one small rule each: who may proceed, and how many gradients make an update."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from simulator.catalogue import Catalogue

__all__ = ['CLOCKS', 'Rule', 'bsp']


class Rule(NamedTuple):
    """A clock for a number of workers.

    Attributes
    ----------
    collects : int
        Gradients that make an update.
    may_proceed : callable
        ``(finished, slowest) -> bool``: whether a worker that has ended *finished* rounds may
        begin another while the slowest has ended *slowest*.
    """

    collects: int
    may_proceed: Callable[[int, int], bool]


def bsp(workers: int) -> Rule:
    """Bulk-synchronous: nobody begins a round before all have ended the last.

    References
    ----------
    .. [1] Valiant, "A bridging model for parallel computation", CACM 33(8), 1990.

    Examples
    --------
    >>> rule = bsp(4)
    >>> rule.collects, rule.may_proceed(3, 2), rule.may_proceed(3, 3)
    (4, False, True)
    """
    return Rule(workers, lambda finished, slowest: finished <= slowest)


CLOCKS = Catalogue('clock', {'bsp': bsp})
