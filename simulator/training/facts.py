"""What is known of a run before it starts: for checks across sections, and for closed forms."""

from __future__ import annotations

from dataclasses import dataclass, field

import networkx as nx
import numpy as np

from simulator.cluster.cluster import Devices
from simulator.cluster.network import Network
from simulator.cluster.routes import RouteTable
from simulator.learning.models import Model
from simulator.learning.profiles import Stage

__all__ = ['Facts', 'Scale', 'groups_of', 'nodes_with']


@dataclass(frozen=True)
class Scale:
    """How much larger the model is that a small one stands for.

    Attributes
    ----------
    bytes, flops : float
        Factors on what goes over the wire and on what a gradient costs.
    stages : tuple of Stage
        What the large model is made of, where that is known.
    """

    bytes: float = 1.0
    flops: float = 1.0
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What the sections of a scenario say together; `check` and `predict` functions take it.

    A training kind's ``check(facts, **options)`` yields what does not fit, one text a problem;
    its ``predict(facts, **options)`` returns what its closed forms say, by name.

    Attributes
    ----------
    workers, servers : int
        Hosts by role.
    parameters : int, optional
        Of the model, where there is learning.
    rounds : int, optional
        Where the scenario stops after so many.
    liars : int
        Byzantine workers.
    liars_at : tuple of int
        Their numbers among the workers, where they are known.
    latency : float
        Seconds of the longest route between two workers: alpha.
    bandwidth : float
        Bytes a second of the slowest link: 1 / beta.
    reduce : float
        Bytes a second of the slowest worker's reduction: 1 / gamma.
    scale : Scale
    groups : tuple of int, optional
        Group of each worker in the topology.
    graph : networkx.Graph, optional
        The topology.
    network : Network, optional
        Its links.
    devices : Devices, optional
        What the hosts can do.
    seed : int
        Of the scenario.
    batch : int, optional
        Samples of a mini-batch, where all have as many.
    model : Model, optional
        Where there is learning.
    inputs : tuple of int
        The shape of one of its samples.
    """

    workers: int
    servers: int = 0
    parameters: int | None = None
    rounds: int | None = None
    liars: int = 0
    latency: float = 0.0
    bandwidth: float = np.inf
    reduce: float = np.inf
    scale: Scale = field(default_factory=Scale)
    groups: tuple[int, ...] | None = None
    graph: nx.Graph[int] | None = None
    network: Network | None = None
    devices: Devices | None = None
    seed: int = 0
    batch: int | None = None
    liars_at: tuple[int, ...] = ()
    model: Model | None = None
    inputs: tuple[int, ...] = ()

    @property
    def layers(self) -> int | None:
        """Of how many layers the model is made."""
        return None if self.model is None else len(self.model.layers)

    @classmethod
    def of(
        cls,
        graph: nx.Graph[int],
        network: Network,
        devices: Devices,
        *,
        parameters: int | None = None,
        rounds: int | None = None,
        scale: Scale | None = None,
        seed: int = 0,
        batch: int | None = None,
        model: Model | None = None,
        inputs: tuple[int, ...] = (),
    ) -> Facts:
        """Gather the facts of a cluster."""
        workers, servers = nodes_with(graph, 'worker'), nodes_with(graph, 'server')
        return cls(
            workers=len(workers),
            servers=len(servers),
            parameters=parameters,
            rounds=rounds,
            latency=_longest(network, workers),
            bandwidth=float(network.bandwidth.min(initial=np.inf)),
            reduce=float(devices.reduce[workers].min(initial=np.inf)),
            scale=scale or Scale(),
            groups=groups_of(graph, workers),
            graph=graph,
            network=network,
            devices=devices,
            seed=seed,
            batch=batch,
            model=model,
            inputs=inputs,
        )


def nodes_with(graph: nx.Graph[int], role: str) -> list[int]:
    """Return the nodes of *graph* that have a *role*, in the order of their numbers."""
    return sorted(node for node, data in graph.nodes(data=True) if data.get('role') == role)


def groups_of(graph: nx.Graph[int], nodes: list[int]) -> tuple[int, ...] | None:
    """Return the group of each of *nodes*, None where the topology has no groups."""
    groups = [graph.nodes[node]['group'] for node in nodes if 'group' in graph.nodes[node]]
    return tuple(int(group) for group in groups) if len(groups) == len(nodes) else None


def _longest(network: Network, workers: list[int]) -> float:
    """Return the latency of the longest route from the first worker, or the last, to another."""
    if len(workers) < 2:
        return 0.0
    table = RouteTable(network)
    ends = {workers[0], workers[-1]}
    routes = [table.of(end, other) for end in ends for other in workers if other != end]
    return float(max(table.routes['latency'][route] for route in routes))
