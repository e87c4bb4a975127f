"""Shortest routes by latency, deterministic: ties go to fewer hops, then to the lower node."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simulator.cluster.network import Network
from simulator.cluster.state import ROUTE
from simulator.errors import TopologyError

__all__ = ['RouteTable']


@njit(cache=True)
def _shortest(start, first, links, target, latency, wanted, arrived_by):  # type: ignore[no-untyped-def]
    """Dijkstra from *start* until all *wanted* nodes (a boolean mask) are reached.

    Fills *arrived_by* (nodes,) with the link over which each node is reached, -1 elsewhere.
    Paths are compared by (latency, hops, node before); a binary heap holds (latency, hops, node).
    """
    nodes = len(first) - 1
    distance = np.full(nodes, np.inf)
    hops = np.full(nodes, nodes, np.int64)
    done = np.zeros(nodes, np.bool_)
    distance[start] = 0.0
    hops[start] = 0
    missing = wanted.sum()
    heap = [(0.0, np.int64(0), np.int64(start))]
    while len(heap) > 0 and missing > 0:
        smallest = heap[0]  # pop: the last one sinks from the root
        tail = heap.pop()
        if len(heap) > 0:
            place = 0
            while 2 * place + 1 < len(heap):
                child = 2 * place + 1
                if child + 1 < len(heap) and heap[child + 1] < heap[child]:
                    child += 1
                if heap[child] >= tail:
                    break
                heap[place] = heap[child]
                place = child
            heap[place] = tail
        node = smallest[2]
        if done[node]:
            continue
        done[node] = True
        if wanted[node]:
            missing -= 1
        for k in range(first[node], first[node + 1]):
            other = target[links[k]]
            through = distance[node] + latency[links[k]]
            if through < distance[other] or (
                through == distance[other] and hops[node] + 1 < hops[other]
            ):
                distance[other] = through
                hops[other] = hops[node] + 1
                arrived_by[other] = links[k]
                item = (through, hops[other], np.int64(other))
                heap.append(item)
                place = len(heap) - 1
                while place > 0 and heap[(place - 1) >> 1] > item:
                    heap[place] = heap[(place - 1) >> 1]
                    place = (place - 1) >> 1
                heap[place] = item


class RouteTable:
    """The routes of a network, found when first asked for.

    Attributes
    ----------
    routes : structured array
        One record of ``state.ROUTE`` a route, with room to spare.
    path : int32 array
        The links of all routes, one route after another.
    hops : int
        The length of the longest route so far.
    """

    def __init__(self, network: Network):
        self.network = network
        self.routes: NDArray[Any] = np.zeros(16, ROUTE)
        self.path: NDArray[np.int32] = np.zeros(64, np.int32)
        self.count = 0
        self.hops = 1
        self._used = 0
        self._known: dict[int, int] = {}

    def of(self, source: int, target: int) -> int:
        """Return the number of the route from device *source* to device *target*."""
        key = source * self.network.nodes + target
        if key not in self._known:
            self._find(source, [target])
        return self._known[key]

    def matrix(self, needed: NDArray[np.bool_], devices: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return route numbers (ranks, ranks) where *needed*, -1 elsewhere.

        *devices* (ranks,) are the ranks' devices.
        """
        numbers = np.full(needed.shape, -1, np.int32)
        nodes = self.network.nodes
        for rank in np.flatnonzero(needed.any(axis=1)):
            source = int(devices[rank])
            others = np.flatnonzero(needed[rank])
            targets = [int(device) for device in devices[others]]
            self._find(source, [t for t in targets if source * nodes + t not in self._known])
            numbers[rank, others] = [self._known[source * nodes + t] for t in targets]
        return numbers

    def links_of(self, route: int) -> NDArray[np.int32]:
        """Return the links of a route, in order."""
        record = self.routes[route]
        return self.path[record['first'] : record['first'] + record['hops']]

    def _find(self, source: int, targets: list[int]) -> None:
        if not targets:
            return
        network = self.network
        wanted = np.zeros(network.nodes, np.bool_)
        wanted[targets] = True
        arrived_by = np.full(network.nodes, -1, np.int64)
        _shortest(
            source,
            network.first,
            network.links_by_source,
            network.target,
            network.latency,
            wanted,
            arrived_by,
        )
        for target in targets:
            self._add(source, target, self._trace(source, target, arrived_by))

    def _trace(self, source: int, target: int, arrived_by: NDArray[np.int64]) -> list[int]:
        links: list[int] = []
        node = target
        while node != source:
            link = int(arrived_by[node])
            if link < 0:
                raise TopologyError(
                    f'no route from node {source} to node {target}: the graph is not connected.'
                )
            links.append(link)
            node = int(self.network.source[link])
        return links[::-1]

    def _add(self, source: int, target: int, links: list[int]) -> None:
        if self.count == len(self.routes):
            self.routes = np.concatenate([self.routes, np.zeros_like(self.routes)])
        while self._used + len(links) > len(self.path):
            self.path = np.concatenate([self.path, np.zeros_like(self.path)])
        latency = float(sum(self.network.latency[link] for link in links))
        self.routes[self.count] = (latency, self._used, len(links), source, target)
        self.path[self._used : self._used + len(links)] = links
        self._known[source * self.network.nodes + target] = self.count
        self._used += len(links)
        self.count += 1
        self.hops = max(self.hops, len(links))
