"""Momentum of workers: each sends a running mean of what it has computed.

It lowers the variance of what honest workers send, which is what lies hide in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from simulator.learning import frozen
from simulator.learning.arrays import Floats

__all__ = ['Momentum', 'Smoothed']

LONGEST = 16
"""Vectors of a worker that wait for somebody to look; of more, the older ones are computed."""

Vector = Callable[[], Floats]


class Smoothed:
    """What a worker sends, m <- b m + (1 - b) v, once somebody looks at it.

    Parameters
    ----------
    keep : float
        b.
    before : Smoothed or None
        What the worker sent last; None for zeros.
    vector : callable
        Returns v (d,).

    Attributes
    ----------
    before : Smoothed or None
        Until it is computed.
    value : array, shape (d,), or None
        Once it is.
    waiting : int
        How many vectors have to be computed for it, itself included.
    """

    __slots__ = ('_keep', '_vector', 'before', 'value', 'waiting')

    def __init__(self, keep: float, before: Smoothed | None, vector: Vector):
        self._keep = keep
        self._vector: Vector | None = vector
        self.before = before
        self.value: Floats | None = None
        self.waiting: int = 1 + (before.waiting if before is not None else 0)

    def __call__(self) -> Floats:
        """Return it (d,)."""
        if self.value is not None:
            return self.value
        if self.before is None or self.before.value is not None:  # as a rule
            self.settle()
            return cast('Floats', self.value)
        chain = [self]
        while (before := chain[-1].before) is not None and before.value is None:
            chain.append(before)
        for each in reversed(chain):
            each.settle()
        return cast('Floats', self.value)

    def settle(self) -> None:
        """Compute it, if the one before is."""
        if self._vector is None:
            return
        new = self._vector()
        mean = new * (1 - self._keep)
        if self.before is not None and self.before.value is not None:
            mean += self.before.value * self._keep
        self.value = frozen(mean)
        self._vector, self.before, self.waiting = None, None, 0  # lets go of what it was made of


class Momentum:
    """What a number of workers have sent so far.

    Parameters
    ----------
    keep : float
        b in m <- b m + (1 - b) v, with m = 0 before the first.

    References
    ----------
    .. [1] Karimireddy, He & Jaggi, "Learning from History for Byzantine Robust Optimization",
       ICML 2021.
    .. [2] El Mhamdi, Guerraoui & Rouault, "Distributed Momentum for Byzantine-resilient
       Stochastic Gradient Descent", ICLR 2021.

    Examples
    --------
    >>> import numpy as np
    >>> momentum = Momentum(0.5)
    >>> sent = [momentum.of(0, lambda: np.array([8.0])) for _ in range(3)]
    >>> [each().item() for each in sent]
    [4.0, 6.0, 7.0]
    """

    def __init__(self, keep: float):
        self._keep = keep
        self._last: dict[int, Smoothed] = {}

    def of(self, worker: int, vector: Vector) -> Smoothed:
        """Return what a worker sends that has computed one more *vector* (d,)."""
        before = self._last.get(worker)
        if before is not None and before.waiting >= LONGEST:
            before()  # nobody looks at what comes too late, but it counts
        self._last[worker] = smoothed = Smoothed(self._keep, before, vector)
        return smoothed

    def mark(self) -> dict[int, Smoothed]:
        """Return what is remembered now."""
        return dict(self._last)

    def back_to(self, mark: dict[int, Smoothed]) -> None:
        """Forget everything since."""
        self._last = dict(mark)

    def forget(self, worker: int) -> None:
        """Let a worker begin anew: it has crashed."""
        self._last.pop(worker, None)
