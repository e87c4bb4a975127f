"""What a closed form promised, beside what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.groups import Group
from analysis.load import Run
from analysis.statistics import estimate

__all__ = ['predictions']


def predictions(group: Group) -> pd.DataFrame:
    """Return each figure that a closed form predicted, and its measurement.

    The summary's `predicted` holds figures by name; the measurement is the summary's own
    figure of that name, or the one under `measured`.

    Returns
    -------
    DataFrame
        Index `name`; columns `predicted`, `measured` (means over seeds), `ratio`
        (measured / predicted). Names without a measurement are left out.
    """
    names = dict.fromkeys(name for run in group.runs for name in _figures(run, 'predicted'))
    rows = {name: _row(group, name) for name in names}
    table = pd.DataFrame.from_dict(rows, orient='index', columns=['predicted', 'measured'])
    table = table.dropna().rename_axis('name')
    table['ratio'] = table['measured'] / table['predicted'].where(table['predicted'] != 0)
    return table


def _row(group: Group, name: str) -> tuple[float, float]:
    pairs = [
        (predicted[name], measured[name])
        for run in group.runs
        if name in (predicted := _figures(run, 'predicted'))
        and name in (measured := {**_numbers(run.summary), **_figures(run, 'measured')})
    ]
    return estimate([p for p, _ in pairs]).mean, estimate([m for _, m in pairs]).mean


def _figures(run: Run, key: str) -> dict[str, float]:
    figures = run.summary.get(key)
    return _numbers(figures) if isinstance(figures, Mapping) else {}


def _numbers(figures: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in figures.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
