"""What the devices were at: shares of the time, and the first rounds as they happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.text import Text
from numpy.typing import NDArray

from analysis.figures.marks import mark
from analysis.figures.style import ACTIVITY_COLOURS, INK, MUTED, measure, name_rows
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics import (
    ACTIVITIES,
    activity_seconds,
    activity_shares,
    hosts,
    round_ends,
    spans_until,
)
from analysis.text import share

__all__ = ['LANES', 'TRANSFERS', 'activity_bars', 'gantt', 'lanes']

LANES: Final = 33
"""Devices a Gantt chart can show."""

TRANSFERS: Final = 250
"""Messages a Gantt chart can show before it becomes a hatching."""

_COLUMNS = (900, 600, 400, 250, 150, 100)  # instants a Gantt chart can tell apart
_BOXES = 1500  # of one activity in one chart
_ON_COLOUR = {'reduce': '#101114', 'transfer': '#101114'}
_THICKNESS = {'wait': 0.22, 'down': 0.5}


def activity_bars(ax: Axes, groups: Sequence[Group]) -> Axes:
    """Draw the share of its time that a device spent on each activity, by role."""
    rows: list[tuple[str, pd.Series[float], Group]] = []
    for g in groups:
        shares = activity_shares(g)
        for role, row in shares.iterrows():
            rows.append((_row_name(g, str(role), len(shares)), row, g))
    for y, (name, row, g) in enumerate(rows):
        _stack(ax, y, row, name.replace('\n', ' '), g.index)
    name_rows(ax, [name for name, _, _ in rows])
    ax.set_xlim(0, 1)
    ax.set_xticks(np.linspace(0, 1, 5), ['0 %', '25 %', '50 %', '75 %', '100 %'])
    ax.set_xlabel('share of the simulated time')
    return ax


def gantt(ax: Axes, run: Run, *, until: float, transfers: bool = True) -> Axes:
    """Draw what each device did up to the instant *until*, s; thin lines are messages.

    Of more than `LANES` devices, every so manieth is drawn. Activities too short to be seen
    are merged; messages are drawn where they are `TRANSFERS` or fewer.
    """
    shown = lanes(run)
    spans = spans_until(run, until)
    for activity, own in spans.groupby('activity'):
        _bars(ax, str(activity), own, shown, until)
    if transfers:
        _transfers(ax, run, shown, until)
    for end in round_ends(run):
        if end < until:
            ax.axvline(end, color=INK, linewidth=0.7, alpha=0.5)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.set_xlim(0, until)
    ax.set_yticks(range(len(shown)), _lane_names(run, shown))
    ax.tick_params(axis='y', labelsize=8.5 if len(shown) < 24 else 7)
    ax.grid(visible=False)
    measure(ax, 'x', 'seconds', 'simulated time')
    return ax


def lanes(run: Run) -> list[int]:
    """Return the devices a Gantt chart of *run* shows, from top to bottom."""
    nodes = hosts(run)
    # a host may have a role in the cluster and none in this training
    nodes = nodes[nodes.index.isin(activity_seconds(run).index)]
    helpers = list(nodes.index[nodes['role'] == 'server'])[: LANES // 2]
    others = [node for node in nodes.index if node not in set(helpers)]
    room = LANES - len(helpers)
    if len(others) > room:
        others = [others[i] for i in np.linspace(0, len(others) - 1, room).round().astype(int)]
    return [int(node) for node in [*helpers, *others]]


def _row_name(g: Group, role: str, roles: int) -> str:
    return f'{g.label}\n{role or "host"}s' if roles > 1 else g.label


def _stack(ax: Axes, y: int, row: pd.Series[float], name: str, variant: int) -> None:
    left = 0.0
    for activity in ACTIVITIES:
        width = float(row[activity])
        if width > 0:
            [bar] = ax.barh(y, width, 0.62, left, color=ACTIVITY_COLOURS[activity], linewidth=0)
            mark(bar, variant=variant, tip=f'{name}: {share(width)} {ACTIVITIES[activity]}')
        if width > 0.09:
            mark(_inside(ax, left + width / 2, y, activity, width), variant=variant)
        left += width


def _inside(ax: Axes, x: float, y: int, activity: str, width: float) -> Text:
    # the page's ink on greys, which turn dark with the page; fixed tones on colours, which don't
    colour = INK if activity in ('wait', 'other') else _ON_COLOUR.get(activity, '#ffffff')
    return ax.text(x, y, share(width), ha='center', va='center', color=colour, fontsize=9)


def _bars(ax: Axes, activity: str, spans: pd.DataFrame, shown: list[int], until: float) -> None:
    """Draw all spans of one activity as one path: a tenth of the size of single bars."""
    half = _THICKNESS.get(activity, 0.72) / 2
    lane = {device: place for place, device in enumerate(shown)}
    boxes = [
        _box(start, end, lane[device] - half, lane[device] + half)
        for device, start, end in _visible(spans[spans['device'].isin(lane)], until)
    ]
    if boxes:
        outline = Outline.make_compound_path(*boxes)
        colour = ACTIVITY_COLOURS.get(activity, MUTED)
        # an artist, not a patch: the limits of the axes are set, no need to measure each box
        ax.add_artist(PathPatch(outline, facecolor=colour, linewidth=0, zorder=2))


def _visible(spans: pd.DataFrame, until: float) -> list[tuple[int, float, float]]:
    """Return (device, start, end) as one sees them: what is closer than a column is one.

    Columns are as fine as a screen shows, coarser where there would be too many boxes.
    """
    for columns in _COLUMNS:
        column = until / columns
        found = [
            (int(str(device)), start, end)
            for device, own in spans.groupby('device')
            for start, end in _merged(own['start'].to_numpy(), own['end'].to_numpy(), column)
        ]
        if len(found) <= _BOXES:
            break
    return [(device, start, min(end, until)) for device, start, end in found]


def _merged(
    starts: NDArray[np.float64], ends: NDArray[np.float64], column: float
) -> list[tuple[float, float]]:
    """Return spans with those that lie closer than *column* joined, each wide enough to see."""
    order = np.argsort(starts, kind='stable')
    starts, reached = starts[order], np.maximum.accumulate(ends[order])
    first = np.flatnonzero(np.r_[True, starts[1:] - reached[:-1] >= column])
    last = np.r_[first[1:], len(starts)] - 1
    wide = np.maximum(reached[last], starts[first] + column / 2)
    return list(zip(starts[first].tolist(), wide.tolist(), strict=True))


def _box(left: float, right: float, low: float, high: float) -> Outline:
    corners = [(left, low), (right, low), (right, high), (left, high), (left, low)]
    return Outline(corners, closed=True)


def _transfers(ax: Axes, run: Run, shown: list[int], until: float) -> None:
    """Draw messages as lines from the sender's lane to the receiver's, a dot at the end."""
    columns = ['source', 'target', 'sent_ns', 'delivered_ns']
    where = (pc.field('sent_ns') < round(until * 1e9)) & (pc.field('delivered_ns') >= 0)
    messages = run.table('messages', columns, where=where)
    row = {device: lane for lane, device in enumerate(shown)}
    messages = messages[messages['source'].isin(row) & messages['target'].isin(row)]
    if not 0 < len(messages) <= TRANSFERS:
        return
    begin = np.column_stack([messages['sent_ns'] / 1e9, messages['source'].map(row)])
    end = np.column_stack([messages['delivered_ns'] / 1e9, messages['target'].map(row)])
    lines = [Outline(np.stack(pair)) for pair in zip(begin, end, strict=True)]
    outline = Outline.make_compound_path(*lines)
    ax.add_artist(
        PathPatch(outline, fill=False, edgecolor=INK, linewidth=0.5, alpha=0.55, zorder=3)
    )
    ax.scatter(end[:, 0], end[:, 1], s=2.5, color=INK, alpha=0.6, linewidths=0, zorder=3)


def _lane_names(run: Run, shown: list[int]) -> list[str]:
    roles = hosts(run)['role']
    several = roles.loc[shown].nunique() > 1
    names = [f'{roles[node] or "host"} {node}' if several else str(node) for node in shown]
    step = max(1, len(names) // 34)
    return [name if i % step == 0 else '' for i, name in enumerate(names)]
