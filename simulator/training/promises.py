"""Models that nobody has looked at yet: arithmetic put off until much of it can be done together.

Peers merge models and train what comes out, thousands of times; each training needs the one
before it, so nothing would ever be computed in batches if every result were wanted at once. A
`Ledger` writes down what is to be done instead. When a value is asked for, it works off all that
it holds, level by level: what depends on nothing that is still open goes first, and all training
of one level is computed in one batch, exactly as each would be alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from simulator.learning import Learning, Optimizer, Pending, frozen
from simulator.learning.arrays import DIVERGENCE, Floats
from simulator.learning.batches import Indices
from simulator.learning.optimizers import State

__all__ = ['Ledger', 'Model', 'Promise', 'Walk', 'value_of']


class Promise:
    """Something that will be computed when it, or anything else in its ledger, is asked for.

    Attributes
    ----------
    ready_at : int
        The first level at which it can be used; 0 when it has been computed.
    result : object
        None until then.
    """

    __slots__ = ('_ledger', 'ready_at', 'result')

    def __init__(self, ledger: Ledger, ready_at: int):
        self._ledger = ledger
        self.result: Any = None
        self.ready_at = ready_at

    @property
    def value(self) -> Any:
        """What was promised; an array is read-only."""
        if self.ready_at:
            self._ledger.settle()
        return self.result


Model: TypeAlias = Promise | Floats
"""A model (d,), or the promise of one."""


class Derived(Promise):
    """A function of other values, promised ones among them."""

    __slots__ = ('_function', '_parts')

    def __init__(
        self, ledger: Ledger, level: int, function: Callable[..., Any], parts: tuple[Any, ...]
    ):
        super().__init__(ledger, level)
        self._function: Callable[..., Any] | None = function
        self._parts = parts

    def compute(self) -> None:
        """Compute it; all of its parts are there."""
        if self._function is None:
            return
        result = self._function(
            *[part.result if isinstance(part, Promise) else part for part in self._parts]
        )
        self.result = frozen(result) if isinstance(result, np.ndarray) else result
        self._function, self._parts, self.ready_at = None, (), 0  # lets go of what it was made of


class Walk(Promise):
    """Where some local steps of a worker lead from a model.

    Attributes
    ----------
    worker : int
    samples : int
        Training samples it takes.
    """

    __slots__ = (
        '_batches',
        '_before',
        '_factors',
        '_noise',
        '_pending',
        '_start',
        'samples',
        'worker',
    )

    def __init__(
        self,
        ledger: Ledger,
        level: int,
        worker: int,
        start: Model,
        batches: Indices,
        noise: Floats | None,
        before: Walk | None,
        factors: Floats | None = None,
    ):
        super().__init__(ledger, level + 1)
        self.worker = worker
        self.samples = int(batches.size)
        self._start: Model | None = start
        self._batches: Indices | None = batches
        self._noise = noise
        self._before = before
        self._factors = factors
        self._pending: Pending | None = None

    @property
    def loss(self) -> float:
        """Mean training loss over the steps."""
        if self.ready_at:
            self._ledger.settle()
        assert self._pending is not None  # noqa: S101 - settled
        return self._pending.loss

    @property
    def state(self) -> State:
        """State of the optimizer after the last step."""
        if self.ready_at:
            self._ledger.settle()
        assert self._pending is not None  # noqa: S101 - settled
        return self._pending.state

    def begin(self, learning: Learning, optimizer: Optimizer) -> None:
        """Ask for it; the model it starts from is there."""
        assert self._start is not None  # noqa: S101 - a walk begins once
        assert self._batches is not None  # noqa: S101
        self._pending = learning.pool.request_steps(
            self.worker,
            value_of(self._start),
            self._batches,
            optimizer,
            None if self._before is None else self._before.state,
            factors=self._factors,
            noise=self._noise,
        )
        self._start = self._batches = self._noise = self._before = None

    def end(self) -> None:
        """Take what has come out."""
        assert self._pending is not None  # noqa: S101 - it has begun
        self.result = self._pending.value
        self.ready_at = 0


class Ledger:
    """What is to be computed, in the order in which it was promised.

    Parameters
    ----------
    learning : Learning
    optimizer : Optimizer
        Takes the local steps.

    Examples
    --------
    >>> from simulator.learning import digits, iid, linear, sgd
    >>> from simulator.seeds import Seeds
    >>> learning = Learning.draw(digits, iid, linear, workers=2, seeds=Seeds(7))
    >>> ledger = Ledger(learning, sgd(rate=0.1))
    >>> walks = [ledger.walk(worker, learning.initial, 1) for worker in range(2)]
    >>> mean = ledger.derive(lambda a, b: (a + b) / 2, *walks)
    >>> further = ledger.walk(0, mean, 1)
    >>> len(ledger), further.value.shape, len(ledger)
    (4, (650,), 0)
    """

    def __init__(self, learning: Learning, optimizer: Optimizer):
        self._learning = learning
        self._optimizer = optimizer
        self._remembers = bool(optimizer.init(learning.initial))
        self._derived: defaultdict[int, list[Derived]] = defaultdict(list)
        self._walks: defaultdict[int, list[Walk]] = defaultdict(list)

    def __len__(self) -> int:
        """Return how much is still to be computed."""
        derived, walks = self._derived.values(), self._walks.values()
        return sum(len(level) for level in derived) + sum(len(level) for level in walks)

    def derive(self, function: Callable[..., Any], *parts: Any) -> Derived:
        """Promise ``function(*parts)``, the values of the promises among them taken first."""
        level = 1
        for part in parts:
            if isinstance(part, Promise) and part.ready_at > level:
                level = part.ready_at
        promise = Derived(self, level, function, parts)
        self._derived[level].append(promise)
        return promise

    def walk(
        self,
        worker: int,
        start: Model,
        steps: int,
        before: Walk | None = None,
        factors: Floats | None = None,
    ) -> Walk:
        """Promise where the next *steps* of *worker* lead from *start*.

        The mini-batches are drawn now, so that they do not depend on when anybody looks.

        Parameters
        ----------
        worker : int
        start : array, shape (d,), or Promise
        steps : int
        before : Walk, optional
            The one whose state of the optimizer goes on.
        factors : array, shape (steps,), optional
            Of the optimizer's rate, step by step.
        """
        before = before if self._remembers else None
        level = max(1, *(each.ready_at for each in (start, before) if isinstance(each, Promise)), 1)
        batches, noise = self._learning.next_batches(worker, steps)
        promise = Walk(self, level, worker, start, batches, noise, before, factors)
        self._walks[level].append(promise)
        return promise

    @DIVERGENCE
    def settle(self) -> None:
        """Compute all that has been promised."""
        level = 1
        while self._derived or self._walks:
            for promise in self._derived.pop(level, ()):
                promise.compute()
            walks = self._walks.pop(level, ())
            for walk in walks:
                walk.begin(self._learning, self._optimizer)
            for walk in walks:
                walk.end()
            level += 1


def value_of(model: Model) -> Floats:
    """Return a model that may have been promised."""
    return model.value if isinstance(model, Promise) else model
