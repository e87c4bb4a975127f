"""What a wrapper is: a rule that has another one inside, and answers for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from simulator.catalogue import Choice
from simulator.robust.aggregation.rule import Flops, Needs, Promises, Rule
from simulator.robust.aggregation.use import flops as flops_of
from simulator.robust.aggregation.use import problems, tolerance
from simulator.robust.arrays import Vector

__all__ = ['Wrapper', 'wrapper']


class Wrapper(Rule):
    """A rule with an option `rule`; its tolerance, checks and cost include the inner one's."""

    def __init__(
        self,
        function: Callable[..., Vector],
        needs: Needs | None,
        promises: Promises,
        flops: Flops,
        passes: Callable[..., int],
    ):
        super().__init__(function, needs, promises, self._both, None, None, False)
        self._own_flops = flops
        self._passes = passes

    def tolerance(self, n: int, **options: Any) -> int:
        """Return how many liars among n both rules survive."""
        rule: Choice = options.pop('rule')
        own = self.needs.tolerance(n) if self.needs else n
        inner = tolerance(rule, self._passes(n, **options))
        return own if inner is None else min(own, inner)

    def check(self, n: int, **options: Any) -> Iterator[str]:
        """Say what of the options, or of the inner rule's, does not fit n vectors."""
        rule: Choice = options.pop('rule')
        yield from super().check(n, **options)
        inner = self._passes(n, **options)
        within = self.name if inner == n else f'{self.name} to {inner} vectors'
        for problem in problems(rule, inner):
            yield f'{within}: {problem}'

    def _both(self, n: int, d: int, *, rule: Choice, **options: Any) -> float:
        inner = self._passes(n, **options)
        return self._own_flops(n, d, **options) + flops_of(rule, inner, d)


def wrapper(
    *,
    needs: Needs | None = None,
    flops: Flops,
    promises: Promises | None = None,
    passes: Callable[..., int] = lambda n, **_: n,
) -> Callable[[Callable[..., Vector]], Wrapper]:
    """Make a wrapper of a function that takes an option `rule`.

    Parameters
    ----------
    needs : Needs, optional
        What the wrapper itself needs; by default nothing.
    flops : callable
        Of the wrapper itself.
    promises : Promises, optional
        Of the wrapper itself, with a rule inside that promises everything.
    passes : callable
        ``(n, **options)``: how many vectors the inner rule gets.
    """

    def decorate(function: Callable[..., Vector]) -> Wrapper:
        return Wrapper(function, needs, promises or Promises(), flops, passes)

    return decorate
