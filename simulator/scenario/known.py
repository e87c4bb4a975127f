"""What is known of a run before it starts: the still world, the data and model, closed forms."""

from __future__ import annotations

from math import ceil
from typing import Any, NamedTuple

import networkx as nx

from simulator.cluster.cluster import Devices
from simulator.cluster.network import Network
from simulator.errors import TopologyError
from simulator.learning import Dataset, Model
from simulator.learning.models import account
from simulator.learning.partitions import Shards
from simulator.scenario.batches import batch_sizes
from simulator.scenario.lessons import dataset_of, dealt, scale_of
from simulator.scenario.schema import Cluster, Scenario
from simulator.scenario.world import devices_of, graph_of, network_of
from simulator.seeds import Seeds
from simulator.training import Facts

__all__ = [
    'Taught',
    'World',
    'facts_of',
    'gathered',
    'modelled',
    'predicted',
    'shards_of',
    'world_of',
]


class World(NamedTuple):
    """The cluster of a run, as far as it stands still."""

    graph: nx.Graph[int]
    network: Network
    devices: Devices
    workers: int


class Taught(NamedTuple):
    """The data of a run, how they are dealt, and the model they ask for."""

    data: Dataset
    shards: Shards
    model: Model


def world_of(cluster: Cluster, seed: int) -> World:
    """Return the cluster of a run.

    Raises
    ------
    TopologyError
        If the graph can't carry a run.
    ScenarioError
        If an override names what is not there.
    """
    seeds = Seeds(seed)
    graph = graph_of(cluster, seeds)
    workers = sum(data.get('role') == 'worker' for _, data in graph.nodes(data=True))
    if not workers:
        raise TopologyError('has no worker; give it one at least')
    network = network_of(cluster, graph, seeds)
    return World(graph, network, devices_of(cluster, network.hosts, seeds), workers)


def facts_of(scenario: Scenario) -> Facts:
    """Return what is known of a run that is right."""
    world = world_of(scenario.cluster, scenario.seed)
    learning, taught = scenario.learning, None
    if learning is not None:
        data, shards = dealt(learning, scenario.seed, shards_of(scenario, world.workers))
        taught = Taught(data, shards, learning.model(data.task))
    return gathered(scenario, world, taught)


def modelled(scenario: Scenario) -> dict[str, Any] | None:
    """Return what the model of a run holds and costs; None where nothing is learned."""
    if scenario.learning is None:
        return None
    data = dataset_of(scenario.learning.data, scenario.seed)
    return account(scenario.learning.model(data.task))


def gathered(scenario: Scenario, world: World, taught: Taught | None) -> Facts:
    """Return the facts of a world, its data and its model."""
    return Facts.of(
        world.graph,
        world.network,
        world.devices,
        parameters=taught.model.dimension if taught else None,
        rounds=_rounds(scenario, taught, shards_of(scenario, world.workers)),
        scale=scale_of(scenario.learning, taught.model if taught else None),
        seed=scenario.seed,
        batch=_batch(scenario, taught),
        model=taught.model if taught else None,
        inputs=taught.data.train.inputs.shape[1:] if taught else (),
    )


def shards_of(scenario: Scenario, workers: int) -> int:
    """Return among how many the data are dealt: all workers, unless the training kind says less."""
    shards = scenario.training.beside('shards')
    return workers if shards is None else int(shards(workers, **scenario.training.options))


def predicted(scenario: Scenario, facts: Facts | None = None) -> dict[str, float]:
    """Return what the closed forms say of a run; empty where there are none."""
    predict = scenario.training.beside('predict')
    if predict is None:
        return {}
    figures: dict[str, float] = predict(facts or facts_of(scenario), **scenario.training.options)
    return figures


def _batch(scenario: Scenario, taught: Taught | None) -> int | None:
    """Return the samples of a mini-batch; None where there are none, or not all have as many."""
    if taught is None or scenario.learning is None:
        return None
    shards = taught.shards
    sizes = batch_sizes(scenario.learning.batch, len(shards))
    found = {
        len(shard) if size is None else size for shard, size in zip(shards, sizes, strict=True)
    }
    return found.pop() if len(found) == 1 else None


def _rounds(scenario: Scenario, taught: Taught | None, workers: int) -> int | None:
    """Return the rounds of a run that stops after so many, or after so many samples."""
    stop, learning = scenario.stop, scenario.learning
    if stop.rounds is not None or stop.epochs is None or taught is None or learning is None:
        return stop.rounds
    sizes = batch_sizes(learning.batch, workers)
    a_round = sum(
        len(shard) if size is None else size
        for shard, size in zip(taught.shards, sizes, strict=True)
    )
    return ceil(stop.epochs * len(taught.data.train.inputs) / a_round)
