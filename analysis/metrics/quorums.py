"""Who was in whose quorum, and how far the lie of a rank has spread."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.load import Run
from analysis.metrics.memory import once

__all__ = ['Membership', 'Spread', 'lie_spread', 'membership']

_PIECE = 'error of piece '


class Membership(NamedTuple):
    """Of each receiver, the share of its quorums in which each sender was.

    Attributes
    ----------
    nodes : list of int
        Receivers and senders, ascending.
    shares : array, shape (nodes, nodes)
        Receivers by senders; NaN where a receiver waits for no such sender.
    byzantine : list of bool
        Which senders are Byzantine.
    """

    nodes: list[int]
    shares: NDArray[np.float64]
    byzantine: list[bool]

    @property
    def of_liars(self) -> float:
        """The mean share over Byzantine senders at honest receivers; NaN without any."""
        lies = np.array(self.byzantine, bool)
        return _mean(self.shares[np.ix_(~lies, lies)])

    @property
    def of_honest(self) -> float:
        """The mean share over honest senders, but each node's own messages."""
        lies = np.array(self.byzantine, bool)
        shares = self.shares.copy()
        np.fill_diagonal(shares, np.nan)
        return _mean(shares[np.ix_(~lies, ~lies)])


class Spread(NamedTuple):
    """How wrong each rank was about each piece of the vector when somebody first lied.

    Attributes
    ----------
    devices : list of int
    errors : array, shape (devices, pieces)
        |held - truth| / |truth|.
    byzantine : list of bool
    """

    devices: list[int]
    errors: NDArray[np.float64]
    byzantine: list[bool]


@once
def membership(run: Run) -> Membership | None:
    """Return who was in whose quorum over a whole run; None where no quorums were recorded."""
    if not run.rows('quorums'):
        return None
    rows = run.table('quorums', ['step', 'node', 'kind', 'source', 'byzantine'])
    rows['kind'] = rows['kind'].astype(str)
    met = rows.groupby(['node', 'kind'])['step'].nunique()
    nodes = sorted({*rows['node'].tolist(), *rows['source'].tolist()})
    place = {node: k for k, node in enumerate(nodes)}
    shares = np.full((len(nodes), len(nodes)), np.nan)
    senders = rows.groupby('kind')['source'].unique()
    for node, kind in met.index:
        for source in senders[kind]:
            shares[place[node], place[int(source)]] = 0.0
    counts = rows.groupby(['node', 'kind', 'source']).size().reset_index(name='count')
    for node, kind, source, count in counts.itertuples(index=False):
        shares[place[node], place[source]] = count / met[node, kind]
    liars = set(rows.loc[rows['byzantine'] == 1, 'source'].tolist())
    return Membership(nodes, shares, [node in liars for node in nodes])


@once
def lie_spread(run: Run) -> Spread | None:
    """Return how far the lie of a rank has spread; None where no rank lied."""
    rows = run.table('metrics', ['step', 'device', 'metric', 'value'])
    names = rows['metric'].astype(str)
    rows = rows.assign(metric=names)[names.str.startswith(_PIECE)]
    if not len(rows):
        return None
    piece = rows['metric'].str.removeprefix(_PIECE).astype(int)
    table: pd.DataFrame = rows.assign(piece=piece).pivot_table('value', 'device', 'piece')
    liars = _byzantine(run)
    devices = [int(device) for device in table.index]
    return Spread(devices, table.to_numpy(float), [device in liars for device in devices])


def _byzantine(run: Run) -> set[int]:
    """Return the Byzantine nodes of all roles."""
    told = run.summary.get('byzantine') or {}
    return {int(node) for nodes in told.values() for node in nodes}


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float('nan')
