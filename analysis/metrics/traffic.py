"""Who sent how much to whom, and which link had to carry it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.load import Run
from analysis.metrics.activity import hosts, whole
from analysis.metrics.curves import simulated_seconds
from analysis.metrics.memory import once

__all__ = ['by_link', 'by_node', 'by_pair', 'matrix']


@once
def by_pair(run: Run) -> pd.DataFrame:
    """Return bytes and messages between each pair of nodes, from the recorded messages.

    Returns
    -------
    DataFrame
        Index (`source`, `target`); columns `bytes`, `messages`.
    """
    parts = []
    for messages in run.batches('messages', ['source', 'target', 'bytes']):
        sizes = messages.groupby(['source', 'target'])['bytes']
        parts.append(sizes.agg(bytes='sum', messages='size'))
    pairs: pd.DataFrame = pd.concat(parts).groupby(level=[0, 1]).sum()
    return pairs


def matrix(run: Run) -> NDArray[np.float64]:
    """Return the traffic matrix: bytes from node i (row) to node j (column), `(n, n)`."""
    pairs = by_pair(run)
    n = 1 + max([-1, *hosts(run).index, *pairs.index.to_frame().max().dropna().astype(int)])
    traffic = np.zeros((n, n))
    traffic[pairs.index.get_level_values(0), pairs.index.get_level_values(1)] = pairs['bytes']
    return traffic


@once
def by_node(run: Run) -> pd.DataFrame:
    """Return the bytes each host sent and received.

    From the messages where all were recorded, else from the hosts' own links; a host that
    forwards for others is then charged with what it forwards.

    Returns
    -------
    DataFrame
        Index `node`; columns `role`, `sent`, `received`.
    """
    nodes = hosts(run)
    flows = by_pair(run).reset_index() if whole(run) else run.table('links')
    sent = flows.groupby('source')['bytes'].sum()
    received = flows.groupby('target')['bytes'].sum()
    return pd.DataFrame(
        {
            'role': nodes['role'],
            'sent': sent.reindex(nodes.index, fill_value=0.0),
            'received': received.reindex(nodes.index, fill_value=0.0),
        }
    )


@once
def by_link(run: Run) -> pd.DataFrame:
    """Return the directed links, the one that carried most first.

    Returns
    -------
    DataFrame
        Columns of the table `links`, and `utilisation` (bytes carried / bytes the link could
        have carried in the simulated time), `busy` (share of the time it carried anything)
        and `name`, such as `worker 3 → switch 17`.
    """
    links = run.table('links')
    seconds = simulated_seconds(run)
    capacity = links['bandwidth_bps'] / 8 * seconds
    links['utilisation'] = np.where(capacity > 0, links['bytes'] / capacity, np.nan)
    links['busy'] = links['busy_ns'] / 1e9 / seconds if seconds else np.nan
    names = _names(run)
    links['name'] = [
        f'{names.get(source, source)} → {names.get(target, target)}'
        for source, target in zip(links['source'], links['target'], strict=True)
    ]
    return links.sort_values(['bytes', 'link'], ascending=[False, True], ignore_index=True)


def _names(run: Run) -> dict[int, str]:
    nodes = run.table('nodes', ['node', 'kind', 'role']).astype({'kind': str, 'role': str})
    return {
        int(node): f'{role or kind} {node}'
        for node, kind, role in zip(nodes['node'], nodes['kind'], nodes['role'], strict=True)
    }
