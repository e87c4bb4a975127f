"""Weights for gossip on a graph, and how fast they mix."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from simulator.errors import TopologyError
from topologies.graphs import Graph, check_size, hosts_of

__all__ = ['MIXINGS', 'host_graph', 'max_degree', 'metropolis', 'spectral_gap']

Matrix = NDArray[np.float64]

_MOST_HOSTS = 4096  # the matrices are dense


def host_graph(graph: Graph, hosts: Sequence[int] | None = None) -> Graph:
    """Return who is whose neighbour: hosts joined by a link, or by switches alone.

    Parameters
    ----------
    graph : networkx.Graph
        A topology.
    hosts : sequence of int, optional
        The hosts that take part; all by default. Others forward nothing.

    Returns
    -------
    networkx.Graph
        Over the hosts alone.

    Examples
    --------
    >>> from topologies import TOPOLOGIES
    >>> host_graph(TOPOLOGIES['star'](workers=4)).number_of_edges()
    6
    """
    taking_part = set(hosts_of(graph) if hosts is None else hosts)
    direct = graph.subgraph(taking_part)
    near: Graph = nx.Graph()
    near.add_nodes_from(sorted(taking_part))
    near.add_edges_from(direct.edges)
    switches = graph.subgraph(n for n in graph if graph.nodes[n]['kind'] == 'switch')
    for together in nx.connected_components(switches):
        around = sorted({host for switch in together for host in graph[switch]} & taking_part)
        check_size('host_graph', nodes=len(near), edges=len(around) * (len(around) - 1) // 2)
        near.add_edges_from((u, v) for k, u in enumerate(around) for v in around[k + 1 :])
    return near


def metropolis(near: Graph) -> Matrix:
    """Return Metropolis weights: W_ij = 1 / (1 + max(degree i, degree j)) between neighbours.

    Parameters
    ----------
    near : networkx.Graph
        Neighbourhood of the hosts, as from `host_graph`.

    Returns
    -------
    array, shape (n, n)
        Symmetric, rows and columns sum to 1; row k is that of the k-th lowest node.

    References
    ----------
    .. [1] Xiao, Boyd, Kim, "Distributed average consensus with least-mean-square deviation",
       Journal of Parallel and Distributed Computing, 2007.

    Examples
    --------
    >>> metropolis(nx.path_graph(3)).round(2).tolist()
    [[0.67, 0.33, 0.0], [0.33, 0.33, 0.33], [0.0, 0.33, 0.67]]
    """
    adjacent = _adjacency(near)
    degree = adjacent.sum(axis=1)
    return _with_rest(adjacent / (1 + np.maximum(degree[:, None], degree)))


def max_degree(near: Graph) -> Matrix:
    """Return max-degree weights: W_ij = 1 / (1 + the largest degree) between neighbours.

    Parameters
    ----------
    near : networkx.Graph
        Neighbourhood of the hosts, as from `host_graph`.

    Returns
    -------
    array, shape (n, n)
        Symmetric, rows and columns sum to 1; row k is that of the k-th lowest node.

    References
    ----------
    .. [1] Xiao, Boyd, "Fast linear iterations for distributed averaging", Systems & Control
       Letters, 2004.

    Examples
    --------
    >>> max_degree(nx.star_graph(2)).round(2).tolist()
    [[0.33, 0.33, 0.33], [0.33, 0.67, 0.0], [0.33, 0.0, 0.67]]
    """
    adjacent = _adjacency(near)
    return _with_rest(adjacent / (1 + adjacent.sum(axis=1).max(initial=0.0)))


def spectral_gap(weights: Matrix) -> float:
    """Return 1 - the second largest absolute eigenvalue: what a round takes off the disagreement.

    Parameters
    ----------
    weights : array, shape (n, n)
        Symmetric and doubly stochastic.

    Returns
    -------
    float
        1 for one host and for the complete graph, 0 where the hosts never agree.

    Notes
    -----
    O(n^3).

    Examples
    --------
    >>> round(spectral_gap(metropolis(nx.complete_graph(5))), 9)
    1.0
    >>> round(spectral_gap(metropolis(nx.cycle_graph(10))), 4)
    0.1273
    """
    if len(weights) == 1:
        return 1.0
    values = np.abs(np.linalg.eigvalsh(weights))
    return float(1 - np.sort(values)[-2])


def _adjacency(near: Graph) -> Matrix:
    if len(near) > _MOST_HOSTS:
        raise TopologyError(f'mixing: hosts(={len(near)}) must be at most {_MOST_HOSTS}')
    place = {node: k for k, node in enumerate(sorted(near))}
    adjacent = np.zeros((len(place), len(place)))
    for one, two in near.edges:
        adjacent[place[one], place[two]] = adjacent[place[two], place[one]] = 1.0
    return adjacent


def _with_rest(weights: Matrix) -> Matrix:
    """Let every host keep what its neighbours' weights leave."""
    np.fill_diagonal(weights, 1 - weights.sum(axis=1))
    return weights


MIXINGS = {'metropolis': metropolis, 'max_degree': max_degree}
