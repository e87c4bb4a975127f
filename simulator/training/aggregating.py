"""Aggregation rules at work: what a rule needs besides the vectors, from call to call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.catalogue import Choice
from simulator.learning.arrays import Floats
from simulator.robust.aggregation import Context, Outcome, aggregate, outcome

__all__ = ['Aggregator']


class Aggregator:
    """A chosen rule in the hands of one who aggregates again and again.

    Parameters
    ----------
    choice : Choice
        Of a rule; a plug-in's may be a plain function of the vectors.
    rng : numpy.random.Generator
        For rules that draw.

    Examples
    --------
    >>> from simulator.robust.aggregation import RULES
    >>> mixed = Aggregator(RULES.read('median'), np.random.default_rng(0))
    >>> mixed(np.array([[1.0], [2.0], [9.0]]))
    array([2.])
    """

    def __init__(self, choice: Choice, rng: np.random.Generator):
        self._choice = choice
        self._rng = rng
        self._previous: Floats | None = None

    def trial(
        self, vectors: Floats, rng: np.random.Generator, samples: Floats | None = None
    ) -> Floats:
        """Return what it would make of *vectors* now, with draws of the caller's; forget it."""
        return aggregate(self._choice, vectors, Context(self._previous, rng, samples))

    def __call__(self, vectors: Floats | Sequence[object]) -> Floats:
        """Return the aggregate of *vectors* (n, d), each counting as much as the others."""
        return self.outcome(vectors).vector

    def outcome(self, vectors: Floats | Sequence[object], samples: Floats | None = None) -> Outcome:
        """Return the aggregate and what was selected for it; *samples* (n,) may stand behind."""
        result = outcome(self._choice, vectors, Context(self._previous, self._rng, samples))
        self._previous = result.vector
        return result
