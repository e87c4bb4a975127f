"""Shortest routes by latency, then by hops, deterministic.

Among routes that tie, `shortest` takes the one through lower nodes, `ecmp` (equal-cost multipath)
one by a hash of source and target, each equally likely.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simulator.cluster.network import Network
from simulator.cluster.state import ROUTE
from simulator.errors import TopologyError

__all__ = ['RouteTable', 'Routing']

Routing = Literal['shortest', 'ecmp']

SAME = 1e-9  # two latencies nearer than this, relatively, tie


@njit(cache=True)
def _shortest(start, first, links, target, latency, wanted, arrived_by):  # noqa: C901 - one loop
    """Dijkstra from *start* until all *wanted* nodes (a boolean mask) are reached.

    Fills *arrived_by* (nodes,) with the link over which each node is reached, -1 elsewhere;
    returns the latency and the hops to each. Paths are compared by (latency, hops, node before);
    a binary heap holds (latency, hops, node).
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
    return distance, hops


@njit(cache=True)
def _ties(node, k, first, links, target, latency, distance, hops):
    """Whether the k-th link out of *node*, the other way, ends a shortest route to *node*."""
    before, link = target[links[k]], links[k] ^ 1
    through = distance[before] + latency[link]
    return hops[before] + 1 == hops[node] and through <= distance[node] * (1 + SAME)


@njit(cache=True)
def _count_routes(first, links, target, latency, distance, hops):
    """Return how many shortest routes lead to each node."""
    counts = np.zeros(len(distance))
    for node in np.argsort(hops, kind='mergesort'):
        if hops[node] == 0:
            counts[node] = 1.0
        elif distance[node] < np.inf:
            for k in range(first[node], first[node + 1]):
                if _ties(node, k, first, links, target, latency, distance, hops):
                    counts[node] += counts[target[links[k]]]
    return counts


@njit(cache=True)
def _draw_route(start, node, first, links, target, latency, distance, hops, counts):
    """Return the links, last first, of one of the shortest routes to *node*, by a hash."""
    z = np.uint64(start) * np.uint64(0x9E3779B97F4A7C15)
    z ^= np.uint64(node) * np.uint64(0xD1B54A32D192ED03)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    chosen = np.floor(np.float64(z >> np.uint64(11)) * 2.0**-53 * counts[node])
    route = np.empty(hops[node], np.int64)
    for place in range(len(route)):
        taken = -1
        for k in range(first[node], first[node + 1]):
            if _ties(node, k, first, links, target, latency, distance, hops):
                taken = k
                if chosen < counts[target[links[k]]]:
                    break
                chosen -= counts[target[links[k]]]
        route[place] = links[taken] ^ 1
        node = target[links[taken]]
    return route


class RouteTable:
    """The routes of a network, found when first asked for.

    Parameters
    ----------
    network : Network
    routing : 'shortest' or 'ecmp'
        Which of the routes that tie is taken: that through lower nodes, or one by a hash of
        source and target, so that flows spread over all of them.

    Attributes
    ----------
    routes : structured array
        One record of ``state.ROUTE`` a route, with room to spare.
    path : int32 array
        The links of all routes, one route after another.
    hops : int
        The length of the longest route so far.
    """

    def __init__(self, network: Network, routing: Routing = 'shortest'):
        self.network = network
        self.routing = routing
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
        graph = (network.first, network.links_by_source, network.target, network.latency)
        reached = _shortest(source, *graph, wanted, arrived_by)
        if missed := [t for t in targets if t != source and arrived_by[t] < 0]:
            raise TopologyError(
                f'no route from node {source} to node {missed[0]}: the graph is not connected.'
            )
        if self.routing == 'shortest':
            routes = [self._trace(source, target, arrived_by) for target in targets]
        else:
            tree = (*graph, *reached, _count_routes(*graph, *reached))
            routes = [_draw_route(source, target, *tree).tolist() for target in targets]
        for target, links in zip(targets, routes, strict=True):
            self._add(source, target, links[::-1])

    def _trace(self, source: int, target: int, arrived_by: NDArray[np.int64]) -> list[int]:
        """Return the links of the route that was found, last first."""
        links: list[int] = []
        node = target
        while node != source:
            links.append(int(arrived_by[node]))
            node = int(self.network.source[links[-1]])
        return links

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
