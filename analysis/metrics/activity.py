"""Where the time of each device went."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from analysis.groups import Group
from analysis.load import Run
from analysis.metrics.curves import simulated_seconds
from analysis.metrics.intervals import Intervals, union
from analysis.metrics.memory import once

__all__ = ['ACTIVITIES', 'activity_seconds', 'activity_shares', 'hosts', 'spans_until', 'whole']

ACTIVITIES: Final[dict[str, str]] = {
    'compute': 'computing gradients',
    'reduce': 'adding up what arrives',
    'aggregate': 'aggregating and updating',
    'transfer': 'idle but for messages under way',
    'wait': 'waiting for messages',
    'down': 'out of service',
    'other': 'on nothing recorded',
}
"""What a device can be at, in the order in which figures stack it."""

_WORK: Final = ('compute', 'reduce', 'aggregate', 'down')


@once
def hosts(run: Run) -> pd.DataFrame:
    """Return the hosts of a run, by node; `role` is '' where a host took no part."""
    nodes = run.table('nodes').astype({'kind': str, 'role': str})
    return nodes[nodes['kind'] == 'host'].set_index('node').sort_index()


def whole(run: Run) -> bool:
    """Whether all messages of a run were recorded."""
    total = run.summary.get('messages')
    # retries are rows of their own, so there may be more rows than messages
    return run.rows('messages') >= int(total if total is not None else 1) > 0


@once
def activity_seconds(run: Run) -> pd.DataFrame:
    """Return the seconds each device spent on each activity.

    Returns
    -------
    DataFrame
        Index `device`; columns `role` and the keys of `ACTIVITIES`. `transfer` is when a device
        does nothing else while a message from or to it is under way (0 where not all messages
        were recorded), `wait` the rest of its waiting, `other` what is left of the simulated
        time; where activities overlap it can't be less than 0.
    """
    columns = ['device', 'activity', 'start_ns', 'end_ns']
    parts = [_seconds(batch) for batch in run.batches('spans', columns)]
    table = pd.concat(parts).groupby(level=0).sum().reindex(columns=list(_WORK), fill_value=0.0)
    work, wait = (
        union(_stretches(batch) for batch in run.batches('spans', columns, where=where))
        for where in (pc.field('activity').isin(_WORK), ~pc.field('activity').isin(_WORK))
    )
    table = table.join(_idle(work, wait, _under_way(run), table.index))
    table['other'] = (simulated_seconds(run) - table.sum(axis=1)).clip(lower=0.0)
    table = table[list(ACTIVITIES)]
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


def _stretches(spans: pd.DataFrame) -> Intervals:
    return Intervals.of(spans['device'], spans['start_ns'], spans['end_ns'])


def _under_way(run: Run) -> Intervals:
    """Return when a message from or to each host was under way; nothing where some are missing."""
    columns = ['source', 'target', 'started_ns', 'delivered_ns']
    return union(
        Intervals.of(batch[end], batch['started_ns'], batch['delivered_ns'])
        for batch in (run.batches('messages', columns) if whole(run) else ())
        for end in ('source', 'target')
    )


def _idle(work: Intervals, wait: Intervals, way: Intervals, devices: pd.Index) -> pd.DataFrame:
    """Return the seconds in transfer and in wait: both only as far as no work covers them."""
    most = 1 + int(max([-1, *devices, *(one.owner.max(initial=-1) for one in (work, wait, way))]))
    busy = work.seconds(most)
    moving = union([work, way]).seconds(most)
    known = union([work, way, wait]).seconds(most)
    places = np.asarray(devices, dtype=int)
    columns = {'transfer': (moving - busy)[places], 'wait': (known - moving)[places]}
    return pd.DataFrame(columns, index=devices)
