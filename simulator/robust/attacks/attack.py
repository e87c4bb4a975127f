"""What an attack is: what it is shown, what it returns, and what stands beside it as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, update_wrapper
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.errors import ScenarioError
from simulator.robust.arrays import Vector, Vectors, mean_of

__all__ = ['ActsOn', 'Attack', 'Knowledge', 'Shard', 'View', 'attack']

Knowledge = Literal['own', 'all']
ActsOn = Literal['values', 'data', 'time']


@dataclass(frozen=True)
class View:
    """What the adversary sees when its nodes have to send.

    Vectors are what honest nodes send: gradients, which the receiver subtracts from its model,
    or, in gossip, models.

    Attributes
    ----------
    honest : array, shape (h, d)
        What the honest nodes send, as far as is known.
    own : array, shape (b, d)
        What the Byzantine nodes would send, were they honest.
    rng : numpy.random.Generator, optional
        For attacks that draw.
    n : int
        How many vectors the receiver aggregates; h + b by default. Where fewer honest ones are
        known, those stand for the others, too.
    rule : callable, optional
        ``(n, d) -> (d,)``: the receiver's aggregation, for attacks that try it out.
    step : int
    receiver : array, shape (d,), optional
        The receiver's own vector, where it has one (gossip).
    weights : array, shape (h + b,), optional
        The receiver's weight of each sender, honest ones first; equal by default.
    target : int, optional
        Number of the receiver among those of its role, for attacks that tell receivers apart.
    """

    honest: Vectors
    own: Vectors
    rng: np.random.Generator | None = None
    n: int = 0
    rule: Callable[[Vectors], Vector] | None = None
    step: int = 0
    receiver: Vector | None = None
    weights: Vector | None = None
    target: int | None = None

    def __post_init__(self) -> None:
        if not self.n:
            object.__setattr__(self, 'n', len(self.honest) + len(self.own))

    @property
    def f(self) -> int:
        """How many vectors the adversary sends."""
        return len(self.own)

    @property
    def others(self) -> Vectors:
        """The n - f vectors that the receiver gets from the honest, as far as can be told."""
        count = max(self.n - self.f, 0)
        if count == len(self.honest):
            return self.honest
        return np.asarray(self.honest[np.arange(count) % len(self.honest)])

    @cached_property
    def mean(self) -> Vector:
        """The mean of the honest vectors, as far as they are known."""
        return mean_of(self.honest)

    @cached_property
    def deviation(self) -> Vector:
        """The standard deviation of each coordinate over the honest vectors (divided by h)."""
        away = self.honest - self.mean
        away *= away
        return np.asarray(np.sqrt(mean_of(away)))

    def restricted(self) -> View:
        """Return what is left to an adversary that knows its own nodes only.

        Their would-be honest vectors then stand for those of the others.
        """
        return replace(self, honest=self.own, weights=None)

    def with_own(self, own: Vectors) -> View:
        """Return the same view of nodes that would send something else: for attacks in a row."""
        return replace(self, own=own)

    def draws(self) -> np.random.Generator:
        """Return the generator; refuse to do without."""
        if self.rng is None:
            raise ScenarioError('this attack draws: hand it a generator, View(rng=...)')
        return self.rng

    def outcome(self, sent: Vector) -> Vector:
        """Return what the receiver would make of it if all Byzantine nodes sent *sent*."""
        if self.rule is None:
            raise ScenarioError('this attack tries out the aggregation rule, but none is in use')
        return np.asarray(self.rule(self.received(sent)))

    def received(self, sent: Vector) -> Vectors:
        """Return what the receiver gets, (n, d), if all Byzantine nodes send *sent*."""
        lies = np.broadcast_to(np.asarray(sent, self.own.dtype), self.own.shape)
        return np.concatenate([self.others, lies])


@dataclass(frozen=True)
class Shard:
    """The training data of a Byzantine node, which an attack on data changes.

    Attributes
    ----------
    inputs : array, shape (s, ...)
    targets : array of int, shape (s,)
    classes : int
        How many there are, over all nodes.
    """

    inputs: NDArray[Any]
    targets: NDArray[np.integer[Any]]
    classes: int


class Attack:
    """An attack, made by the decorator `attack`.

    One on values is called with a `View` and returns what each Byzantine node sends, (b, d); one
    on data with `Shard` and a generator, and returns the samples to train on.

    Attributes
    ----------
    knows : {'own', 'all'}
        Whether it needs to see all honest vectors, or only its own nodes'.
    acts_on : {'values', 'data', 'time'}
    tries_rule : bool
        Whether it calls the view's rule, perhaps many times.
    needs_receiver : bool
        Whether it acts on receivers that have a vector of their own only.
    per_receiver : bool
        Whether receivers get different values.
    measures : callable, optional
        Of an attack on data: ``(samples, **options) -> samples or None``, the test samples and
        the answers that it wants of them; the share of them that it gets is its success rate.
    fits : callable, optional
        Of an attack on data: ``(shape, classes, **options)``, given the shape of a sample and how
        many classes there are (None: targets are values), says what does not fit.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        knows: Knowledge,
        acts_on: ActsOn,
        tries_rule: bool = False,
        needs_receiver: bool = False,
        per_receiver: bool = False,
        measures: Callable[..., Shard | None] | None = None,
        fits: Callable[..., Iterator[str]] | None = None,
    ):
        update_wrapper(self, function)
        self.knows = knows
        self.acts_on = acts_on
        self.tries_rule = tries_rule
        self.needs_receiver = needs_receiver
        self.per_receiver = per_receiver
        self.measures = measures
        self.fits = fits
        self._function = function

    def __call__(self, shown: Any, *more: Any, **options: Any) -> Any:
        """Return what is sent, (b, d), or the poisoned samples."""
        if not isinstance(shown, View):
            return self._function(shown, *more, **options)
        if not shown.f:
            return shown.own
        known = shown if len(shown.honest) else shown.restricted()
        with np.errstate(all='ignore'):
            sent = self._function(known, **options)
            return np.array(np.broadcast_to(sent, shown.own.shape), shown.own.dtype)


def attack(
    *,
    knows: Knowledge = 'all',
    acts_on: ActsOn = 'values',
    tries_rule: bool = False,
    needs_receiver: bool = False,
    per_receiver: bool = False,
    measures: Callable[..., Shard | None] | None = None,
    fits: Callable[..., Iterator[str]] | None = None,
) -> Callable[[Callable[..., Any]], Attack]:
    """Make an attack of a function.

    Parameters
    ----------
    knows : {'own', 'all'}
        Of attacks on values. One that knows all works with less, worse, after
        `View.restricted`.
    acts_on : {'values', 'data', 'time'}
    tries_rule, needs_receiver, per_receiver : bool
    measures, fits : callable, optional
        See `Attack`.

    Examples
    --------
    >>> @attack(knows='own')
    ... def lazy(view):
    ...     return view.own / 2
    >>> lazy(View(honest=np.ones((3, 2)), own=np.full((1, 2), 4.0)))
    array([[2., 2.]])
    """

    def decorate(function: Callable[..., Any]) -> Attack:
        more = needs_receiver, per_receiver, measures, fits
        return Attack(function, knows, acts_on, tries_rule, *more)

    return decorate
