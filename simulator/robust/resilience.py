"""Resilience as Blanchard et al. define it, measured at fixed parameters over many draws.

A rule F is (alpha, f)-resilient if, whatever f liars send, E[F] and the true gradient g are at an
angle of at most alpha < pi / 2. It is about moments: one draw says nothing, and the angle is
against the full gradient, not against the mean of a batch. Where a constant c of the rule is
published (for Krum it is called eta(n, f)), the condition is c sqrt(d) sigma < |g|, where
sqrt(d) sigma is the root of E|G - g|^2, and then sin alpha = c sqrt(d) sigma / |g| and
|E[F] - g| <= c sqrt(d) sigma.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from simulator.robust.arrays import Vector, Vectors
from simulator.robust.attacks import View
from simulator.robust.measures import angle

__all__ = ['Moments', 'Resilience', 'attacked', 'resilience']


class Resilience(NamedTuple):
    """What was measured, and what is promised.

    Attributes
    ----------
    distance : float
        |E[F] - g|.
    distance_error : float
        Standard error of the estimate of E[F]: a distance of that size may be chance.
    angle : float
        Between E[F] and g, in radians.
    norm : float
        |g|.
    deviation : float
        sqrt(d) sigma: the root of E|G - g|^2 of an honest gradient G.
    bound : float
        c sqrt(d) sigma, nan where no constant was given.
    leeway : float
        The largest coordinate of E[F] - g, in standard deviations sigma of a coordinate.
    """

    distance: float
    distance_error: float
    angle: float
    norm: float
    deviation: float
    bound: float
    leeway: float

    @property
    def holds(self) -> bool:
        """Whether the published condition is met, so that resilience is promised."""
        return self.bound < self.norm

    @property
    def largest_angle(self) -> float:
        """The alpha that is promised, in radians; nan where none is."""
        return float(np.arcsin(self.bound / self.norm)) if self.holds else float('nan')


class Moments:
    """Draws one after another, of which sums are kept: any number of them, in the memory of two.

    Parameters
    ----------
    gradient : array, shape (d,)
        The full gradient g.
    constant : float, optional
        The rule's published one.

    Examples
    --------
    >>> moments = Moments(np.array([3.0, 4.0]))
    >>> for aggregate in ([3.0, 5.0], [3.0, 7.0]):
    ...     moments.add(np.array(aggregate), np.array([[3.0, 5.0], [3.0, 3.0]]))
    >>> found = moments.measured()
    >>> found.distance, found.distance_error, found.norm, found.deviation
    (2.0, 1.0, 5.0, 1.0)
    """

    def __init__(self, gradient: Vector, constant: float | None = None):
        self._truth = np.asarray(gradient, np.float64)
        self._constant = float('nan') if constant is None else constant
        self._away = np.zeros_like(self._truth)
        self._squares = self._deviations = 0.0
        self._draws = 0

    def add(self, aggregate: Vector, honest: Vectors) -> None:
        """Count a draw: what the rule returned, (d,), and honest vectors (h, d)."""
        with np.errstate(all='ignore'):
            away = aggregate - self._truth
            self._away += away
            self._squares += float(away @ away)
            others = honest - self._truth
        self._deviations += float(np.einsum('ij,ij->', others, others)) / len(honest)
        self._draws += 1

    def measured(self) -> Resilience:
        """Return what the draws so far say; at least one is needed, two for the error."""
        draws = self._draws
        with np.errstate(all='ignore'):
            mean = self._away / draws
            variance = max(self._squares - draws * float(mean @ mean), 0.0) / max(draws - 1, 1)
            distance = float(np.linalg.norm(mean))
        deviation = np.sqrt(self._deviations / draws)
        return Resilience(
            distance=distance,
            distance_error=float(np.sqrt(variance / draws)) if np.isfinite(distance) else np.inf,
            angle=angle(self._truth + mean, self._truth),
            norm=float(np.linalg.norm(self._truth)),
            deviation=float(deviation),
            bound=float(self._constant * deviation),
            leeway=float(np.abs(mean).max() * np.sqrt(mean.size) / deviation),
        )


def resilience(
    draw: Callable[[np.random.Generator], Vectors],
    gradient: Vector,
    rule: Callable[[Vectors], Vector],
    attack: Callable[[View], Vectors],
    *,
    f: int,
    draws: int,
    rng: np.random.Generator,
    constant: float | None = None,
) -> Resilience:
    """Estimate how far, and at which angle, a rule's mean result is from the full gradient.

    Parameters
    ----------
    draw : callable
        Returns what n honest workers would send, (n, d), each time of new mini-batches.
    gradient : array, shape (d,)
        The full gradient at the same parameters.
    rule : callable
        ``(n, d) -> (d,)``.
    attack : callable
        Returns what the last f of the workers send instead, (f, d).
    f : int
    draws : int
        At least 2.
    rng : numpy.random.Generator
    constant : float, optional
        The rule's published one.

    Examples
    --------
    >>> found = resilience(
    ...     lambda rng: 5 + rng.standard_normal((9, 4)),
    ...     np.full(4, 5.0),
    ...     lambda vectors: vectors.mean(axis=0),
    ...     lambda view: -100 * view.own,
    ...     f=1,
    ...     draws=100,
    ...     rng=np.random.default_rng(0),
    ... )
    >>> found.angle > 3.0, found.distance > found.norm
    (True, True)
    """
    moments = Moments(gradient, constant)
    for step in range(draws):
        vectors = draw(rng)
        moments.add(rule(attacked(vectors, attack, f=f, rng=rng, rule=rule, step=step)), vectors)
    return moments.measured()


def attacked(
    vectors: Vectors,
    attack: Callable[[View], Vectors],
    *,
    f: int,
    rng: np.random.Generator,
    rule: Callable[[Vectors], Vector],
    step: int = 0,
) -> Vectors:
    """Return vectors (n, d) with the last f replaced by what the attack makes of them."""
    honest, own = vectors[: len(vectors) - f], vectors[len(vectors) - f :]
    return np.concatenate([honest, attack(View(honest, own, rng=rng, rule=rule, step=step))])
