"""What a route promises: its latency and its narrowest link."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.load import Run
from analysis.metrics.memory import once

__all__ = ['promises', 'routes']

_STRIDE = 2**32  # more than there are nodes


@once
def routes(run: Run) -> pd.DataFrame:
    """Return the routes that messages of a run took.

    Returns
    -------
    DataFrame
        Index (`source`, `target`), sorted; columns `latency_ns` (sum over the links) and `rate`
        (of the narrowest link, byte/ns); empty where messages were not recorded.
    """
    hops = run.table('routes', ['source', 'target', 'link'])
    links = run.table('links', ['link', 'bandwidth_bps', 'latency_ns']).set_index('link')
    ends = [hops['source'].to_numpy(np.int64), hops['target'].to_numpy(np.int64)]
    along = links.reindex(hops['link']).reset_index(drop=True).groupby(ends)
    table = along.agg(latency_ns=('latency_ns', 'sum'), rate=('bandwidth_bps', 'min'))
    table['rate'] /= 8e9
    return table.rename_axis(['source', 'target'])


def promises(
    known: pd.DataFrame, source: NDArray[np.int64], target: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return latency, ns, and rate, byte/ns, of the route of each pair; NaN where none is known.

    Parameters
    ----------
    known : DataFrame
        As returned by `routes`.
    source, target : int array, shape (n,)
    """
    pairs = known.index.get_level_values
    codes = pairs(0).to_numpy(np.int64) * _STRIDE + pairs(1).to_numpy(np.int64)
    wanted = source * _STRIDE + target
    place = np.searchsorted(codes, wanted).clip(max=max(0, len(codes) - 1))
    if not len(codes):
        return np.full(len(wanted), np.nan), np.full(len(wanted), np.nan)
    found = codes[place] == wanted
    columns = (known[name].to_numpy(float)[place] for name in ('latency_ns', 'rate'))
    latency, rate = (np.where(found, column, np.nan) for column in columns)
    return latency, rate
