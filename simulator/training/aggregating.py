"""Aggregation rules at work: what a rule needs besides the vectors, from call to call."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulator.catalogue import Choice
from simulator.learning.arrays import Floats
from simulator.robust.aggregation import Context, Rule

__all__ = ['Aggregator', 'misfits']


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
    >>> aggregate = Aggregator(RULES.read('median'), np.random.default_rng(0))
    >>> aggregate(np.array([[1.0], [2.0], [9.0]]))
    array([2.])
    """

    def __init__(self, choice: Choice, rng: np.random.Generator):
        self._choice = choice
        self._rng = rng
        self._previous: Floats | None = None

    def __call__(self, vectors: Floats) -> Floats:
        """Return the aggregate of *vectors* (n, d), each counting as much as the others."""
        rule = self._choice.function
        if isinstance(rule, Rule):
            context = Context(self._previous, self._rng)
            result: Floats = rule(vectors, context, **self._choice.options)
        else:
            result = self._choice(vectors)
        self._previous = result
        return result


def misfits(choice: Choice, n: int) -> Iterator[str]:
    """Say what of a rule's options does not fit *n* vectors.

    Examples
    --------
    >>> from simulator.robust.aggregation import RULES
    >>> list(misfits(RULES.read({'krum': {'f': 4}}), 10))
    ['krum needs n >= 2f + 3: n=10, f=4']
    """
    rule = choice.function
    if isinstance(rule, Rule):
        yield from rule.check(n, **choice.options)
