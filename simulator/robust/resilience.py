"""Resilience as Blanchard et al. define it, measured at fixed parameters over many draws.

A rule F is (alpha, f)-resilient if, whatever f liars send, E[F] and the true gradient g are at an
angle of at most alpha < pi / 2. It is about moments: one draw says nothing, and the angle is
against the full gradient, not against the mean of a batch. For Krum the published condition is
eta(n, f) sqrt(d) sigma < |g|, where sqrt(d) sigma is the root of E|G - g|^2, and then
sin alpha = eta sqrt(d) sigma / |g| and |E[F] - g| <= eta sqrt(d) sigma.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from simulator.robust.arrays import Vector, Vectors
from simulator.robust.attacks import View
from simulator.robust.measures import angle

__all__ = ['Resilience', 'krum_constant', 'resilience']


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
        eta sqrt(d) sigma, nan where no constant was given.
    """

    distance: float
    distance_error: float
    angle: float
    norm: float
    deviation: float
    bound: float

    @property
    def holds(self) -> bool:
        """Whether the published condition is met, so that resilience is promised."""
        return self.bound < self.norm

    @property
    def largest_angle(self) -> float:
        """The alpha that is promised, in radians; nan where none is."""
        return float(np.arcsin(self.bound / self.norm)) if self.holds else float('nan')


def krum_constant(n: int, f: int) -> float:
    """Return eta(n, f) of Krum.

    eta^2 = 2 (n - f + (f (n - f - 2) + f^2 (n - f - 1)) / (n - 2f - 2)).

    Parameters
    ----------
    n, f : int
        n >= 2f + 3.

    References
    ----------
    .. [1] Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient
       Descent", NeurIPS 2017 (proposition 1).

    Examples
    --------
    >>> krum_constant(8, 0), round(krum_constant(25, 5), 3)
    (4.0, 11.266)
    """
    more = (f * (n - f - 2) + f**2 * (n - f - 1)) / (n - 2 * f - 2)
    return float(np.sqrt(2 * (n - f + more)))


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
        The rule's published eta.

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
    truth = np.asarray(gradient, np.float64)
    results, squares = np.empty((draws, len(truth))), np.empty(draws)
    for k in range(draws):
        vectors = draw(rng)
        honest, own = vectors[: len(vectors) - f], vectors[len(vectors) - f :]
        lies = attack(View(honest, own, rng=rng, rule=rule, step=k))
        results[k] = rule(np.concatenate([honest, lies]))
        squares[k] = ((vectors - truth) ** 2).sum(axis=1).mean()
    mean = results.mean(axis=0)
    deviation = float(np.sqrt(squares.mean()))
    return Resilience(
        distance=float(np.linalg.norm(mean - truth)),
        distance_error=float(np.sqrt(results.var(axis=0, ddof=1).sum() / draws)),
        angle=angle(mean, truth),
        norm=float(np.linalg.norm(truth)),
        deviation=deviation,
        bound=float('nan') if constant is None else constant * deviation,
    )
