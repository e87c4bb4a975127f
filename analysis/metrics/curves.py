"""What the model had learned by when: curves of one run, and their mean over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.load import Run
from analysis.metrics.memory import once

__all__ = ['AXES', 'Axis', 'area', 'band', 'curve', 'final', 'round_ends', 'simulated_seconds']

Axis = Literal['seconds', 'rounds', 'bytes']

AXES: Final[dict[Axis, str]] = {
    'seconds': 'simulated time',
    'rounds': 'rounds',
    'bytes': 'bytes sent',
}
"""What a curve can be drawn against, in the words of a report."""

_GRID = 200  # points of a mean curve: more than a figure can show


@once
def curve(run: Run) -> pd.DataFrame:
    """Return the records of the whole run (device -1), one row an instant.

    Returns
    -------
    DataFrame
        Columns `seconds`, `rounds`, `epochs` and one for each metric, such as
        `test_accuracy`, `test_loss`, `bytes`; NaN where a metric was not recorded then.
    """
    columns = ['time_ns', 'step', 'epoch', 'metric', 'value']
    rows = run.table('metrics', columns, where=pc.field('device') == -1)
    rows = rows[~rows['metric'].isin(['round_seconds', 'collective_seconds', 'makespan'])]
    instant = rows.groupby(['time_ns', 'step'])
    wide = rows.astype({'metric': str}).pivot_table(
        index=['time_ns', 'step'], columns='metric', values='value', aggfunc='last'
    )
    wide.insert(0, 'epochs', instant['epoch'].last())
    wide = wide.reset_index()
    wide.insert(0, 'seconds', wide.pop('time_ns') / 1e9)
    return wide.rename(columns={'step': 'rounds'}).rename_axis(columns=None)


def final(run: Run, metric: str) -> float:
    """Return the last recorded value of *metric*, from the summary where that has it."""
    if run.summary.get(metric) is not None:
        return float(run.summary[metric])
    records = curve(run)
    known = records[metric].dropna() if metric in records else pd.Series(dtype=float)
    return float(known.iloc[-1]) if len(known) else float('nan')


@once
def simulated_seconds(run: Run) -> float:
    """Return the simulated time at the end of what was recorded."""
    if run.summary.get('simulated_seconds') is not None:
        return float(run.summary['simulated_seconds'])
    ends = [run.table('spans', ['end_ns'])['end_ns'].max()]
    ends.append(run.table('metrics', ['time_ns'])['time_ns'].max())
    return float(np.nanmax([0.0, *ends])) / 1e9


@once
def round_ends(run: Run) -> pd.Series[float]:
    """Return the simulated time at which each round ended, s, by round.

    From the rounds' own records where there are any, else from the instants at which the
    number of rounds was recorded.
    """
    where = pc.field('device') == -1
    rows = run.table('metrics', ['time_ns', 'step', 'metric'], where=where)
    own = rows[rows['metric'] == 'round_seconds']
    ends = (own if len(own) else rows).groupby('step')['time_ns'].min() / 1e9
    return ends[ends > 0]


def area(run: Run, metric: str, *, x: Axis = 'seconds', until: float | None = None) -> float:
    """Return the mean height of a curve: the area under it / its length along *x*.

    Parameters
    ----------
    run : Run
    metric : str
        Such as `test_accuracy`. Between its points the curve is straight.
    x : str
        A key of `AXES`.
    until : float, optional
        Where to stop, for runs of different lengths; beyond its end a curve stays level.

    Returns
    -------
    float
        NaN where the curve has fewer than two points, or none before *until*.

    Examples
    --------
    In a notebook, which learns more over the first 0.2 s::

        {run.variant: area(run, 'test_accuracy', until=0.2) for run in runs}
    """
    records = curve(run)
    if metric not in records or x not in records:
        return float('nan')
    known = records[[x, metric]].dropna().sort_values(x)
    start, end = (float(known[x].iloc[i]) if len(known) else np.nan for i in (0, -1))
    stop = end if until is None else until
    if not stop > start:
        return float('nan')
    places, heights = known[x].to_numpy(float), known[metric].to_numpy(float)
    grid = np.r_[places[places < stop], stop]
    level = np.interp(grid, places, heights)
    return float((np.diff(grid) * (level[1:] + level[:-1]) / 2).sum() / (stop - start))


def band(curves: Sequence[pd.DataFrame], x: str, y: str) -> pd.DataFrame:
    """Return the mean of *curves* and their spread, on a common axis.

    Parameters
    ----------
    curves : sequence of DataFrame
        As returned by `curve`, one a seed.
    x, y : str
        Columns to draw against each other. Between its own points a curve is straight.

    Returns
    -------
    DataFrame
        Columns *x*, `mean`, `low`, `high` (least and greatest seed); as far as all curves
        reach, empty where a curve lacks *x* or *y*. The mean of curves with two hundred
        points or fewer in all is exact at each of them.
    """
    known = [c[[x, y]].dropna().sort_values(x) for c in curves if x in c and y in c]
    known = [c for c in known if len(c)]
    if len(known) < max(1, len(curves)):
        return pd.DataFrame(columns=[x, 'mean', 'low', 'high'], dtype=float)
    first = max(c[x].iloc[0] for c in known)
    last = min(c[x].iloc[-1] for c in known)
    points = np.unique(np.concatenate([c[x].to_numpy(dtype=float) for c in known]))
    grid = _thin(points[(points >= first) & (points <= last)])
    values = np.array([np.interp(grid, c[x], c[y]) for c in known])
    low, high = values.min(axis=0), values.max(axis=0)
    return pd.DataFrame({x: grid, 'mean': values.mean(axis=0), 'low': low, 'high': high})


def _thin(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return at most *_GRID* of *points*, evenly chosen, the ends among them."""
    if len(points) <= _GRID:
        return points
    chosen = np.linspace(0, len(points) - 1, _GRID).round().astype(int)
    return np.asarray(points[chosen])
