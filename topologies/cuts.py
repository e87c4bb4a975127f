"""Where a network is thinnest: the hosts at its sparsest cut."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np

from topologies.graphs import Graph
from topologies.mixing import host_graph

__all__ = ['hosts_at_the_cut']


def hosts_at_the_cut(graph: Graph, hosts: Sequence[int]) -> list[int]:
    """Return *hosts*, those first that stand at the sparsest cut between two halves.

    The cut is that of the Fiedler vector, the eigenvector of the Laplacian's second smallest
    eigenvalue: its signs part the neighbours (see `host_graph`) in two. Who has more links across
    comes first, then who is nearer to the cut, then who has the smaller number.

    Parameters
    ----------
    graph : networkx.Graph
        A topology.
    hosts : sequence of int
        Those that take part.

    Returns
    -------
    list of int

    References
    ----------
    .. [1] Fiedler, "Algebraic connectivity of graphs", Czechoslovak Mathematical Journal 23, 1973.

    Examples
    --------
    >>> from topologies import TOPOLOGIES
    >>> hosts_at_the_cut(TOPOLOGIES['dumbbell'](workers=8, ends='hosts'), range(8))[:2]
    [3, 4]
    """
    near = host_graph(graph, hosts)
    order = sorted(near)
    joined = nx.to_numpy_array(near, nodelist=order)
    values, vectors = np.linalg.eigh(np.diag(joined.sum(axis=0)) - joined)
    fiedler = vectors[:, np.argsort(values, kind='stable')[min(1, len(order) - 1)]]
    side = dict(zip(order, (fiedler > 0).tolist(), strict=True))
    depth = dict(zip(order, np.abs(fiedler).round(9).tolist(), strict=True))
    across = {host: sum(side[host] != side[other] for other in near[host]) for host in order}
    return sorted(order, key=lambda host: (-across[host], depth[host], host))
