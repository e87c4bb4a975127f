"""Shortest routes by latency, then by hops, deterministic.

Among routes that tie, `shortest` takes, seen from the target, the one over lower nodes, `ecmp`
(equal-cost multipath) one by a hash of source and target, each equally likely.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.kernel import paths
from simulator.cluster.kernel.words import NONE
from simulator.cluster.network import Network
from simulator.cluster.state import ROUTE, TREE
from simulator.errors import TopologyError

__all__ = ['RouteTable', 'Routing']

Routing = Literal['shortest', 'ecmp']

_FIRST, _SECOND = np.zeros(1, np.int32), np.ones(1, np.int32)


class RouteTable:
    """The routes of a network, found when first asked for.

    Parameters
    ----------
    network : Network
    routing : 'shortest' or 'ecmp'
        Which of the routes that tie is taken: that over lower nodes, or one by a hash of source
        and target, so that flows spread over all of them.

    Attributes
    ----------
    routes : structured array
        One record of ``state.ROUTE`` a route, with room to spare.
    path : int32 array
        The links of all routes, one route after another.
    count : int
        Routes found so far.
    hops : int
        The length of the longest route so far.
    known : dict of (int, int) to int
        What `of` has found so far, for the fastest look.

    Examples
    --------
    >>> import networkx as nx
    >>> line = Network.of(nx.path_graph(4), hosts=4, bandwidth=1e9, latency=1e-3)
    >>> table = RouteTable(line)
    >>> table.links_of(table.of(3, 1)).tolist()
    [5, 3]
    """

    def __init__(self, network: Network, routing: Routing = 'shortest'):
        self.network = network
        self.routing = routing
        self.routes: NDArray[Any] = np.zeros(16, ROUTE)
        self.path: NDArray[np.int32] = np.zeros(64, np.int32)
        self.count = 0
        self.hops = 1
        self._used = 0
        self.known: dict[tuple[int, int], int] = {}
        self._expected: dict[tuple[int, int], int] = {}
        self._pairs: NDArray[np.int64] = np.empty(0, np.int64)
        self._enlarge(64)
        self._tree = np.zeros(network.nodes, TREE)
        self._access = _only_links(network)
        leaves = np.flatnonzero(self._access != NONE)
        self._root = np.arange(network.nodes)
        self._root[leaves] = network.target[self._access[leaves]]

    def of(self, source: int, target: int) -> int:
        """Return the number of the route from device *source* to device *target*."""
        key = (source, target)
        number = self.known.get(key)
        if number is None:
            number = self._expected.pop(key, None)
            if number is None:
                number = int(self.between(np.array(key), _FIRST, _SECOND)[0])
            self.known[key] = number
        return number

    def expect(self, source: NDArray[np.int64], target: NDArray[np.int64]) -> None:
        """Find together, at far less cost, routes that `of` will be asked for one by one.

        Parameters
        ----------
        source, target : int arrays, shape (pairs,)
            Devices.
        """
        old = self.count
        numbers = self.between(np.arange(self.network.nodes), source, target)
        new = (numbers >= old).nonzero()[0]
        columns = (array[new].tolist() for array in (source, target, numbers))
        self._expected.update(((a, b), number) for a, b, number in zip(*columns, strict=True))

    def between(
        self, devices: NDArray[np.int64], source: NDArray[Any], target: NDArray[Any]
    ) -> NDArray[np.int32]:
        """Return the number of each row's route.

        Parameters
        ----------
        devices : int array, shape (ranks,)
            Where each rank runs.
        source, target : int arrays, shape (rows,)
            Ranks.

        Returns
        -------
        array of int32, shape (rows,)
        """
        columns = (
            np.ascontiguousarray(devices, np.int64),
            np.ascontiguousarray(source, np.int32),
            np.ascontiguousarray(target, np.int32),
        )
        routes = np.empty(len(source), np.int32)
        old, done = self.count, 0
        while True:
            done, self.count = paths.number_pairs(
                self._keys, self._numbers, self.count, self.network.nodes, *columns, done, routes,
                self._pairs,
            )  # fmt: skip
            if done == len(source):
                break
            self._enlarge(4 * len(self._keys))
        if self.count > old:
            self._find(np.arange(old, self.count))
        if self._expected and (routes < old).any():
            asked = set(routes.tolist())
            self._expected = {k: n for k, n in self._expected.items() if n not in asked}
        return routes

    def links_of(self, route: int) -> NDArray[np.int32]:
        """Return the links of a route, in order."""
        record = self.routes[route]
        return self.path[record['first'] : record['first'] + record['hops']]

    def used(self) -> dict[str, NDArray[Any]]:
        """Return the links of all routes asked for so far: a row a link, by source and target.

        Examples
        --------
        >>> import networkx as nx
        >>> line = Network.of(nx.path_graph(3), hosts=3, bandwidth=1e9, latency=1e-3)
        >>> table = RouteTable(line)
        >>> number = table.of(2, 0)
        >>> {name: column.tolist() for name, column in table.used().items()}
        {'source': [2, 2], 'target': [0, 0], 'hop': [0, 1], 'link': [3, 1]}
        """
        asked = np.delete(self.routes[: self.count], list(self._expected.values()))
        routes = np.sort(asked, order=['source', 'target'])
        hops = routes['hops'].astype(np.int64)
        hop = np.arange(hops.sum()) - np.repeat(np.cumsum(hops) - hops, hops)
        return {
            'source': np.repeat(routes['source'], hops),
            'target': np.repeat(routes['target'], hops),
            'hop': hop,
            'link': self.path[np.repeat(routes['first'], hops) + hop],
        }

    def _find(self, numbers: NDArray[np.int64]) -> None:
        """Find the routes of these numbers, those that share a tree one after another."""
        network = self.network
        self.routes = _lengthened(self.routes, self.count)
        source = self._pairs[numbers] // network.nodes
        order = numbers[np.argsort(self._root[source], kind='stable')]
        done = 0
        while done < len(order):
            done, self._used = paths.trace_pairs(
                self._pairs, order, done, self.routing == 'ecmp', self._access, network.first,
                network.links_by_source, network.target, network.latency, self._tree, self.path,
                self._used, self.routes,
            )  # fmt: skip
            if done < len(order):
                self._go_on(*divmod(int(self._pairs[order[done]]), network.nodes))
        self.hops = max(self.hops, int(self.routes['hops'][numbers].max()))

    def _go_on(self, source: int, target: int) -> None:
        """Enlarge the room for paths, the search having stopped at this pair."""
        if self._tree['distance'][target] == np.inf:
            raise TopologyError(
                f'no route from node {source} to node {target}: the graph is not connected.'
            )
        self.path = _lengthened(self.path, 2 * len(self.path))

    def _enlarge(self, size: int) -> None:
        """Make a hash table of *size* places for the pairs known so far."""
        pairs = np.empty(size // 2, np.int64)
        pairs[: self.count] = self._pairs[: self.count]
        self._pairs = pairs
        self._keys = np.full(size, NONE, np.int64)
        self._numbers = np.empty(size, np.int32)
        paths.fill_table(self._keys, self._numbers, pairs, self.count)


def _only_links(network: Network) -> NDArray[np.int64]:
    """Return for each node its only link, NONE where it has none or more."""
    access = np.full(network.nodes, NONE)
    single = np.flatnonzero(np.diff(network.first) == 1)
    access[single] = network.links_by_source[network.first[single]]
    return access


def _lengthened(array: NDArray[Any], size: int) -> NDArray[Any]:
    """Return *array*, or a longer copy of it where it has less than *size* entries."""
    if size <= len(array):
        return array
    longer = np.zeros(1 << (size - 1).bit_length(), array.dtype)
    longer[: len(array)] = array
    return longer
