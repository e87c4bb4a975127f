"""The ranks of a collective: a cluster's workers, and what its topology says about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.catalogue import Choice
from simulator.cluster.cluster import Cluster
from simulator.cluster.routes import RouteTable
from simulator.collectives import Ranks, stream
from simulator.training.facts import Facts, groups_of, nodes_with
from topologies import ring_order

__all__ = ['ranks_of', 'route_costs']

MOST_ROWS = 2**22  # of a schedule that is read for the pairs that talk
MOST_PAIRS = 2**14  # whose routes are looked up


def ranks_of(
    place: Cluster | Facts, algorithm: Choice, members: Sequence[int] | None = None
) -> Ranks:
    """Return the workers of a cluster as ranks, in the order of their numbers.

    Parameters
    ----------
    place : Cluster or Facts
    algorithm : Choice
        Only if it asks for the topology's order, that is worked out: it takes a walk through the
        whole graph.
    members : sequence of int, optional
        Numbers of the workers that take part; all by default.
    """
    graph = place.graph
    if graph is None:
        assert isinstance(place, Facts)  # noqa: S101 - a cluster has its graph
        return Ranks(place.workers, groups=place.groups)
    workers = nodes_with(graph, 'worker')
    if members is not None:
        workers = [workers[number] for number in members]
    by_topology = algorithm.options.get('order') == 'by_topology'
    order = ring_order(graph, workers) if by_topology else None
    return Ranks(len(workers), groups=groups_of(graph, workers), order=order)


def route_costs(
    facts: Facts, algorithm: Choice, ranks: Ranks, members: Sequence[int] | None = None
) -> tuple[float, float]:
    """Return alpha and beta of a collective: of the longest and of the slowest route it takes.

    Only routes between ranks that talk to each other count, so that a ring around a torus pays
    for one hop. Where these are too many to look up, all of the cluster's count.

    Parameters
    ----------
    facts : Facts
    algorithm : Choice
    ranks : Ranks
    members : sequence of int, optional
        Numbers of the workers that take part; all by default.

    Returns
    -------
    alpha : float
        Latency, seconds.
    beta : float
        Seconds per byte.
    """
    pairs = _pairs(algorithm, ranks) if facts.network is not None else None
    if facts.network is None or facts.graph is None or pairs is None:
        return facts.latency, 1.0 / facts.bandwidth
    table, workers = RouteTable(facts.network), nodes_with(facts.graph, 'worker')
    if members is not None:
        workers = [workers[number] for number in members]
    routes = [table.of(workers[source], workers[target]) for source, target in pairs]
    slowest = [float(facts.network.bandwidth[table.links_of(route)].min()) for route in routes]
    alpha = max((float(table.routes['latency'][route]) for route in routes), default=0.0)
    return alpha, 1.0 / min(slowest, default=np.inf)


def _pairs(algorithm: Choice, ranks: Ranks) -> list[tuple[int, int]] | None:
    """Return the ranks that talk to each other, each pair once; None if they are too many."""
    steps = stream(algorithm.function)(ranks, **algorithm.options)
    if steps.rows > MOST_ROWS:
        return None
    talk = np.zeros((ranks.count, ranks.count), np.bool_)
    for transfers in steps.transfers:
        talk[transfers.source, transfers.target] = True
    if talk.sum() > MOST_PAIRS:
        return None
    return [(int(source), int(target)) for source, target in np.argwhere(talk)]
