"""Totals of many runs as one frame, a row a run, from their small files alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from analysis.groups import plain
from analysis.load import Run
from analysis.text import unit_name
from simulator.traces import SUMMARY

__all__ = ['totals']

_TEXTS: Final = ('scenario', 'variant', 'status')


def totals(runs: Sequence[Run]) -> pd.DataFrame:
    """Return what each run came to: no table is read, however many messages it has.

    Returns
    -------
    DataFrame
        A row a run, in their order. Columns `scenario`, `variant`, `status` (categories), `id`,
        `seed`, a column for each varied key (numbers, or texts as a scenario writes them), and each
        number of the summaries, such as `simulated_seconds` and `bytes`; NaN where a run has
        none. `attrs['units']` names the unit of each number.

    Examples
    --------
    In a notebook::

        totals(load(Path('runs')).runs).groupby('variant')['simulated_seconds'].median()
    """
    frame = pd.DataFrame([_row(run) for run in runs])
    for column in frame.columns.intersection(list(_TEXTS)):
        frame[column] = frame[column].astype('category')
    numbers = [str(name) for name in frame.select_dtypes('number')]
    frame.attrs['units'] = {name: unit_name(name) for name in numbers}
    return frame


def _row(run: Run) -> dict[str, Any]:
    row: dict[str, Any] = {
        'scenario': run.name,
        'variant': run.variant,
        'id': run.id,
        'status': run.status,
        'seed': run.seed,
    }
    row |= {key: _cell(value) for key, value in run.vary.items()}
    figures = dict.fromkeys(SUMMARY) | dict(run.summary)
    return row | {key: _number(value) for key, value in figures.items() if _counts(key, value)}


def _counts(key: str, value: Any) -> bool:
    return key not in ('status', 'predicted') and not isinstance(value, str | Mapping | list)


def _number(value: Any) -> float:
    return float('nan') if value is None else float(value)


def _cell(value: Any) -> Any:
    return value if isinstance(value, int | float) else plain(value)
