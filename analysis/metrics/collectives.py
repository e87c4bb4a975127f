"""How long a collective took, and how well it used the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from analysis.load import Run
from analysis.metrics.curves import simulated_seconds
from simulator.errors import QuantityError
from simulator.units import Bytes, parse_quantity

__all__ = ['bus_bandwidth', 'call_seconds', 'first_call', 'is_collective', 'ranks', 'vector_bytes']


def is_collective(run: Run) -> bool:
    """Whether a run times collectives, without learning."""
    training = run.scenario.get('training')
    return isinstance(training, Mapping) and 'collective' in training


def call_seconds(run: Run) -> float:
    """Return the mean simulated time of one call of the collective, s."""
    own = _study(run).get('seconds')
    if own is not None:
        return float(own)
    where = (pc.field('device') == -1) & (pc.field('metric') == 'collective_seconds')
    values = run.table('metrics', ['value'], where=where)['value']
    if len(values):
        return float(values.mean())
    repeat = _options(run).get('repeat') or 1
    return simulated_seconds(run) / float(repeat) if run.finished else float('nan')


def ranks(run: Run) -> int:
    """Return the number of ranks that took part."""
    own = _study(run).get('ranks')
    if own is not None:
        return int(own)
    roles = run.table('nodes', ['role'])['role'].astype(str)
    return int((roles != '').sum())


def vector_bytes(run: Run) -> float:
    """Return the size of each rank's vector, bytes; NaN where the run does not say."""
    own = _study(run).get('bytes')
    if own is not None:
        return float(own)
    try:
        return parse_quantity(_options(run).get('bytes'), Bytes)
    except QuantityError:
        return float('nan')


def bus_bandwidth(run: Run) -> float:
    """Return the bus bandwidth of an all-reduce, byte/s.

    2 (m - 1) / m n bytes a rank is the least any algorithm must move, so the ratio of that
    to the time compares algorithms and sizes with the speed of the links.

    References
    ----------
    .. [1] Patarasuk & Yuan, "Bandwidth optimal all-reduce algorithms for clusters of
       workstations", J. Parallel and Distributed Computing 69, 2009.
    """
    m, seconds = ranks(run), call_seconds(run)
    if m < 2 or not seconds > 0:
        return float('nan')
    return 2 * (m - 1) / m * vector_bytes(run) / seconds


def first_call(run: Run) -> pd.DataFrame:
    """Return the delivered messages of the first recorded call, their times in seconds."""
    columns = ['source', 'target', 'bytes', 'step', 'collective', 'started_ns', 'delivered_ns']
    where = (pc.field('collective') == _first_id(run)) & (pc.field('delivered_ns') >= 0)
    messages = run.table('messages', columns, where=where)
    messages['start'] = messages.pop('started_ns') / 1e9
    messages['end'] = messages.pop('delivered_ns') / 1e9
    return messages


def _first_id(run: Run) -> int:
    least: float = np.inf
    for batch in run.batches('messages', ['collective'], where=pc.field('collective') >= 0):
        least = np.nanmin([least, batch['collective'].min()])
        if least == 0:
            break
    return int(least) if least < np.inf else -1


def _study(run: Run) -> Mapping[str, Any]:
    study = run.summary.get('collective')
    return study if isinstance(study, Mapping) else {}


def _options(run: Run) -> Mapping[str, Any]:
    options = run.scenario['training']['collective']
    return options if isinstance(options, Mapping) else {}
