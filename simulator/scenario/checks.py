"""What the sections of a scenario must be together, checked on each run before it starts.

A check looks at one run and yields faults. Entries of catalogues bring their own: a training
kind's ``check(facts, **options)`` yields one text a fault (see `simulator.training.Facts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import ceil
from typing import Any, NamedTuple

import networkx as nx

from simulator.catalogue import Choice, Fault
from simulator.cluster.cluster import Devices
from simulator.cluster.network import Network
from simulator.errors import BosphorusError, ScenarioError
from simulator.learning import Dataset, Model
from simulator.scenario.schema import Learning, Scenario
from simulator.scenario.world import devices_of, graph_of, links_named, network_of, nodes_named
from simulator.seeds import Seeds
from simulator.training import STUDIES, Facts, Scale

__all__ = ['check', 'facts_of', 'predicted']

TRAINING = ('training',)


class World(NamedTuple):
    """The cluster of a run, as far as it stands still."""

    graph: nx.Graph[int]
    network: Network
    devices: Devices


class Taught(NamedTuple):
    """The data of a run, and the model they ask for."""

    data: Dataset
    model: Model


class _Faulty(Exception):  # noqa: N818 - carries faults, is none
    """Further checks make no sense."""

    def __init__(self, place: tuple[str, ...], error: Exception):
        super().__init__(str(error))
        self.fault = Fault(place, _told(error, place[-1]))


def check(scenario: Scenario) -> Iterator[Fault]:
    """Yield what does not fit together in a run."""
    yield from _check_sections(scenario)
    try:
        world = _world(scenario)
        yield from _check_overrides(scenario, world)
        yield from _check_faults(scenario, world)
        taught = _taught(scenario, len(_with_role(world.graph, 'worker')))
    except _Faulty as stop:
        yield stop.fault
        return
    training = scenario.training
    if check_training := training.beside('check'):
        facts = _facts(scenario, world, taught)
        for message in check_training(facts, **training.options):
            yield Fault((*TRAINING, training.name), message, at_key=True)


def facts_of(scenario: Scenario) -> Facts:
    """Return what is known of a run that has passed `check`."""
    world = _world(scenario)
    return _facts(scenario, world, _taught(scenario, len(_with_role(world.graph, 'worker'))))


def predicted(scenario: Scenario) -> dict[str, float]:
    """Return what the closed forms say of a run that has passed `check`; may be empty."""
    predict = scenario.training.beside('predict')
    figures: dict[str, float] = {}
    if predict is not None:
        figures = predict(facts_of(scenario), **scenario.training.options)
    return figures


def _check_sections(scenario: Scenario) -> Iterator[Fault]:
    name, stop = scenario.training.name, scenario.stop
    if name not in STUDIES:
        if scenario.learning is None:
            yield Fault(('learning',), f'is missing; {name} trains a model', at_key=True)
        if not stop.model_fields_set:
            yield Fault(('stop',), 'is missing; give rounds, epochs, time or accuracy', at_key=True)
        return
    unused = [key for key in ('learning', 'evaluate') if key in scenario.model_fields_set]
    for unread in unused:
        yield Fault(
            (unread,), f'is not used by {name}, which learns nothing; remove it', at_key=True
        )
    for key in sorted(stop.model_fields_set - {'time'}):
        yield Fault(('stop', key), f'is never reached by {name}; stop by time', at_key=True)


def _world(scenario: Scenario) -> World:
    cluster, seeds = scenario.cluster, Seeds(scenario.seed)
    topology = ('cluster', 'topology', cluster.topology.name)
    graph = _tried(topology, lambda: graph_of(cluster, seeds))
    if not _with_role(graph, 'worker'):
        raise _Faulty(topology, ValueError('has no worker'))
    plain = cluster.model_copy(update={'overrides': type(cluster.overrides)()})
    network = _tried(topology, lambda: network_of(plain, graph, seeds))
    _tried(
        ('cluster', 'stragglers', cluster.stragglers.name),
        lambda: cluster.stragglers(seeds, network.hosts),
    )
    return World(graph, network, devices_of(plain, network.hosts, seeds))


def _check_overrides(scenario: Scenario, world: World) -> Iterator[Fault]:
    overrides, network = scenario.cluster.overrides, world.network
    named: list[tuple[str, dict[str, Any], Callable[[str], Any]]] = [
        ('links', dict(overrides.links), lambda name: links_named(name, network)),
        (
            'devices',
            dict(overrides.devices),
            lambda name: nodes_named(name, network.hosts, 'device'),
        ),
    ]
    for what, entries, find in named:
        for name in entries:
            try:
                find(name)
            except BosphorusError as error:
                yield Fault(('cluster', 'overrides', what, name), _told(error, name), at_key=True)


def _check_faults(scenario: Scenario, world: World) -> Iterator[Fault]:
    network = world.network
    find: dict[str, Callable[[str], Any]] = {
        'links': lambda name: links_named(name, network),
        'devices': lambda name: nodes_named(name, network.hosts, 'device'),
        'nodes': lambda name: nodes_named(name, network.nodes),
    }
    for k, fault in enumerate(scenario.cluster.faults):
        for key in find.keys() & fault.options.keys():
            names = fault.options[key]
            try:
                for name in names if isinstance(names, list) else [names]:
                    find[key](str(name))
            except BosphorusError as error:
                yield Fault(('cluster', 'faults', k, fault.name, key), _told(error))


def _taught(scenario: Scenario, workers: int) -> Taught | None:
    section, seeds = scenario.learning, Seeds(scenario.seed)
    if section is None:
        return None
    data = _tried(
        ('learning', 'data', section.data.name), lambda: _dataset(section.data, seeds.seed)
    )
    model: Model = _tried(
        ('learning', 'model', section.model.name), lambda: section.model(data.task)
    )
    _tried(
        ('learning', 'partition', section.partition.name),
        lambda: section.partition(seeds.stream('partition'), data.train.targets, workers),
    )
    return Taught(data, model)


@lru_cache(maxsize=8)
def _dataset(choice: Choice, seed: int) -> Dataset:
    dataset: Dataset = choice(Seeds(seed).stream('data'))
    return dataset


def _facts(scenario: Scenario, world: World, taught: Taught | None) -> Facts:
    workers = len(_with_role(world.graph, 'worker'))
    return Facts.of(
        world.graph,
        world.network,
        world.devices,
        parameters=taught.model.dimension if taught else None,
        rounds=_rounds(scenario, taught, workers),
        scale=_scale(scenario.learning, taught),
    )


def _rounds(scenario: Scenario, taught: Taught | None, workers: int) -> int | None:
    """Return the rounds of a run that stops after so many, or after so many samples."""
    stop, learning = scenario.stop, scenario.learning
    if stop.rounds is not None or stop.epochs is None or taught is None or learning is None:
        return stop.rounds
    return ceil(stop.epochs * len(taught.data.train.inputs) / (learning.batch * workers))


def _scale(learning: Learning | None, taught: Taught | None) -> Scale:
    if learning is None or taught is None or learning.stands_for is None:
        return Scale()
    larger, model = learning.stands_for, taught.model
    return Scale(
        bytes=larger.parameters / model.dimension if larger.parameters else 1.0,
        flops=larger.flops / model.forward_flops if larger.flops else 1.0,
    )


def _with_role(graph: nx.Graph[int], role: str) -> list[int]:
    return [node for node, data in graph.nodes(data=True) if data.get('role') == role]


def _tried(place: tuple[str, ...], build: Callable[[], Any]) -> Any:
    try:
        return build()
    except BosphorusError as error:
        raise _Faulty(place, error) from error


def _told(error: Exception, name: str = '') -> str:
    """Return what an error says, without the place that a fault adds anyway."""
    text = str(error)
    if isinstance(error, ScenarioError):
        text = '; '.join(problem.message for problem in error.problems)
    return text.removeprefix(f'{name}: ').removesuffix('.')
