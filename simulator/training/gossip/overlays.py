"""Graphs laid over the peers: who talks to whom, whatever the network between them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from math import ceil, log2
from typing import Annotated, Any

import networkx as nx
import numpy as np
from annotated_types import Ge

from simulator.catalogue import Catalogue
from simulator.errors import TopologyError
from topologies import RANDOM, TOPOLOGIES
from topologies.graphs import check_size

__all__ = ['OVERLAYS', 'directed_ring', 'exponential', 'random_out']

Graph = Any  # networkx.Graph or DiGraph over 0..peers-1: the stubs alone know generics

SAME_NAMED = (
    'line',
    'ring',
    'mesh',
    'torus',
    'hypercube',
    'complete',
    'random_regular',
    'erdos_renyi',
    'small_world',
    'expander',
)


def of_topology(name: str) -> Callable[..., Graph]:
    """Return the topology called *name* as a graph over the peers, no longer of machines.

    Examples
    --------
    >>> sorted(of_topology('ring')(4, np.random.default_rng(0), 0).edges)
    [(0, 1), (0, 3), (1, 2), (2, 3)]
    """
    build = TOPOLOGIES[name]
    signature = inspect.signature(build, eval_str=True)

    @wraps(build)
    def overlay(peers: int, rng: np.random.Generator, period: int, **options: Any) -> Graph:
        if name in RANDOM:
            return build(rng, workers=peers, **options)
        graph = build(workers=peers, **options)
        if period == 0:
            return graph
        # nothing in it is drawn but who stands where
        return nx.relabel_nodes(graph, dict(enumerate(rng.permutation(peers).tolist())))

    options = [
        parameter
        for parameter in signature.parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in {'workers', 'servers'}
    ]
    del overlay.__wrapped__  # its signature is another one
    overlay.__annotations__ = {}
    overlay.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    return overlay


def directed_ring(peers: int, rng: np.random.Generator, period: int) -> Graph:
    """Each peer sends to the next one around a circle.

    Examples
    --------
    >>> sorted(directed_ring(3, np.random.default_rng(0), 0).edges)
    [(0, 1), (1, 2), (2, 0)]
    """
    order = rng.permutation(peers) if period else np.arange(peers)
    return _directed(peers, zip(order.tolist(), np.roll(order, -1).tolist(), strict=True))


def exponential(
    peers: int, rng: np.random.Generator, period: int, *, one_peer: bool = False
) -> Graph:
    """Each peer sends to those 1, 2, 4, 8, ... further on: few links, and yet no bottleneck.

    Parameters
    ----------
    one_peer : bool
        To one of them at a time, to the next when the overlay is drawn again; with
        ``redraw_every: 1`` all peers agree exactly after log2(n) rounds, n being a power of 2.

    References
    ----------
    .. [1] Assran et al., "Stochastic Gradient Push for Distributed Deep Learning", ICML 2019,
       arXiv:1811.10792.
    .. [2] Ying et al., "Exponential Graph is Provably Efficient for Decentralized Deep Training",
       NeurIPS 2021, arXiv:2110.13363.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sorted(exponential(5, rng, 0).successors(1)), exponential(5, rng, 2, one_peer=True)[0]
    ([0, 2, 3], AtlasView({4: {}}))
    """
    strides = [2**k for k in range(ceil(log2(peers)))] if peers > 1 else []
    if one_peer and strides:
        strides = [strides[period % len(strides)]]
    check_size('exponential', nodes=peers, edges=peers * len(strides))
    return _directed(peers, ((n, (n + s) % peers) for n in range(peers) for s in strides))


def random_out(
    peers: int, rng: np.random.Generator, period: int, *, degree: Annotated[int, Ge(1)] = 2
) -> Graph:
    """Each peer sends to so many others drawn at random, and along a directed ring.

    The ring makes sure that what one knows can reach all.

    Parameters
    ----------
    degree : int
        Others drawn by each peer, besides the next one around the ring; at most all.

    Examples
    --------
    >>> graph = random_out(6, np.random.default_rng(0), 0)
    >>> sorted(degree for _, degree in graph.out_degree()), nx.is_strongly_connected(graph)
    ([3, 3, 3, 3, 3, 3], True)
    """
    check_size('random_out', nodes=peers, edges=peers * (degree + 1))
    graph = directed_ring(peers, rng, 0)
    for peer in range(peers):
        # the peer itself and the next one are there already
        others = rng.permutation(max(0, peers - 2))[:degree]
        graph.add_edges_from((peer, (peer + 2 + int(k)) % peers) for k in others)
    return graph


def _directed(peers: int, edges: Any) -> Graph:
    graph: Graph = nx.DiGraph()
    graph.add_nodes_from(range(peers))
    graph.add_edges_from((one, two) for one, two in edges if one != two)
    if peers < 1:
        raise TopologyError(f'overlay: peers(={peers}) must be >= 1')
    return graph


DIRECTED = frozenset({'directed_ring', 'exponential', 'random_out'})

OVERLAYS = Catalogue(
    'overlay',
    {name: of_topology(name) for name in SAME_NAMED}
    | {'directed_ring': directed_ring, 'exponential': exponential, 'random_out': random_out},
    directed=dict.fromkeys(DIRECTED, True),
    counted=dict.fromkeys({*SAME_NAMED, *DIRECTED} - {'erdos_renyi'}, True),
)
"""Entries take ``(peers, rng, period)``: the how-manieth drawing it is, from 0."""
