"""What `search:` says: which keys to tune for each variant, by which figure, with how many trials.

::

    search:
      minimize: time_to_target
      over: {learning.optimizer.sgd.rate: {log_uniform: {low: 0.01, high: 1}}}
      trials: 27

A key that goes through another choice than a variant's (`sgd.rate` where the variant takes adam)
does not concern that variant; each key must concern one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from annotated_types import Ge, Gt, Le, MinLen
from pydantic import BaseModel, ConfigDict

from simulator.catalogue import Catalogue, Choice
from simulator.cluster.laws import ValueOrLaw

__all__ = ['SEARCH_LAWS', 'Figure', 'Search', 'drawn', 'ends']

Figure = Literal[
    'time_to_target', 'bytes_to_target', 'test_loss', 'test_error', 'train_loss', 'val_loss'
]


def uniform(rng: np.random.Generator, *, low: float, high: float) -> float:
    """Draw from anywhere between two numbers, all equally likely.

    Parameters
    ----------
    low, high : float
        The least and the most.
    """
    return float(rng.uniform(low, high))


def log_uniform(
    rng: np.random.Generator, *, low: Annotated[float, Gt(0)], high: Annotated[float, Gt(0)]
) -> float:
    """Draw between two positive numbers, each order of magnitude equally likely.

    Parameters
    ----------
    low, high : float
        The least and the most.

    References
    ----------
    .. [1] Bergstra & Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 13, 2012.
    """
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def integers(rng: np.random.Generator, *, low: int, high: int) -> int:
    """Draw a whole number between two, both included, all equally likely.

    Parameters
    ----------
    low, high : int
        The least and the most.
    """
    return int(rng.integers(low, high, endpoint=True))


SEARCH_LAWS = Catalogue(
    'law to search by', {'log_uniform': log_uniform, 'uniform': uniform, 'integers': integers}
)

Axis: TypeAlias = Annotated[
    Choice | list[Any], ValueOrLaw(Annotated[list[Any], MinLen(2)], SEARCH_LAWS)
]


class Search(BaseModel):
    """Tune some keys for each variant, by random search with successive halving, then compare.

    All trials run for a part of the scenario's stop; the best of them go on to a longer part,
    until few are left for the whole. They use a seed of their own, so that no variant is tuned on
    the seeds it is compared with.

    References
    ----------
    .. [1] Jamieson & Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter
       Optimization", AISTATS 2016 (successive halving).
    """

    model_config = ConfigDict(
        extra='forbid', strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    minimize: Figure = 'test_loss'
    """The figure of a run that decides; test_error is 1 - accuracy."""
    over: Annotated[dict[str, Axis], MinLen(1)]
    """For each dotted key a law to draw from, or a list of values."""
    trials: Annotated[int, Ge(2), Le(10_000)] = 27
    """Settings that are tried for each variant."""
    keep: Annotated[int, Ge(2), Le(100)] = 3
    """One of so many trials goes on, for so many times as long."""
    rungs: Annotated[int, Ge(1), Le(10)] = 3
    """How often it is decided; 1 is plain random search."""
    seed: Annotated[int, Ge(0), Le(2**63 - 1)] = 2**31
    """Seed of the draws, and of the runs that are tried."""

    def settings(self, trial: int) -> dict[str, Any]:
        """Return what trial number *trial* sets, key by key: the same for all variants."""
        from simulator.seeds import Seeds

        seeds = Seeds(self.seed)
        return {
            key: drawn(axis, seeds.stream('search', key=key, trial=trial))
            for key, axis in self.over.items()
        }

    def shares(self) -> list[tuple[int, float]]:
        """Return how many trials each rung has, and which part of the stop they run for.

        Examples
        --------
        >>> Search(over={'learning.batch': [8, 32]}, trials=27).shares()
        [(27, 0.1111111111111111), (9, 0.3333333333333333), (3, 1.0)]
        """
        counts = [self.trials]
        while len(counts) < self.rungs and counts[-1] > self.keep:
            counts.append(max(1, counts[-1] // self.keep))
        last = len(counts) - 1
        return [(count, self.keep ** (k - last) * 1.0) for k, count in enumerate(counts)]


def drawn(axis: Choice | list[Any], rng: np.random.Generator) -> Any:
    """Return one value of an axis."""
    return axis[int(rng.integers(len(axis)))] if isinstance(axis, list) else axis(rng)


def ends(axis: Choice | list[Any]) -> Iterator[Any]:
    """Yield the values between which an axis lies: if they may stand there, so may the others."""
    if isinstance(axis, list):
        yield from axis
    else:
        options: Mapping[str, Any] = axis.options
        yield from (options['low'], options['high'])
