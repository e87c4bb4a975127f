"""Devices that crash and recover, join and leave: by a law, or as a trace says."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from simulator.cluster.cluster import Cluster
from simulator.cluster.outages import (
    Moment,
    Names,
    Outage,
    Span,
    Window,
    act,
    check_times,
    devices_in,
    windows,
)
from simulator.errors import DataError
from simulator.seeds import Seeds
from simulator.units import InputFile

__all__ = ['check_churn', 'check_devices', 'churn', 'read_trace']

HEADER = ['device', 'from', 'to']
Trace = dict[int, list[Window]]


def churn(
    cluster: Cluster,
    seeds: Seeds,
    *,
    devices: Names | None = None,
    at: Moment | None = None,
    until: Moment | None = None,
    up: Span | None = None,
    down: Span | None = None,
    trace: InputFile | None = None,
    listed: Literal['absences', 'sessions'] = 'absences',
) -> None:
    """Let devices crash and come back with nothing, join late and leave.

    Unlike a device that is merely down, one that crashes loses the work it has begun, what it has
    received and not used, its state, and all messages under way to it and from it. What becomes
    of training then is the rule of each training kind. A device that is away from 0 s on joins
    when it comes; one that never comes back has left.

    Parameters
    ----------
    devices : int, str or list, optional
        Which, such as 3, 0..7 or *; each by itself.
    at, until : time
        When they go and come back; without *until* they never do.
    up, down : time
        Instead: mean times up and down (exponential laws), again and again.
    trace : str, optional
        Instead: a CSV file with the columns device, from, to (seconds; no *to* is for good).
    listed : {'absences', 'sessions'}
        Whether the lines of the trace say when a device is away, or when it is there; devices
        without a line are always there.
    """
    for device, times in _planned(cluster, seeds, devices, at, until, up, down, trace, listed):
        outage = Outage(cluster, device, crashes=True)
        act(cluster, times, outage.begin, outage.end, revives=True)


def check_churn(
    *,
    devices: Names | None = None,
    at: float | None = None,
    until: float | None = None,
    up: float | None = None,
    down: float | None = None,
    trace: str | None = None,
    listed: str = 'absences',
) -> None:
    """Refuse contradictions, and traces that can't be read."""
    by_time = (at, until, up, down)
    if trace is None:
        if devices is None:
            raise ValueError('needs devices, or a trace')
        if listed != 'absences':
            raise ValueError('listed says what a trace lists; give one')
        check_times(at=at, until=until, up=up, down=down)
        return
    if devices is not None or any(each is not None for each in by_time):
        raise ValueError('a trace names devices and times; leave out devices, at, until, up, down')
    read_trace(trace)


def check_devices(hosts: int, *, trace: str | None = None, **_: Any) -> None:
    """Refuse a trace of devices that a cluster of so many hosts does not have."""
    if trace is not None:
        read_trace(trace, hosts)


def read_trace(file: str, hosts: float = math.inf) -> Trace:
    """Return the windows of each device that a CSV file lists, in order of time.

    Parameters
    ----------
    file : str
    hosts : int, optional
        How many devices there are; by default any number may be in the file.

    Raises
    ------
    DataError
        If it can't be read; the message names file and line.
    """
    path, listed = Path(file), defaultdict[int, list[tuple[float, float, int]]](list)
    try:
        with path.open(newline='', encoding='utf-8-sig') as lines:
            rows = csv.reader(lines)
            if [name.strip() for name in next(rows, [])] != HEADER:
                raise DataError(f'{file}:1: the first line must be {",".join(HEADER)}')
            for row in rows:
                if row:
                    device, start, end = _row(row, hosts, f'{file}:{rows.line_num}')
                    listed[device].append((start, end, rows.line_num))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f'{file}: no trace of devices can be read from it ({error})') from error
    if not listed:
        raise DataError(f'{file}: lists no device')
    return {device: _ordered(each, file) for device, each in sorted(listed.items())}


def _row(row: list[str], hosts: float, place: str) -> tuple[int, float, float]:
    if len(row) != len(HEADER):
        raise DataError(f'{place}: {len(row)} values, where {",".join(HEADER)} are due')
    device, start, end = (value.strip() for value in row)
    if not device.isdecimal():
        raise DataError(f'{place}: device {device!r:.40} must be a number from 0')
    if int(device) >= hosts:
        raise DataError(f'{place}: no device {device}; they are 0..{hosts - 1}')
    try:
        begin, stop = float(start), float(end) if end else math.inf
    except ValueError:
        raise DataError(f'{place}: {start!r:.40}, {end!r:.40} must be seconds') from None
    if not 0 <= begin < stop or math.isnan(begin):
        raise DataError(f'{place}: from (={start}) must be at least 0 and less than to (={end})')
    return int(device), begin, stop


def _ordered(listed: list[tuple[float, float, int]], file: str) -> list[Window]:
    listed.sort()
    for (_, end, _), (start, _, line) in pairwise(listed):
        if start < end:
            raise DataError(f'{file}:{line}: from (={start:g}) lies in another window, to {end:g}')
    return [(start, end) for start, end, _ in listed]


def _planned(
    cluster: Cluster,
    seeds: Seeds,
    devices: Names | None,
    at: float | None,
    until: float | None,
    up: float | None,
    down: float | None,
    trace: str | None,
    listed: str,
) -> Iterator[tuple[int, Iterator[Window]]]:
    """Yield each device that is ever away, and when."""
    if trace is None:
        for device in devices_in(cluster, [] if devices is None else devices):
            yield device, windows(seeds, 'device', device, at, until, up, down)
        return
    for device, times in read_trace(trace, cluster.network.hosts).items():
        yield device, iter(times if listed == 'absences' else _between(times))


def _between(sessions: list[Window]) -> Iterator[Window]:
    """Yield the times outside of *sessions*."""
    before = 0.0
    for start, end in sessions:
        if start > before:
            yield before, start
        before = end
    if before < math.inf:
        yield before, math.inf
