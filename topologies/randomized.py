"""Graphs drawn at random; each takes the generator that draws it."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log, sqrt
from typing import Annotated

import networkx as nx
import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from simulator.errors import TopologyError
from topologies.graphs import Graph, Servers, Workers, check_size, on_circle, with_hosts

__all__ = ['erdos_renyi', 'expander', 'random_regular', 'small_world']

_EXACT = 500
"""Hosts up to which all eigenvalues are computed, in a few hundredths of a second."""

Degree = Annotated[int, Ge(1), Le(1000)]
Share = Annotated[float, Ge(0), Le(1)]
Pairs = NDArray[np.int64]

_DRAWS = 100  # before a connected graph is given up


def random_regular(
    rng: np.random.Generator, *, workers: Workers, servers: Servers = 0, degree: Degree = 4
) -> Graph:
    """Every host wired to the same number of others, drawn evenly among all such graphs.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the graph; again until it is connected.
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.
    degree : int
        Links of each host; hosts times degree must be even.

    Returns
    -------
    networkx.Graph

    Raises
    ------
    TopologyError
        If there is no such graph, or none of 100 drawn is connected.

    References
    ----------
    .. [1] Kim, Vu, "Generating random regular graphs", STOC 2003.

    Examples
    --------
    >>> graph = random_regular(np.random.default_rng(0), workers=10, degree=3)
    >>> {degree for _, degree in graph.degree()}
    {3}
    """
    _check_degree('random_regular', workers + servers, degree)
    return _connected('random_regular', workers, servers, lambda n: _regular(rng, n, degree))


def expander(
    rng: np.random.Generator,
    *,
    workers: Workers,
    servers: Servers = 0,
    degree: Annotated[int, Ge(3), Le(1000)] = 4,
    slack: Annotated[float, Gt(0), Le(1)] = 0.1,
) -> Graph:
    """Few links a host, and yet no bottleneck anywhere: a random regular graph, its gap checked.

    Random regular graphs are nearly always such; those drawn are checked, and drawn again.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the graph.
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.
    degree : int
        Links of each host, d; hosts times degree must be even.
    slack : float
        The second largest absolute eigenvalue of the adjacency matrix is at most
        (1 + slack) 2 sqrt(d - 1); no large graph is below 2 sqrt(d - 1).

    Returns
    -------
    networkx.Graph

    Raises
    ------
    TopologyError
        If there is no such graph, or none among 100 drawn.

    References
    ----------
    .. [1] Friedman, "A proof of Alon's second eigenvalue conjecture", STOC 2003.

    Examples
    --------
    >>> graph = expander(np.random.default_rng(0), workers=100)
    >>> float(abs(np.linalg.eigvalsh(nx.to_numpy_array(graph))[[0, -2]]).max().round(1))  # of 4
    3.4
    """
    _check_degree('expander', workers + servers, degree)
    most = (1 + slack) * 2 * sqrt(degree - 1)
    return _connected(
        'expander',
        workers,
        servers,
        lambda n: _regular(rng, n, degree),
        lambda pairs, n: _second_eigenvalue(pairs, n, degree) <= most,
    )


def erdos_renyi(
    rng: np.random.Generator,
    *,
    workers: Workers,
    servers: Servers = 0,
    probability: Share | None = None,
) -> Graph:
    """Every pair of hosts wired with the same probability, given that all are connected.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the graph; again until it is connected.
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.
    probability : float, optional
        Of each link. By default 2 ln(n)/n, twice the threshold of connectivity.

    Returns
    -------
    networkx.Graph

    Raises
    ------
    TopologyError
        If none of 100 drawn is connected, or there would be too many links.

    References
    ----------
    .. [1] Gilbert, "Random Graphs", The Annals of Mathematical Statistics, 1959.

    Examples
    --------
    >>> nx.is_connected(erdos_renyi(np.random.default_rng(0), workers=50))
    True
    """
    hosts = workers + servers
    p = min(1.0, 2 * log(max(2, hosts)) / hosts) if probability is None else probability
    check_size('erdos_renyi', nodes=hosts, edges=int(p * hosts * (hosts - 1) / 2))
    hint = f'; probability(={p:.3g}) should be well above ln(n)/n = {log(hosts) / hosts:.3g}'
    return _connected('erdos_renyi', workers, servers, lambda n: _gilbert(rng, n, p), hint=hint)


def small_world(
    rng: np.random.Generator,
    *,
    workers: Workers,
    servers: Servers = 0,
    neighbours: Degree = 4,
    rewiring: Share = 0.1,
) -> Graph:
    """Rewire some links of a ring of neighbourhoods at random: clustered, and yet small.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the graph; again until it is connected.
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.
    neighbours : int
        Nearest hosts on the ring to which each is wired at first; even.
    rewiring : float
        Probability that a link's far end moves to a host drawn at random.

    Returns
    -------
    networkx.Graph

    Raises
    ------
    TopologyError
        If *neighbours* is odd or not below the number of hosts, or none of 100 drawn is connected.

    References
    ----------
    .. [1] Watts, Strogatz, "Collective dynamics of 'small-world' networks", Nature, 1998.

    Examples
    --------
    >>> graph = small_world(np.random.default_rng(0), workers=20)
    >>> graph.number_of_edges()
    40
    """
    hosts = workers + servers
    check_size('small_world', nodes=hosts, edges=hosts * neighbours // 2)
    if neighbours % 2 or neighbours >= hosts > 1:
        raise TopologyError(
            f'small_world: neighbours(={neighbours}) must be even and below the {hosts} hosts'
        )

    def draw(n: int) -> Pairs:
        if n == 1:
            return np.empty((0, 2), np.int64)
        return _pairs(nx.watts_strogatz_graph(n, neighbours, rewiring, seed=rng))

    return _connected('small_world', workers, servers, draw)


def _check_degree(name: str, hosts: int, degree: int) -> None:
    check_size(name, nodes=hosts, edges=hosts * degree // 2)
    if degree >= hosts or hosts * degree % 2:
        raise TopologyError(
            f'{name}: degree(={degree}) must be below the number of hosts, {hosts}, and their '
            'product even'
        )


def _connected(
    name: str,
    workers: int,
    servers: int,
    draw: Callable[[int], Pairs],
    accept: Callable[[Pairs, int], bool] = lambda pairs, n: True,
    hint: str = '',
) -> Graph:
    """Draw pairs of hosts until they connect all of them and are accepted."""
    hosts = workers + servers
    for _ in range(_DRAWS):
        pairs = draw(hosts)
        graph = with_hosts(name, workers=workers, servers=servers, edges=len(pairs))
        graph.add_edges_from(pairs.tolist())
        if nx.is_connected(graph) and accept(pairs, hosts):
            on_circle(graph, range(hosts))
            return graph
    raise TopologyError(f'{name}: none of {_DRAWS} graphs over {hosts} hosts will do{hint}')


def _pairs(graph: Graph) -> Pairs:
    """Return the edges, each as (lower, higher), in ascending order."""
    edges = sorted((min(u, v), max(u, v)) for u, v in graph.edges)
    return np.array(edges, np.int64).reshape(-1, 2)


def _regular(rng: np.random.Generator, hosts: int, degree: int) -> Pairs:
    return _pairs(nx.random_regular_graph(degree, hosts, seed=rng))


def _gilbert(rng: np.random.Generator, hosts: int, p: float) -> Pairs:
    """Draw each pair with probability *p*, by the gaps between those that are drawn."""
    every = hosts * (hosts - 1) // 2
    if not p or not every:
        return np.empty((0, 2), np.int64)
    chosen, last = [np.empty(0, np.int64)], -1
    while last < every:
        gaps = rng.geometric(p, ceil(1.1 * every * p) + 10)
        chosen.append(last + np.cumsum(gaps))
        last = int(chosen[-1][-1])
    number = np.concatenate(chosen)
    number = number[number < every]
    # pair (u, v), v < u, is number u(u - 1)/2 + v; the root may be off by one either way
    u = ((1 + np.sqrt(1 + 8 * number.astype(np.float64))) / 2).astype(np.int64)
    u -= u * (u - 1) // 2 > number
    u += (u + 1) * u // 2 <= number
    return np.stack((number - u * (u - 1) // 2, u), axis=1)


def _second_eigenvalue(pairs: Pairs, hosts: int, degree: int) -> float:
    """Return the second largest absolute eigenvalue of a regular graph.

    That of a large one comes from the power method, which may stay a few percent below it.
    """
    ends = np.concatenate((pairs, pairs[:, ::-1]))
    neighbours = ends[np.argsort(ends[:, 0], kind='stable'), 1].reshape(hosts, degree)
    if hosts <= _EXACT:
        matrix = np.zeros((hosts, hosts))
        matrix[ends[:, 0], ends[:, 1]] = 1.0
        values = np.linalg.eigvalsh(matrix)
        return float(max(-values[0], values[-2]))
    vector = np.cos(np.arange(hosts) ** 2.0)  # any start that favours no eigenvector
    length = 0.0
    for _ in range(200):
        vector -= vector.mean()  # off the first eigenvector
        vector /= np.linalg.norm(vector)
        vector = vector[neighbours].sum(axis=1)
        length = float(np.linalg.norm(vector))
    return length
