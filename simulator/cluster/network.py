"""A topology as flat arrays: two directed links an edge."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from simulator.errors import TopologyError

__all__ = ['Network']


@dataclass(frozen=True)
class Network:
    """Nodes 0..nodes-1, the first *hosts* of them devices, and directed links between them.

    Edge k of the sorted edge list gives links 2k (from the lower node) and 2k + 1 (back).

    Attributes
    ----------
    source, target : int array, shape (links,)
    bandwidth : float array, shape (links,)
        Bytes a second.
    latency : float array, shape (links,)
        Seconds.
    loss : float array, shape (links,)
        Probability that a message is lost on the link.
    first, links_by_source : int arrays
        The links that leave node v are ``links_by_source[first[v]:first[v + 1]]``.

    Examples
    --------
    >>> star = nx.star_graph([2, 0, 1])
    >>> network = Network.of(star, hosts=2, bandwidth=1e9, latency=1e-3)
    >>> list(zip(network.source.tolist(), network.target.tolist()))
    [(0, 2), (2, 0), (1, 2), (2, 1)]
    """

    nodes: int
    hosts: int
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    bandwidth: NDArray[np.float64]
    latency: NDArray[np.float64]
    loss: NDArray[np.float64]
    first: NDArray[np.int64]
    links_by_source: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        graph: nx.Graph[int],
        *,
        hosts: int,
        bandwidth: float | NDArray[np.float64],
        latency: float | NDArray[np.float64],
        loss: float | NDArray[np.float64] = 0.0,
    ) -> Network:
        """Lay out *graph*; quantities are one for all or one an edge, in sorted edge order.

        An edge's own ``bandwidth`` and ``latency`` go before the general ones, its ``scale``
        multiplies the general bandwidth.

        Raises
        ------
        TopologyError
            If the graph is not connected, or a link's bandwidth, latency or loss makes no sense.
        """
        edges = edge_list(graph)
        rates = np.broadcast_to(np.asarray(bandwidth, float), len(edges)).copy()
        delays = np.broadcast_to(np.asarray(latency, float), len(edges)).copy()
        losses = np.broadcast_to(np.asarray(loss, float), len(edges)).copy()
        for k, (u, v) in enumerate(edges):
            data = graph.get_edge_data(u, v)
            if not data:
                continue
            rates[k] = data.get('bandwidth', rates[k] * data.get('scale', 1.0))
            delays[k] = data.get('latency', delays[k])
        _check(graph, edges, rates, delays, losses)
        pairs = np.array(edges, np.int64).reshape(-1, 2)
        source, target = pairs.ravel(), pairs[:, ::-1].ravel()
        nodes = graph.number_of_nodes()
        order = np.argsort(source, kind='stable')
        return cls(
            nodes=nodes,
            hosts=hosts,
            source=source,
            target=target,
            bandwidth=np.repeat(rates, 2),
            latency=np.repeat(delays, 2),
            loss=np.repeat(losses, 2),
            first=np.searchsorted(source[order], np.arange(nodes + 1)),
            links_by_source=order,
        )


def edge_list(graph: nx.Graph[int]) -> list[tuple[int, int]]:
    """Return the edges as sorted pairs (lower, higher)."""
    return sorted((min(u, v), max(u, v)) for u, v in graph.edges)


def _check(
    graph: nx.Graph[int],
    edges: list[tuple[int, int]],
    rates: NDArray[np.float64],
    delays: NDArray[np.float64],
    losses: NDArray[np.float64],
) -> None:
    if graph.number_of_nodes() == 0 or not nx.is_connected(graph):
        parts = nx.number_connected_components(graph)
        raise TopologyError(
            f'the graph is not connected: it falls into {parts} parts; join them, or drop some.'
        )
    fine = np.isfinite(rates) & (rates > 0) & np.isfinite(delays) & (delays >= 0)
    for k in np.flatnonzero(~(fine & (losses >= 0) & (losses <= 1))):
        (u, v), rate, delay, loss = edges[k], rates[k], delays[k], losses[k]
        if not (np.isfinite(rate) and rate > 0):
            raise TopologyError(f'link {u}-{v}: bandwidth(={rate} B/s) must be > 0.')
        if not (np.isfinite(delay) and delay >= 0):
            raise TopologyError(f'link {u}-{v}: latency(={delay} s) must be >= 0.')
        if not 0 <= loss <= 1:
            raise TopologyError(f'link {u}-{v}: loss(={loss}) must be in 0..1.')
