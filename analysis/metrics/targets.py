"""How soon, and at what price, a run got as far as was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.groups import Group
from analysis.load import Run
from analysis.metrics.curves import curve

__all__ = ['Reach', 'Target', 'best', 'choose_target', 'levels', 'reach']

_RACE = 0.1  # accuracy by which a variant may trail the best and still set the target
_GRAIN = 0.05
_LEVELS = (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995)
_CLEAR = 0.02  # where a curve is nearly level, noise decides when it crosses


@dataclass(frozen=True)
class Target:
    """A level of accuracy or loss to be reached.

    Attributes
    ----------
    metric : str
        `test_accuracy` (reached from below), `test_perplexity`, `test_loss` (from above).
    value : float
        The level.
    given : bool
        Whether the scenario names it; else it was chosen from the curves.
    """

    metric: str
    value: float
    given: bool

    @property
    def rising(self) -> bool:
        """Whether more is better."""
        return self.metric == 'test_accuracy'

    def met(self, values: pd.Series[float]) -> pd.Series[bool]:
        """Return where *values* are at the target or beyond."""
        return values >= self.value if self.rising else values <= self.value


class Reach(NamedTuple):
    """Where a run first met its target; NaN for what it never did or was not recorded."""

    seconds: float
    rounds: float
    bytes: float


def reach(run: Run, target: Target) -> Reach:
    """Return time, rounds and bytes at the first evaluation that met *target*."""
    key = f'{__name__}.reach {target}'
    if key not in run.memory:
        run.memory[key] = _reach(run, target)
    found: Reach = run.memory[key]
    return found


def _reach(run: Run, target: Target) -> Reach:
    records = curve(run)
    if target.metric not in records:
        return Reach(np.nan, np.nan, np.nan)
    met = records[target.met(records[target.metric])]
    if met.empty:
        return Reach(np.nan, np.nan, np.nan)
    row = met.iloc[0]
    return Reach(*(float(row.get(axis, np.nan)) for axis in Reach._fields))


def best(run: Run, metric: str) -> float:
    """Return the best value of *metric* a run ever had; NaN where it was not recorded."""
    records = curve(run)
    values = records[metric].dropna() if metric in records else pd.Series(dtype=float)
    if values.empty:
        return float('nan')
    return float(values.max() if metric == 'test_accuracy' else values.min())


def choose_target(groups: Sequence[Group]) -> Target | None:
    """Return the level by which *groups* are compared; None without any evaluation.

    The scenario's own where there is one. Else the greatest multiple of 0.05 that every
    run exceeded by 0.02 or more, variants whose mean trails the best by more than 0.1 left
    aside; for a perplexity or a loss, the least value that every run reached, rounded up to two
    digits.
    """
    given = [value for g in groups for run in g.runs if (value := _given(run)) is not None]
    if given:
        return Target('test_accuracy', max(given), given=True)
    for metric in ('test_perplexity', 'test_accuracy', 'test_loss'):
        values = [np.array([best(run, metric) for run in g.runs]) for g in groups]
        values = [v for v in values if not np.isnan(v).all()]
        if values:
            return Target(metric, _level(metric, values), given=False)
    return None


def levels(groups: Sequence[Group], most: int = 5) -> list[float]:
    """Return accuracies worth a column: the highest that some variant reached in every run."""
    tops = [min(best(run, 'test_accuracy') for run in g.runs) for g in groups]
    return [level for level in _LEVELS if any(top >= level for top in tops)][-most:]


def _given(run: Run) -> float | None:
    """Return the accuracy a run was to reach: what its time_to_target speaks of."""
    value: Any = run.summary.get('target')
    stop = run.scenario.get('stop')
    if value is None and isinstance(stop, dict):
        value = stop.get('accuracy')
    return float(value) if isinstance(value, int | float) else None


def _level(metric: str, values: list[Any]) -> float:
    if metric != 'test_accuracy':
        worst = max(float(np.nanmax(v)) for v in values)
        scale = 10.0 ** (np.floor(np.log10(worst)) - 1) if worst > 0 else 1.0
        return float(np.ceil(worst / scale - 1e-9) * scale)
    top = max(float(np.nanmean(v)) for v in values)
    weakest = min(float(np.nanmin(v)) for v in values if np.nanmean(v) >= top - _RACE)
    return max(_GRAIN, round(float(np.floor((weakest - _CLEAR) / _GRAIN + 1e-9)) * _GRAIN, 4))
