"""A run as a timeline for trace viewers: Perfetto (ui.perfetto.dev) and chrome://tracing.

Each device is a track, with its computations, reductions and waits; each direction of a link is
one, with the messages that are on it. Messages that are on a link together get tracks of their
own, side by side, as many as are needed. Counters tell the rate of each direction, how many
messages were lost so far, and what was measured of the run as a whole (loss, accuracy).

A message is shown on all links of its way from when it got on the wire until its last byte
arrived; its rate is the mean of that time. Viewers count in microseconds, to the nanosecond here.

References
----------
.. [1] Google, "Trace Event Format", 2016.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from analysis.export.files import replacing
from analysis.export.lanes import lanes, steps
from analysis.load import Run

__all__ = ['events', 'write_timeline']

Event = dict[str, Any]

DEVICES, LINKS, WHOLE = 1, 2, 3
"""Processes, in the words of the format: groups of tracks."""

LANES = 10_000
"""Tracks that one link may have at the most: numbers of tracks are link * LANES + lane."""


def write_timeline(run: Run, path: Path, *, since: float = 0.0, until: float = float('inf')) -> int:
    """Write the timeline of *run* to *path*; return how many events it has.

    Parameters
    ----------
    run : Run
        Its spans, messages, routes and metrics, as far as they were recorded.
    path : Path
        A JSON file.
    since, until : float
        Simulated seconds; what ends before or begins after is left out.

    Raises
    ------
    DamagedRunError
        If a table can't be read.
    RunFolderError
        If the file can't be written.
    """
    window = (_nanoseconds(since), _nanoseconds(until))
    with replacing(path) as temporary, temporary.open('w', encoding='utf-8') as out:
        return _write(out, events(run, *window), run)


def events(run: Run, since: int = 0, until: int = 2**63 - 1) -> Iterator[Event]:
    """Yield the events of *run* that fall between two instants, ns: first names, then times."""
    yield from chain(
        _devices(run, since, until), _links(run, since, until), _whole(run, since, until)
    )


def _write(out: TextIO, found: Iterator[Event], run: Run) -> int:
    about = {'scenario': run.name, 'variant': run.variant, 'id': run.id}
    out.write(f'{{"displayTimeUnit":"ns","otherData":{json.dumps(about)},"traceEvents":[')
    count = 0
    for count, event in enumerate(found, 1):
        out.write(',\n' if count > 1 else '\n')
        out.write(json.dumps(event, ensure_ascii=False, separators=(',', ':')))
    out.write('\n]}\n')
    return count


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    return iter(frame.itertuples(index=False))


def _nanoseconds(seconds: float) -> int:
    return min(round(seconds * 1e9), 2**63 - 1) if np.isfinite(seconds) else 2**63 - 1


def _microseconds(nanoseconds: int) -> float:
    return nanoseconds / 1000


def _named(process: int, name: str, track: int | None = None) -> Event:
    """Return the event that gives a group of tracks, or one of them, its name."""
    of = 'process_name' if track is None else 'thread_name'
    return {'ph': 'M', 'name': of, 'pid': process, 'tid': track or 0, 'args': {'name': name}}


def _box(process: int, track: int, name: str, kind: str, start: int, end: int) -> Event:
    return {
        'ph': 'X',
        'name': name,
        'cat': kind,
        'pid': process,
        'tid': track,
        'ts': _microseconds(start),
        'dur': _microseconds(end - start),
    }


def _counter(process: int, name: str, time: int, value: float, unit: str) -> Event:
    at = _microseconds(time)
    return {'ph': 'C', 'name': name, 'pid': process, 'tid': 0, 'ts': at, 'args': {unit: value}}


def _devices(run: Run, since: int, until: int) -> Iterator[Event]:
    spans = run.table('spans')
    spans = spans[(spans['end_ns'] >= since) & (spans['start_ns'] <= until)]
    if spans.empty:
        return
    yield _named(DEVICES, 'devices')
    roles = run.table('nodes', ['node', 'role']).set_index('node')['role'].astype(str)
    spans = spans.sort_values(['device', 'start_ns', 'end_ns'], kind='stable')
    for device, own in spans.groupby('device', sort=True):
        role, number = roles.get(device, ''), int(str(device))
        lane = lanes(own['start_ns'].to_numpy(), own['end_ns'].to_numpy())
        for k in range(int(lane.max()) + 1):
            more = f' #{k + 1}' if k else ''
            yield _named(DEVICES, f'{number} {role}'.strip() + more, number * LANES + k)
        for k, row in zip(lane.tolist(), _rows(own), strict=True):
            name = row.operation if row.activity == 'compute' else f'{row.activity} {row.operation}'
            start, end = int(row.start_ns), int(row.end_ns)
            box = _box(DEVICES, number * LANES + k, name, row.activity, start, end)
            yield box | {'args': {'step': int(row.step)}}


def _links(run: Run, since: int, until: int) -> Iterator[Event]:
    messages = run.table('messages')
    lost = messages['delivered_ns'] < 0
    yield from _losses(messages[lost], since, until)
    inside = (messages['delivered_ns'] >= since) & (messages['started_ns'] <= until)
    messages = messages[inside & ~lost]
    carried = messages.merge(run.table('routes'), on=['source', 'target'])
    if carried.empty:
        return
    yield _named(LINKS, 'links')
    ends = run.table('links', ['link', 'source', 'target']).set_index('link')
    carried = carried.sort_values(['link', 'started_ns', 'message', 'attempt'], kind='stable')
    names = (ends['source'].astype(str) + '>' + ends['target'].astype(str)).to_dict()
    for link, own in carried.groupby('link', sort=True):
        number = int(str(link))
        yield from _link(number, names[number], own)


def _link(number: int, name: str, own: pd.DataFrame) -> Iterator[Event]:
    """Yield one direction of a link: its messages in lanes, and its rate."""
    start, end = own['started_ns'].to_numpy(), own['delivered_ns'].to_numpy()
    lane = lanes(start, end)
    for k in range(int(lane.max()) + 1):
        yield _named(LINKS, f'{name} #{k + 1}' if k else name, number * LANES + k)
    for k, row in zip(lane.tolist(), _rows(own), strict=True):
        times = int(row.started_ns), int(row.delivered_ns)
        title = f'{row.kind} {row.source}>{row.target}'
        told = {'bytes': row.bytes, 'step': int(row.step), 'message': int(row.message)}
        yield _box(LINKS, number * LANES + k, title, row.kind, *times) | {'args': told}
    seconds = np.maximum(end - start, 1) / 1e9
    for time, rate in steps(start, end, own['bytes'].to_numpy() * 8 / seconds):
        yield _counter(LINKS, f'rate {name}', time, rate, 'bit/s')


def _losses(lost: pd.DataFrame, since: int, until: int) -> Iterator[Event]:
    """Yield how many messages were lost so far, at the moments when they were sent."""
    for count, time in enumerate(np.sort(lost['started_ns'].to_numpy()).tolist(), 1):
        if since <= time <= until:
            yield _counter(LINKS, 'lost messages', time, count, 'messages')


def _whole(run: Run, since: int, until: int) -> Iterator[Event]:
    metrics = run.table('metrics', ['time_ns', 'device', 'metric', 'value'])
    inside = (metrics['time_ns'] >= since) & (metrics['time_ns'] <= until)
    metrics = metrics[inside & (metrics['device'] == -1) & np.isfinite(metrics['value'])]
    if not metrics.empty:
        yield _named(WHOLE, 'run')
    for row in _rows(metrics):
        yield _counter(WHOLE, str(row.metric), int(row.time_ns), float(row.value), 'value')
