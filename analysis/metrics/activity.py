"""Where the time of each device went."""

from __future__ import annotations

from typing import Final

import pandas as pd
import pyarrow.compute as pc

from analysis.groups import Group
from analysis.load import Run
from analysis.metrics.curves import simulated_seconds
from analysis.metrics.memory import once

__all__ = ['ACTIVITIES', 'activity_seconds', 'activity_shares', 'hosts', 'spans_until']

ACTIVITIES: Final[dict[str, str]] = {
    'compute': 'computing gradients',
    'reduce': 'adding up what arrives',
    'aggregate': 'aggregating and updating',
    'wait': 'waiting for messages',
    'down': 'out of service',
    'other': 'on nothing recorded',
}
"""What a device can be at, in the order in which figures stack it."""


@once
def hosts(run: Run) -> pd.DataFrame:
    """Return the hosts of a run, by node; `role` is '' where a host took no part."""
    nodes = run.table('nodes').astype({'kind': str, 'role': str})
    return nodes[nodes['kind'] == 'host'].set_index('node').sort_index()


@once
def activity_seconds(run: Run) -> pd.DataFrame:
    """Return the seconds each device spent on each activity.

    Returns
    -------
    DataFrame
        Index `device`; columns `role` and the keys of `ACTIVITIES`. `other` is what is left
        of the simulated time; where activities overlap it can't be less than 0.
    """
    parts = [
        _seconds(spans)
        for spans in run.batches('spans', ['device', 'activity', 'start_ns', 'end_ns'])
    ]
    known = [activity for activity in ACTIVITIES if activity != 'other']
    table = pd.concat(parts).groupby(level=0).sum().reindex(columns=known, fill_value=0.0)
    table['other'] = (simulated_seconds(run) - table.sum(axis=1)).clip(lower=0.0)
    table.insert(0, 'role', hosts(run)['role'].reindex(table.index).fillna('').astype(str))
    return table.rename_axis('device')


def activity_shares(group: Group) -> pd.DataFrame:
    """Return the share of its time that a device of each role spent on each activity.

    Returns
    -------
    DataFrame
        Index `role`; columns as in `ACTIVITIES`, mean over devices and seeds, which add up
        to 1; and `devices`, how many there are.
    """
    tables = pd.concat([activity_seconds(run) for run in group.runs])
    seconds = tables.groupby('role', sort=True).sum()
    shares = seconds.div(seconds.sum(axis=1), axis=0)
    shares['devices'] = tables.groupby('role').size() // len(group.runs)
    return shares


def spans_until(run: Run, seconds: float) -> pd.DataFrame:
    """Return the spans that began before the instant *seconds*, their times in seconds."""
    columns = ['device', 'activity', 'start_ns', 'end_ns']
    spans = run.table('spans', columns, where=pc.field('start_ns') < round(seconds * 1e9))
    spans['start'] = spans.pop('start_ns') / 1e9
    spans['end'] = spans.pop('end_ns') / 1e9
    return spans.astype({'activity': str})


def _seconds(spans: pd.DataFrame) -> pd.DataFrame:
    lasting = (spans['end_ns'] - spans['start_ns']) / 1e9
    keys = [spans['device'], spans['activity'].astype(str)]
    return lasting.groupby(keys).sum().unstack(fill_value=0)
