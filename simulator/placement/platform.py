"""The devices a graph is placed on, and what it costs to send something from one to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.cluster import Devices
from simulator.cluster.network import Network
from simulator.cluster.routes import RouteTable, Routing

__all__ = ['Platform']

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Platform:
    """Devices as a placement sees them: numbered 0..k-1, whatever their nodes are called.

    Attributes
    ----------
    nodes : int array, shape (k,)
        The host of the cluster that each device is.
    speed : array, shape (k,)
        flop/s.
    memory : array, shape (k,)
        Bytes; infinite is no limit.
    kinds : tuple of str, length k
    latency : array, shape (k, k)
        Seconds of the route from one to another; 0 on the diagonal.
    seconds_per_byte : array, shape (k, k)
        1 / the least bandwidth of the route; 0 on the diagonal.
    """

    nodes: NDArray[np.int64]
    speed: Floats
    memory: Floats
    kinds: tuple[str, ...]
    latency: Floats
    seconds_per_byte: Floats

    @classmethod
    def of(
        cls,
        network: Network,
        devices: Devices,
        nodes: list[int] | None = None,
        *,
        routing: Routing = 'shortest',
        table: RouteTable | None = None,
    ) -> Platform:
        """Return some hosts of a cluster (by default all), and the routes between them.

        Examples
        --------
        >>> import networkx as nx
        >>> pair = Network.of(nx.path_graph(2), hosts=2, bandwidth=100.0, latency=1.0)
        >>> ones = np.ones(2)
        >>> platform = Platform.of(pair, Devices(ones, ones, np.inf * ones))
        >>> platform.latency[0].tolist(), platform.seconds_per_byte[0].tolist()
        ([0.0, 1.0], [0.0, 0.01])
        """
        table = table or RouteTable(network, routing)
        hosts = np.arange(network.hosts) if nodes is None else np.array(nodes, np.int64)
        latency, seconds_per_byte = _routes(table, hosts)
        kinds = devices.kinds
        return cls(
            hosts,
            devices.speed[hosts],
            devices.memory[hosts],
            tuple(kinds[host] for host in hosts) if kinds else ('',) * len(hosts),
            latency,
            seconds_per_byte,
        )

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def mean_transfer(self) -> tuple[float, float]:
        """Latency and seconds a byte of a route between two different devices, on average."""
        pairs = max(len(self) * (len(self) - 1), 1)
        return float(self.latency.sum()) / pairs, float(self.seconds_per_byte.sum()) / pairs


def _routes(table: RouteTable, hosts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    k, bandwidth = len(hosts), table.network.bandwidth
    source, target = (ends.ravel() for ends in np.divmod(np.arange(k * k), k))
    apart = source != target
    routes = table.between(hosts, source[apart], target[apart])
    latency, seconds_per_byte = np.zeros((2, k * k))
    latency[apart] = table.routes['latency'][routes]
    first, hops = (table.routes[name][routes] for name in ('first', 'hops'))
    if len(routes):
        # the rows of `path` are those of the routes, one after another, for each asked once
        row = np.repeat(np.arange(len(routes)), hops)
        step = np.arange(len(row)) - np.repeat(np.cumsum(hops) - hops, hops)
        slowest = np.zeros(len(routes))
        np.maximum.at(slowest, row, 1.0 / bandwidth[table.path[first[row] + step]])
        seconds_per_byte[apart] = slowest
    return latency.reshape(k, k), seconds_per_byte.reshape(k, k)
