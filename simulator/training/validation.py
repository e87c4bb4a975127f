"""Early stopping: the best parameters by samples kept for validation."""

from __future__ import annotations

import math
from typing import Literal

from simulator.learning import Learning
from simulator.learning.arrays import Floats

__all__ = ['Keep', 'Validation']

Keep = Literal['best', 'last']


class Validation:
    """Remembers the best parameters, and knows when there will hardly be better ones.

    Parameters
    ----------
    learning : Learning
        With samples kept for validation.
    patience : int, optional
        Evaluations without a better loss after which the run should end; by default it never
        should.
    keep : str
        Whether the run is to end with the ``best`` parameters, or the ``last``.

    Attributes
    ----------
    loss : float
        The least so far.
    keeps : bool
        Whether the best parameters are to become the run's.
    round : int
        When it was reached.
    parameters, statistics : array
        With which.

    References
    ----------
    .. [1] Prechelt, "Early Stopping - But When?", Neural Networks: Tricks of the Trade, 1998.
    """

    def __init__(self, learning: Learning, patience: int | None = None, keep: Keep = 'best'):
        self.loss = math.inf
        self.round = 0
        self.keeps = keep == 'best'
        self.parameters: Floats | None = None
        self.statistics: Floats | None = None
        self._learning = learning
        self._patience = patience
        self._in_vain = 0

    def measure(self, parameters: Floats, round_: int) -> float:
        """Return the loss of *parameters* (d,), and remember them if they are the best."""
        loss = self._learning.validation_loss(parameters)
        if loss < self.loss or self.parameters is None:
            self.loss, self.round, self._in_vain = loss, round_, 0
            self.parameters, self.statistics = parameters, self._learning.statistics()
        else:
            self._in_vain += 1
        return loss

    @property
    def is_over(self) -> bool:
        """Whether patience has run out."""
        return self._patience is not None and self._in_vain >= self._patience
