"""What an optimizer is: a pair of pure functions, and a state that its user keeps."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from simulator.learning.arrays import Floats

State = tuple[Any, ...]


class Update(Protocol):
    """One step: ``(gradient, state, parameters, factor) -> (parameters, state)``.

    The rate of this step is the optimizer's rate times *factor*, which comes from a schedule,
    or from the staleness of the gradient; one number for all, or one a worker, (W, 1). Nothing
    is written to: the results are new arrays, of the type of the parameters. What diverges goes on
    to inf and nan; runs keep numpy's warnings of that silent.
    """

    def __call__(
        self, gradient: Floats, state: State, parameters: Floats, factor: float | Floats = 1.0
    ) -> tuple[Floats, State]:
        """Take the step."""
        ...


class Optimizer(NamedTuple):
    """A pair of pure functions on arrays (d,), or (W, d) for a stack of workers.

    Each element is treated by itself, so a stack gives bitwise what its rows would alone, and
    a slice of the parameters (a server's shard) what it would in the whole.

    Attributes
    ----------
    init : callable
        ``parameters -> state``, a NamedTuple of arrays whose leading axes are those of the
        parameters, so that states of workers can be stacked and averaged as parameters can.
    update : Update
    """

    init: Callable[[Floats], State]
    update: Update


def pace(rate: float, factor: float | Floats, parameters: Floats) -> Floats:
    """Return the rate of one step, in the type of the parameters."""
    if isinstance(factor, float):  # as a rule
        return _constant(rate * factor, parameters.dtype)
    return np.asarray(np.multiply(rate, factor, dtype=np.float64), parameters.dtype)


@lru_cache(maxsize=64)
def _constant(value: float, dtype: np.dtype[Any]) -> Floats:
    """Return an array () of a number that is used again and again."""
    return np.array(value, dtype)  # a product with a number takes half as long again
