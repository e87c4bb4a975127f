"""What a rule is: a function of vectors, with what it needs, promises and costs beside it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.errors import ScenarioError
from simulator.robust.aggregation.received import cleaned, stacked
from simulator.robust.arrays import Indices, Vector, Vectors

__all__ = ['ALONE', 'Context', 'Needs', 'Outcome', 'Promises', 'Rule', 'rule']

Flops = Callable[..., float]
Problems = Callable[..., Iterable[str]]
Constant = Callable[..., 'float | None']


class Needs(NamedTuple):
    """How many vectors a rule needs to survive f liars among them: n >= per_liar f + least.

    Examples
    --------
    >>> needs = Needs(2, 3)
    >>> str(needs), needs.tolerance(10), needs.tolerance(2)
    ('n >= 2f + 3', 3, -1)
    """

    per_liar: int
    least: int

    def tolerance(self, n: int) -> int:
        """Return the largest f for n vectors, -1 if not even none."""
        return max((n - self.least) // self.per_liar, -1)

    def __str__(self) -> str:
        return f'n >= {self.per_liar}f + {self.least}'


@dataclass(frozen=True)
class Promises:
    """What holds for a rule, whatever the vectors; the contract tests check just this.

    Attributes
    ----------
    permutation_invariant : bool
        The result does not depend on the order of the vectors, unless distances leave a choice
        (two groups of equal vectors, say): then the first in order wins.
    translation_equivariant : bool
        Moving all vectors by t moves the result by t.
    scale_equivariant : bool
        Scaling all vectors by c > 0 scales the result by c.
    returns_unanimous : bool
        When all but a tolerated number of vectors are the same, the result is that vector.
    weighted_by_samples : bool
        A vector counts as often as its sender has samples.
    """

    permutation_invariant: bool = True
    translation_equivariant: bool = True
    scale_equivariant: bool = True
    returns_unanimous: bool = True
    weighted_by_samples: bool = False

    def __and__(self, other: Promises) -> Promises:
        """Return what both promise."""
        names = self.__dataclass_fields__
        return Promises(**{n: getattr(self, n) and getattr(other, n) for n in names})


@dataclass(frozen=True)
class Context:
    """What some rules need besides the vectors; whoever aggregates hands it to any rule.

    Attributes
    ----------
    previous : array, shape (d,), optional
        What the same rule returned last: all the state that any rule has.
    rng : numpy.random.Generator, optional
        For rules that draw; they refuse to work without.
    samples : array, shape (n,), optional
        Samples behind each vector.
    """

    previous: Vector | None = None
    rng: np.random.Generator | None = None
    samples: NDArray[Any] | None = None

    def draws(self, who: str) -> np.random.Generator:
        """Return the generator, for the rule called *who*."""
        if self.rng is None:
            raise ScenarioError(f'{who} draws: hand it a generator, Context(rng=...)')
        return self.rng


ALONE = Context()
"""Nothing but the vectors."""


class Outcome(NamedTuple):
    """What a rule makes of vectors.

    Attributes
    ----------
    vector : array, shape (d,)
        The aggregate.
    selected : array of int, optional
        Which vectors the rule went on with, where it selects.
    """

    vector: Vector
    selected: Indices | None = None


class Rule:
    """A rule, made by the decorator `rule`; call it with vectors, a context, and its options.

    Attributes
    ----------
    name : str
    needs : Needs, optional
    promises : Promises
    flops : callable
        ``(n, d, **options) -> float``: additions, multiplications and comparisons.
    constant : callable, optional
        ``(n, *, f, **options) -> float or None``: what is published of how far it strays, see
        `constants`.
    """

    def __init__(
        self,
        function: Callable[..., Vector],
        needs: Needs | None,
        promises: Promises,
        flops: Flops,
        problems: Problems | None,
        selects: Callable[..., Indices] | None,
        as_received: bool,
        constant: Constant | None = None,
    ):
        update_wrapper(self, function)
        self.constant = constant
        self.promises = promises
        self.flops = flops
        self.needs = needs
        self._function = function
        self._problems = problems
        self._selects = selects
        self._receive = stacked if as_received else cleaned
        who_draws = selects or function
        self._takes_context = 'context' in inspect.signature(who_draws).parameters
        self.name = function.__name__

    def __call__(
        self, vectors: Vectors | Sequence[object], context: Context = ALONE, **options: Any
    ) -> Vector:
        """Return the aggregate, shape (d,), of the dtype of the vectors."""
        return self.outcome(vectors, context, **options).vector

    def outcome(
        self, vectors: Vectors | Sequence[object], context: Context = ALONE, **options: Any
    ) -> Outcome:
        """Return the aggregate, and what it was made of."""
        received = self._checked(vectors, options)
        more = (context,) if self._takes_context else ()
        with np.errstate(all='ignore'):
            if self._selects is None:
                return Outcome(self._function(received, *more, **options))
            chosen = self._selects(received, *more, **options)
            return Outcome(self._function(received, chosen, **options), chosen)

    def selects(
        self, vectors: Vectors | Sequence[object], context: Context = ALONE, **options: Any
    ) -> Indices | None:
        """Return which vectors a rule that selects goes on with; None for one that does not."""
        if self._selects is None:
            return None
        more = (context,) if self._takes_context else ()
        with np.errstate(all='ignore'):
            return self._selects(self._checked(vectors, options), *more, **options)

    def tolerance(self, n: int, **_: Any) -> int:
        """Return how many liars among n the rule survives."""
        return self.needs.tolerance(n) if self.needs else 0

    def check(self, n: int, **options: Any) -> Iterator[str]:
        """Say what of the options does not fit n vectors, with the numbers."""
        f = options.get('f', 0)
        if self.needs and not 0 <= f <= self.needs.tolerance(n):
            yield f'{self.name} needs {self.needs}: n={n}, f={f}'
        elif self._problems is not None:
            yield from self._problems(n, **options)

    def _checked(self, vectors: Vectors | Sequence[object], options: dict[str, Any]) -> Vectors:
        received = self._receive(vectors)
        for problem in self.check(len(received), **options):
            raise ScenarioError(problem)
        return received


def rule(
    *,
    needs: Needs | None,
    flops: Flops,
    promises: Promises | None = None,
    problems: Problems | None = None,
    selects: Callable[..., Indices] | None = None,
    as_received: bool = False,
    constant: Constant | None = None,
) -> Callable[[Callable[..., Vector]], Rule]:
    """Make a rule of a function of clean vectors (n, d); see `received` for what clean means.

    Parameters
    ----------
    needs : Needs or None
        Vectors needed for a number of liars; None if the rule survives none.
    flops : callable
        ``(n, d, **options) -> float``.
    promises : Promises, optional
        By default all but weighting.
    problems : callable, optional
        ``(n, **options)``, says what else does not fit.
    selects : callable, optional
        Takes vectors, perhaps a context, and the options; returns which vectors to go on with.
        The rule itself is then handed those in place of the context.
    as_received : bool
        Whether the rule wants values as they are, nan included.
    constant : callable, optional
        ``(n, *, f, **options)``: what is published of how far it strays.

    Examples
    --------
    >>> @rule(needs=Needs(2, 1), flops=lambda n, d: n * d)
    ... def middle(vectors):
    ...     return np.median(vectors, axis=0)
    >>> middle([[1.0], None, [3.0]]), middle.tolerance(3)
    (array([1.]), 1)
    """

    def decorate(function: Callable[..., Vector]) -> Rule:
        given = promises or Promises()
        return Rule(function, needs, given, flops, problems, selects, as_received, constant)

    return decorate
