"""How busy devices and links were, and when."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.load import Run
from analysis.metrics.activity import hosts, whole
from analysis.metrics.curves import simulated_seconds
from analysis.metrics.intervals import accrued
from analysis.metrics.memory import once

__all__ = ['device_use', 'link_use', 'use_over_time']

_BINS = 60  # stretches of equal length


@once
def device_use(run: Run) -> pd.DataFrame:
    """Return which share of its time a device that computes anything computed, over time.

    Returns
    -------
    DataFrame
        Columns `seconds` (middle of each of 60 equal stretches) and `share`, mean over devices.
    """
    edges = _edges(run)
    total, devices = np.zeros(len(edges)), set[int]()
    columns = ['device', 'start_ns', 'end_ns']
    for spans in run.batches('spans', columns, where=pc.field('activity') == 'compute'):
        start, end = spans['start_ns'].to_numpy(), spans['end_ns'].to_numpy()
        total += accrued(start, end, (end - start).astype(float), edges)
        devices |= {*spans['device'].unique().tolist()}
    return _over_time(edges, np.diff(total) / max(1, len(devices)))


@once
def link_use(run: Run) -> pd.DataFrame:
    """Return which share of what the hosts' own links could send they sent, over time.

    The bytes of a message are taken to flow evenly from its start to its delivery.

    Returns
    -------
    DataFrame
        Columns `seconds` and `share`, over all hosts that sent anything; empty where not all
        messages were recorded.
    """
    if not whole(run):
        return pd.DataFrame(columns=['seconds', 'share'], dtype=float)
    edges = _edges(run)
    total, senders = np.zeros(len(edges)), set[int]()
    columns = ['source', 'bytes', 'started_ns', 'delivered_ns']
    for messages in run.batches('messages', columns, where=pc.field('delivered_ns') >= 0):
        start, end = messages['started_ns'].to_numpy(), messages['delivered_ns'].to_numpy()
        total += accrued(start, end, messages['bytes'].to_numpy(float), edges)
        senders |= {*messages['source'].unique().tolist()}
    return _over_time(edges, np.diff(total) / max(_capacity(run, senders), 1e-300))


def use_over_time(run: Run, of: str) -> pd.DataFrame:
    """Return `device_use` or `link_use` of a run, by the name of what is used."""
    return {'devices': device_use, 'links': link_use}[of](run)


def _capacity(run: Run, senders: set[int]) -> float:
    """Return the bytes a nanosecond that leave these hosts at most."""
    links = run.table('links', ['source', 'bandwidth_bps'])
    own = links['source'].isin(senders & {*hosts(run).index.tolist()})
    return float(links['bandwidth_bps'][own].sum()) / 8e9


def _edges(run: Run) -> NDArray[np.float64]:
    return np.linspace(0.0, max(simulated_seconds(run), 1e-9) * 1e9, _BINS + 1)


def _over_time(edges: NDArray[np.float64], done: NDArray[np.float64]) -> pd.DataFrame:
    shares = done / np.diff(edges)
    # a forwarding host sends more than it says; rounding may exceed 1 by a hair
    return pd.DataFrame({'seconds': (edges[1:] + edges[:-1]) / 2e9, 'share': shares.clip(0, 1)})
