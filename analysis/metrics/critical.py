"""The critical path of a round: the chain of work and messages that it could not do without."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.groups import Group
from analysis.load import Run
from analysis.metrics.activity import whole
from analysis.metrics.curves import round_ends
from analysis.metrics.memory import once

__all__ = ['ON_PATH', 'critical_path', 'critical_shares', 'round_windows']

ON_PATH: Final[dict[str, str]] = {
    'compute': 'computing',
    'reduce': 'adding up',
    'aggregate': 'aggregating',
    'transfer': 'messages under way',
    'down': 'out of service',
    'wait': 'nothing recorded',
}
"""What a stretch of a critical path can be."""

_ROUNDS = 8  # that stand for all of a run
_MESSAGES = 1_000_000  # in one round, of which a path is still looked for


class _Ended(NamedTuple):
    """What ended at one device, by its end: the instants, and what it was."""

    ends: list[int]
    rows: list[tuple[int, str, int]]  # start, activity, where it came from


def critical_path(run: Run, start: float, end: float) -> pd.DataFrame:
    """Return the critical path between two instants, in order of time.

    It is found backwards: from what ended last, to the work of that device or the message to it
    that ended last before, and so on; a message leads on to its sender, or to its receiver where
    that was ready last. Time in which a device on the path waited for nothing that was recorded
    is `wait`.

    Parameters
    ----------
    run : Run
        With all its messages and spans recorded.
    start, end : float
        Seconds, such as the ends of two rounds.

    Returns
    -------
    DataFrame
        Columns `activity` (a key of `ON_PATH`), `device` (of a message: who received it),
        `start` and `end`, s. The stretches touch, and cover all of the time.

    References
    ----------
    .. [1] Yang & Miller, "Critical path analysis for the execution of parallel and distributed
       programs", ICDCS 1988.
    """
    first, last = round(start * 1e9), round(end * 1e9)
    ended = _ended(run, first, last)
    path = list(_backwards(ended, first, last))[::-1]
    frame = pd.DataFrame(path, columns=['activity', 'device', 'start', 'end'])
    frame[['start', 'end']] = frame[['start', 'end']] / 1e9
    return frame


@once
def round_windows(run: Run) -> list[tuple[float, float]]:
    """Return begin and end, s, of some rounds, evenly chosen; the first, as it may differ, not."""
    ends = round_ends(run)
    instants = ends.to_numpy()
    windows = list(zip(instants[:-1].tolist(), instants[1:].tolist(), strict=True))
    windows = windows or [(0.0, float(end)) for end in instants]
    chosen = np.unique(np.linspace(0, len(windows) - 1, _ROUNDS).round().astype(int))
    return [windows[place] for place in chosen] if windows else []


def critical_shares(group: Group) -> pd.Series[float]:
    """Return what the critical paths of some rounds are made of: shares that add up to 1.

    Returns
    -------
    Series
        By key of `ON_PATH`, of the first run; empty where messages or spans are missing.
    """
    return _shares(group.first)


@once
def _shares(run: Run) -> pd.Series[float]:
    known = whole(run) and run.rows('spans')
    windows = round_windows(run) if known else []
    if not windows or run.rows('messages') > _MESSAGES * _rounds(run):
        return pd.Series(dtype=float)
    paths = pd.concat([critical_path(run, *window) for window in windows])
    lasting = (paths['end'] - paths['start']).groupby(paths['activity']).sum()
    return (lasting / lasting.sum()).reindex(list(ON_PATH), fill_value=0.0)


def _rounds(run: Run) -> int:
    return max(1, int(run.summary.get('rounds') or 1))


def _ended(run: Run, first: int, last: int) -> dict[int, _Ended]:
    """Return what ended at each device between two instants, ns."""
    within = {
        name: (pc.field(name) > first) & (pc.field(name) <= last)
        for name in ('end_ns', 'delivered_ns')
    }
    columns = ['device', 'activity', 'start_ns', 'end_ns']
    spans = run.table('spans', columns, where=within['end_ns'])
    spans = spans[(spans['activity'] != 'wait') & (spans['end_ns'] > spans['start_ns'])]
    columns = ['source', 'target', 'sent_ns', 'delivered_ns']
    messages = run.table('messages', columns, where=within['delivered_ns'])
    messages = messages[messages['delivered_ns'] > messages['sent_ns']]
    return _by_device(
        np.r_[spans['device'], messages['target']],
        np.r_[spans['end_ns'], messages['delivered_ns']],
        # of what ends at the same instant, work comes after the message it may have needed
        np.r_[np.ones(len(spans)), np.zeros(len(messages))],
        np.r_[spans['start_ns'], messages['sent_ns']],
        np.r_[spans['activity'].astype(str), np.full(len(messages), 'transfer')],
        np.r_[spans['device'], messages['source']],
    )


def _by_device(device: Any, end: Any, rank: Any, *rest: Any) -> dict[int, _Ended]:
    order = np.lexsort((rank, end, device))
    device, end = device[order].astype(int), end[order].astype(int)
    starts, activities, sources = (column[order] for column in rest)
    found = {}
    for one, begin, stop in _runs_of(device):
        rows = zip(
            starts[begin:stop].astype(int).tolist(),
            activities[begin:stop].tolist(),
            sources[begin:stop].astype(int).tolist(),
            strict=True,
        )
        found[one] = _Ended(end[begin:stop].tolist(), list(rows))
    return found


def _runs_of(values: NDArray[np.int64]) -> Iterable[tuple[int, int, int]]:
    """Yield each value of a sorted array with where it begins and ends."""
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    edges = [0, *changes.tolist(), len(values)] if len(values) else []
    for begin, end in pairwise(edges):
        yield int(values[begin]), begin, end


def _backwards(
    ended: dict[int, _Ended], first: int, last: int
) -> Iterable[tuple[str, int, int, int]]:
    """Yield the stretches of the path from its end to its beginning."""
    if not ended:
        return
    device = max(ended, key=lambda one: ended[one].ends[-1])
    now = last
    while now > first:
        place = _last(ended[device].ends, now) if device in ended else -1
        if place < 0:
            yield 'wait', device, first, now
            return
        end = ended[device].ends[place]
        start, activity, source = ended[device].rows[place]
        if end < now:
            yield 'wait', device, end, now
        yield activity, device, max(start, first), end
        now, device = start, _cause(ended, source, device, start)


def _cause(ended: dict[int, _Ended], source: int, target: int, sent: int) -> int:
    """Return who let a message go: its sender, or the receiver it had to wait for.

    In a collective both must be ready: where nothing of the sender's ended at that instant and
    something of the receiver's did, it was the receiver that came last.
    """
    ready = {node: node in ended and _ended_at(ended[node].ends, sent) for node in (source, target)}
    return target if ready[target] and not ready[source] else source


def _ended_at(ends: Sequence[int], instant: int) -> bool:
    place = _last(ends, instant)
    return place >= 0 and ends[place] == instant


def _last(ends: Sequence[int], now: int) -> int:
    return bisect_right(ends, now) - 1
