"""What was measured device by device: staleness, each node's model, their distance."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from analysis.load import Run
from analysis.metrics.memory import once

__all__ = ['by_device', 'nodes_range', 'staleness']


@once
def _staleness(run: Run) -> pd.Series[int]:
    where = (pc.field('metric') == 'staleness') & (pc.field('device') >= 0)
    parts = [
        batch['value'].round().astype(int).value_counts()
        for batch in run.batches('metrics', ['value'], where=where)
    ]
    return pd.concat(parts).groupby(level=0).sum().sort_index()


def staleness(runs: Iterable[Run]) -> pd.Series[int]:
    """Return how many gradients were how many updates old, by staleness.

    Runs whose servers wait for everybody record none.
    """
    found = [_staleness(run) for run in runs]
    counts = pd.concat(found).groupby(level=0).sum() if found else pd.Series(dtype=int)
    return counts.astype(int).rename_axis('staleness').rename('gradients')


def by_device(run: Run, metric: str) -> pd.DataFrame:
    """Return a metric measured at each device: index `seconds`, a column a device."""
    where = (pc.field('metric') == metric) & (pc.field('device') >= 0)
    rows = run.table('metrics', ['time_ns', 'device', 'value'], where=where)
    wide = rows.pivot_table(index='time_ns', columns='device', values='value', aggfunc='last')
    wide.index = pd.Index(wide.index.to_numpy() / 1e9, name='seconds')
    return wide


def nodes_range(run: Run, metric: str = 'test_accuracy') -> tuple[float, float]:
    """Return the least and the greatest last value of a metric among devices; NaN without any."""
    table = by_device(run, metric)
    if table.empty:
        return np.nan, np.nan
    last = table.ffill().iloc[-1]
    return float(last.min()), float(last.max())
