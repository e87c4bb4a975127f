"""What a route promises: its latency and its narrowest link, from the table of links."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.load import Run
from analysis.metrics.memory import once

__all__ = ['Routes', 'routes']

_HOP = 2.0**-16  # ns: routes are shortest by latency, then by hops


class Route(NamedTuple):
    """Latency, ns, and bytes a nanosecond of the narrowest link."""

    latency: float
    rate: float


class Routes:
    """Routes of a run, found when first asked for.

    Among routes of equal latency and hops the world may take one with another narrowest link.
    """

    def __init__(self, links: pd.DataFrame):
        self.graph: nx.DiGraph[int] = nx.DiGraph()
        for link in links.itertuples():
            values = {'latency': float(str(link.latency_ns)), 'bps': float(str(link.bandwidth_bps))}
            cost = values['latency'] + _HOP
            self.graph.add_edge(int(str(link.source)), int(str(link.target)), cost=cost, **values)
        self._known: dict[int, dict[int, Route]] = {}

    def along(
        self, source: NDArray[np.int64], target: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return latency, ns, and rate, byte/ns, of the route of each pair; NaN where none is."""
        stride = 1 + int(max(target.max(initial=0), 0))
        codes, place = np.unique(source * stride + target, return_inverse=True)
        found = [self._route(int(code) // stride, int(code) % stride) for code in codes]
        table = np.array(found, dtype=float).reshape(-1, 2)
        return table[place, 0], table[place, 1]

    def _route(self, source: int, target: int) -> Route:
        if source not in self._known:
            self._known[source] = self._from(source)
        return self._known[source].get(target, Route(np.nan, np.nan))

    def _from(self, source: int) -> dict[int, Route]:
        if source not in self.graph:
            return {}
        paths = nx.single_source_dijkstra_path(self.graph, source, weight='cost')
        return {target: self._promise(path) for target, path in paths.items()}

    def _promise(self, path: list[int]) -> Route:
        edges = [self.graph.edges[hop] for hop in pairwise(path)]
        narrowest = min((edge['bps'] for edge in edges), default=np.inf)
        return Route(sum(edge['latency'] for edge in edges), narrowest / 8e9)


@once
def routes(run: Run) -> Routes:
    """Return the routes of a run, by its recorded links."""
    return Routes(run.table('links', ['source', 'target', 'latency_ns', 'bandwidth_bps']))
