"""Who is whose neighbour: by the network's links, or by a graph that is laid over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

import networkx as nx

from simulator.catalogue import Choice
from simulator.seeds import Seeds
from topologies.mixing import MIXINGS, Matrix, host_graph, spectral_gap

__all__ = ['Everyone', 'Neighbourhood', 'Neighbourhoods', 'Weighting', 'laid_over', 'linked']

Weighting = Literal['metropolis', 'max_degree']
Graph = Any  # networkx.Graph or DiGraph over peers 0..n-1


@dataclass(frozen=True)
class Neighbourhood:
    """Who sends to whom, for some time.

    Attributes
    ----------
    graph : networkx.Graph or DiGraph
        Over peers 0..n-1.
    """

    graph: Graph

    @cached_property
    def targets(self) -> Sequence[Sequence[int]]:
        """To whom each peer sends, ascending."""
        return [sorted(self.graph[peer]) for peer in range(len(self.graph))]

    @cached_property
    def sources(self) -> Sequence[Sequence[int]]:
        """From whom each peer receives, ascending."""
        if not self.graph.is_directed():
            return self.targets
        return [sorted(self.graph.predecessors(peer)) for peer in range(len(self.graph))]

    @property
    def count(self) -> int:
        """How many peers there are."""
        return len(self.graph)

    @property
    def directed(self) -> bool:
        """Whether links go one way."""
        return bool(self.graph.is_directed())

    @property
    def connected(self) -> bool:
        """Whether what one peer knows can reach all."""
        if self.graph.is_directed():
            return bool(nx.is_strongly_connected(self.graph))
        return bool(nx.is_connected(self.graph))

    @property
    def messages(self) -> int:
        """How many are sent when all send to all their neighbours."""
        return sum(map(len, self.targets))

    def weights(self, weighting: Weighting) -> Sequence[dict[int, float]]:
        """Return what each peer gives to each neighbour's model; its own takes the rest."""
        matrix = self._mixing(weighting)
        return [
            dict(zip(near, matrix[peer, near].tolist(), strict=True))
            for peer, near in enumerate(self.targets)
        ]

    def gap(self, weighting: Weighting) -> float:
        """Return the spectral gap of the weights: 1 - the second largest |eigenvalue|."""
        return spectral_gap(self._mixing(weighting))

    def _mixing(self, weighting: Weighting) -> Matrix:
        return MIXINGS[weighting](self.graph)


class Everyone(Neighbourhood):
    """All peers are neighbours; nothing is stored for their many links.

    Examples
    --------
    >>> near = Everyone(4)
    >>> near.targets[1], near.messages, near.weights('metropolis')[3]
    ([0, 2, 3], 12, {0: 0.25, 1: 0.25, 2: 0.25})
    """

    def __init__(self, count: int):
        super().__init__(nx.empty_graph(count))

    @property
    def targets(self) -> Sequence[Sequence[int]]:
        """To whom each peer sends, ascending."""
        return _AllBut(len(self.graph), lambda others: others)

    @property
    def sources(self) -> Sequence[Sequence[int]]:
        """From whom each peer receives, ascending."""
        return self.targets

    @property
    def connected(self) -> bool:
        """Whether what one peer knows can reach all."""
        return True

    @property
    def messages(self) -> int:
        """How many are sent when all send to all their neighbours."""
        return len(self.graph) * (len(self.graph) - 1)

    def weights(self, weighting: Weighting) -> Sequence[dict[int, float]]:
        """Return what each peer gives to each neighbour's model; its own takes the rest."""
        share = 1.0 / len(self.graph)  # by either weighting
        return _AllBut(len(self.graph), lambda others: dict.fromkeys(others, share))

    def gap(self, weighting: Weighting) -> float:
        """Return the spectral gap of the weights: all agree after one round."""
        return 1.0


class _AllBut(Sequence[Any]):
    """For each number below *count*, something made of all the others."""

    def __init__(self, count: int, make: Callable[[list[int]], Any]):
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: Any) -> Any:
        if not 0 <= number < self._count:
            raise IndexError(number)
        return self._make([*range(number), *range(number + 1, self._count)])


class Neighbourhoods:
    """The neighbourhood of each round.

    Parameters
    ----------
    draw : callable
        ``period -> Neighbourhood``, the same whenever it is called.
    every : int, optional
        Rounds of a period; without it there is one, for ever.
    """

    def __init__(self, draw: Callable[[int], Neighbourhood], every: int | None = None):
        self._every = every
        # peers are not all in the same round, but not far apart
        self._of = lru_cache(maxsize=4)(draw)

    def of(self, round_: int) -> Neighbourhood:
        """Return the neighbourhood of round number *round_*, from 1."""
        return self._of((round_ - 1) // self._every if self._every else 0)

    @classmethod
    def given(
        cls,
        graph: nx.Graph[int],
        hosts: Sequence[int],
        overlay: Choice | None,
        every: int | None,
        seeds: Seeds,
    ) -> Neighbourhoods:
        """Return those of an overlay, or where there is none, of the network's own links."""
        if overlay is None:
            return cls(lambda _: linked(graph, hosts))
        return cls(lambda period: laid_over(overlay, len(hosts), seeds, period), every)


def laid_over(overlay: Choice, peers: int, seeds: Seeds, period: int) -> Neighbourhood:
    """Return the drawing of an overlay for one period."""
    if overlay.name == 'complete':
        return Everyone(peers)
    return Neighbourhood(overlay(peers, seeds.stream('overlay', period=period), period))


def linked(graph: nx.Graph[int], hosts: Sequence[int]) -> Neighbourhood:
    """Return who is joined by a link, or by switches alone.

    Examples
    --------
    >>> from topologies import TOPOLOGIES
    >>> linked(TOPOLOGIES['ring'](workers=5), range(5)).targets[0]
    [1, 4]
    >>> type(linked(TOPOLOGIES['star'](workers=5, servers=1), range(5))).__name__
    'Everyone'
    """
    if _behind_one_switch(graph, hosts):
        return Everyone(len(hosts))
    places = {host: number for number, host in enumerate(sorted(hosts))}
    return Neighbourhood(nx.relabel_nodes(host_graph(graph, hosts), places))


def _behind_one_switch(graph: nx.Graph[int], hosts: Sequence[int]) -> bool:
    """Whether switches that hang together reach all *hosts*."""
    switches = graph.subgraph(n for n in graph if graph.nodes[n].get('kind') == 'switch')
    parts = list(nx.connected_components(switches))
    return len(parts) == 1 and all(not parts[0].isdisjoint(graph[host]) for host in hosts)
