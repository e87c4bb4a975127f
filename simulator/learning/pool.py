"""Gradients on demand: asked for one by one, computed together, exact to the last bit."""

from __future__ import annotations

from collections import defaultdict
from typing import cast
from weakref import ref

from simulator.learning.arrays import Floats, chunks, frozen
from simulator.learning.batches import Indices
from simulator.learning.data import Samples
from simulator.learning.models import Model
from simulator.learning.optimizers import Optimizer, State
from simulator.learning.orders import GRADIENT, Order, Result, carry_out


class Pending:
    """A promise of one worker's gradient, or of its parameters after some local steps.

    Asking for what it promises computes all that is in flight, at once. Drop the handle and the
    result goes with it; drop it before anyone asked, and nothing is computed.

    Attributes
    ----------
    worker : int
        Whose it is.
    order : Order or None
        What is to be computed; None when it has been.
    result : Result or None
        None until it is computed.
    """

    __slots__ = ('__weakref__', '_pool', 'order', 'result', 'worker')

    def __init__(self, pool: GradientPool, worker: int, order: Order):
        self.worker = worker
        self.order: Order | None = order
        self.result: Result | None = None
        self._pool: GradientPool | None = pool  # until somebody looked

    @property
    def value(self) -> Floats:
        """The gradient (d,), or the parameters (d,) after the last step; read-only."""
        return self._looked_at().value

    @property
    def loss(self) -> float:
        """Mean loss of the batch; of several steps, the mean over them."""
        return self._looked_at().loss

    @property
    def state(self) -> State:
        """State of the optimizer after the last step; () for a gradient."""
        return self._looked_at().state

    def _looked_at(self) -> Result:
        pool = self._pool
        if pool is not None:
            self._pool = None
            pool.settle(self)
        return self.result  # type: ignore[return-value] # computed


class GradientPool:
    """Collects what is asked of a model, and computes it together when the first is due.

    Simulated compute time never depends on values, so a gradient need not be there before
    somebody looks at it; by then many are in flight. All the pool holds meanwhile is a reference
    per worker: parameters that are read-only (`arrays.frozen`) are remembered as they are, so a
    vector that all workers share is held once; others are copied. Whoever freezes an array
    promises that nothing writes to its memory any more.

    Memory: a worker takes about 3 kB for its streams and batches, and 8 bytes for each of its
    samples; while its gradient is asked for or held, 4 d bytes for that and 2 kB; where its
    parameters are its own, 4 d bytes for them (with an optimizer's state, as much again for each
    array of it). Computing takes up to 8 MB more, whatever the number of workers.

    Parameters
    ----------
    model : Model
    samples : Samples
        From which batches choose by number.

    Attributes
    ----------
    statistics : array, shape (s,)
        The running ones of a worker that has not looked at any yet.

    Examples
    --------
    >>> import numpy as np
    >>> from simulator.learning.data import xor
    >>> from simulator.learning.models import linear
    >>> data = xor(np.random.default_rng(0))
    >>> pool = GradientPool(linear(data.task, init='zeros'), data.train)
    >>> start = frozen(np.zeros(6, np.float32))
    >>> first, second = (pool.request(worker, start, np.arange(4)) for worker in range(2))
    >>> first.value.tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    >>> second.result is not None
    True
    """

    def __init__(self, model: Model, samples: Samples):
        self.model = model
        self.samples = samples
        self.statistics = model.statistics
        self._running: dict[int, Floats] = {}
        self._asked: list[ref[Pending]] = []  # since anything was computed, in this order

    def __len__(self) -> int:
        """Return how many are asked for, not yet computed, and still wanted."""
        return len(self._wanted())

    def request(
        self, worker: int, parameters: Floats, batch: Indices, noise: Floats | None = None
    ) -> Pending:
        """Ask for the gradient at *parameters* (d,).

        Parameters
        ----------
        worker : int
        parameters : array, shape (d,)
        batch : array of int, shape (B,)
        noise : array, shape (B, model.noise), optional
            The worker's own draws; needed where the model takes any.
        """
        draws = None if noise is None else noise[None]
        return self.request_steps(worker, parameters, batch[None], GRADIENT, noise=draws)

    def request_steps(
        self,
        worker: int,
        parameters: Floats,
        batches: Indices,
        optimizer: Optimizer,
        state: State | None = None,
        factors: Floats | None = None,
        noise: Floats | None = None,
    ) -> Pending:
        """Ask where one step of *optimizer* on each of *batches* leads.

        Parameters
        ----------
        worker : int
        parameters : array, shape (d,)
            Where to begin.
        batches : array of int, shape (H, B)
        optimizer : Optimizer
            Requests with the same object are computed together.
        state : optional
            Of the optimizer, as the last request left it; fresh by default.
        factors : array, shape (H,), optional
            Of the rate, step by step.
        noise : array, shape (H, B, model.noise), optional
            The worker's own draws; needed where the model takes any.
        """
        order = Order(
            frozen(parameters.copy()) if parameters.flags.writeable else parameters,
            batches,
            noise,
            optimizer,
            optimizer.init(parameters) if state is None else state,
            factors,
        )
        pending = Pending(self, worker, order)
        self._asked.append(ref(pending))
        return pending

    def compute(self) -> None:
        """Compute all that is in flight; what has been dropped is not."""
        for group in _by_kind(self._wanted()):
            batch = group[0][1].batches.shape[1]
            for chunk in chunks(len(group), self.model.footprint(batch)):
                self._compute(group[chunk])
        self._asked.clear()

    def settle(self, pending: Pending) -> None:
        """Make sure that *pending* is computed, and count it in: somebody wants it now."""
        if pending.result is None:
            self.compute()
        if self.model.statistics.size:
            result = cast('Result', pending.result)
            before = self.running(pending.worker)
            self._running[pending.worker] = result.remains * before + result.statistics

    def running(self, worker: int) -> Floats:
        """Return the running statistics (s,) of *worker*, from all it asked for and looked at."""
        return self._running.get(worker, self.statistics)

    def _wanted(self) -> list[tuple[Pending, Order]]:
        asked = [pending for each in self._asked if (pending := each()) is not None]
        return [(pending, pending.order) for pending in asked if pending.order is not None]

    def _compute(self, group: list[tuple[Pending, Order]]) -> None:
        results = carry_out(self.model, self.samples, [order for _, order in group])
        for (pending, _), result in zip(group, results, strict=True):
            pending.result, pending.order = result, None


def _by_kind(wanted: list[tuple[Pending, Order]]) -> list[list[tuple[Pending, Order]]]:
    groups: defaultdict[object, list[tuple[Pending, Order]]] = defaultdict(list)
    for each in wanted:
        groups[each[1].kind].append(each)
    return list(groups.values())
