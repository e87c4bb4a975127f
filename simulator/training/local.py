"""Local steps: how many between two synchronizations, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, TypeAlias

from annotated_types import Ge, Gt, Le

__all__ = ['Growth', 'LocalSteps', 'Steps']

MOST = 10_000

Steps: TypeAlias = Annotated[int, Ge(1), Le(MOST)]
Growth: TypeAlias = Annotated[float, Gt(0), Le(10)]


@dataclass(frozen=True)
class LocalSteps:
    """H local steps between two synchronizations, growing or shrinking from round to round.

    Attributes
    ----------
    first : int
        H in the first round.
    growth : float
        By what H is multiplied each round; it stays between 1 and 10,000.

    References
    ----------
    .. [1] Stich, "Local SGD Converges Fast and Communicates Little", ICLR 2019.
    .. [2] Wang & Joshi, "Adaptive Communication Strategies to Achieve the Best Error-Runtime
       Trade-off in Local-Update SGD", MLSys 2019 (H that decays).

    Examples
    --------
    >>> steps = LocalSteps(8, 0.5)
    >>> [steps.of(round_) for round_ in (1, 2, 3, 4, 5)]
    [8, 4, 2, 1, 1]
    """

    first: int = 1
    growth: float = 1.0

    @cached_property
    def are_plain(self) -> bool:
        """Whether each round is one step: gradients travel, not models."""
        return self.first == 1 and self.growth == 1.0

    def of(self, round_: int) -> int:
        """Return H of round number *round_*, from 1."""
        if self.growth == 1.0:
            return self.first
        exponent = min(round_ - 1, 10_000)
        grown = self.first * self.growth**exponent if self.growth < 1.0 else self._grown(exponent)
        return max(1, min(MOST, round(grown)))

    def _grown(self, exponent: int) -> float:
        value = float(self.first)
        while exponent > 0 and value < MOST:  # a power would overflow
            value *= self.growth
            exponent -= 1
        return value
