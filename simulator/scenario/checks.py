"""What the sections of a scenario must be together, checked on each run before it starts.

A check looks at one run and yields faults. Entries of catalogues bring their own: a training
kind's ``check(facts, **options)`` yields one text a fault (see `simulator.training.Facts`), and
whatever an entry refuses when it is called with its context is a fault as well.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any, TypeVar

from simulator.catalogue import Choice, Fault
from simulator.errors import BosphorusError, ScenarioError
from simulator.learning import Dataset
from simulator.learning.augmentation import check_images
from simulator.learning.data import with_validation
from simulator.learning.learning import deal
from simulator.learning.partitions import Shards
from simulator.learning.probe import check_grams, check_hidden
from simulator.scenario.adversary import check_adversary
from simulator.scenario.batches import batch_sizes
from simulator.scenario.known import Taught, World, gathered, predicted, shards_of, world_of
from simulator.scenario.lessons import dataset_of
from simulator.scenario.schema import Cluster, Learning, Overrides, Scenario
from simulator.scenario.starts import check_start
from simulator.scenario.world import links_named, nodes_named
from simulator.seeds import Seeds
from simulator.training import BLOCKWISE, STUDIES, TIMELESS

__all__ = ['check']

Built = TypeVar('Built')
Find = Callable[[str], Any]


def check(scenario: Scenario) -> Iterator[Fault]:
    """Yield what does not fit together in a run."""
    yield from _check_sections(scenario)
    cluster, seed = scenario.cluster, scenario.seed
    # overrides are looked at one by one, so that each is told of
    plain = cluster.model_copy(update={'overrides': Overrides()})
    topology = ('cluster', 'topology', cluster.topology.name)
    world = yield from _built(topology, lambda: world_of(plain, seed))
    if world is None:
        return
    wrong = list(_check_names(cluster, world))
    yield from wrong
    if not wrong and cluster.overrides != Overrides():
        world = world_of(cluster, seed)
    stragglers = ('cluster', 'stragglers', cluster.stragglers.name)
    yield from _built(stragglers, lambda: cluster.stragglers(Seeds(seed), world.network.hosts))
    taught = None
    if scenario.learning is not None:
        parts = shards_of(scenario, world.workers)
        taught = yield from _check_learning(scenario, scenario.learning, parts)
        yield from _check_max_norm(scenario, world)
        yield from _check_limits(scenario.training, scenario.learning)
        yield from _check_full_gradient(scenario, taught)
    data = taught.data if taught else None
    yield from check_adversary(scenario, world.graph, Seeds(seed), data)
    if scenario.training.name in STUDIES or taught is not None:
        yield from _check_training(scenario, world, taught)


def _check_sections(scenario: Scenario) -> Iterator[Fault]:
    name, stop = scenario.training.name, scenario.stop
    if name in TIMELESS:
        yield from _check_timeless(scenario)
        return
    if name not in STUDIES:
        if scenario.learning is None:
            yield Fault(('learning',), f'is missing; {name} trains a model', at_key=True)
        if not stop.model_fields_set:
            yield Fault(('stop',), 'is missing; give rounds, epochs, time or accuracy', at_key=True)
        return
    for key in ('learning', 'evaluate'):
        if key in scenario.model_fields_set:
            message = f'is not used by {name}, which learns nothing; remove it'
            yield Fault((key,), message, at_key=True)
    for key in sorted(stop.model_fields_set - {'time'}):
        yield Fault(('stop', key), f'is never reached by {name}; stop by time', at_key=True)


def _check_timeless(scenario: Scenario) -> Iterator[Fault]:
    """Refuse what a study of vectors alone would not read."""
    name, section = scenario.training.name, scenario.learning
    unused: list[tuple[str, ...]] = [
        (key,) for key in ('stop', 'evaluate') if key in scenario.model_fields_set
    ]
    unused += [('cluster', key) for key in sorted(scenario.cluster.model_fields_set - {'topology'})]
    if section is None:
        yield Fault(('learning',), f'is missing; {name} draws gradients of a model', at_key=True)
    else:
        ignored = {'schedule', 'stands_for', 'validation'}
        unused += [('learning', key) for key in sorted(section.model_fields_set & ignored)]
    for place in unused:
        message = f'is not used by {name}, which takes no time; remove it'
        yield Fault(place, message, at_key=True)


def _check_names(cluster: Cluster, world: World) -> Iterator[Fault]:
    """Look for the links and devices that overrides and faults name."""
    network = world.network
    find: dict[str, Find] = {
        'links': lambda name: links_named(name, network),
        'devices': lambda name: nodes_named(name, network.hosts, 'device'),
        'nodes': lambda name: nodes_named(name, network.nodes),
    }
    for kind in ('links', 'devices'):
        for name in getattr(cluster.overrides, kind):
            yield from _found(find[kind], name, ('cluster', 'overrides', kind, name), at_key=True)
    for k, fault in enumerate(cluster.faults):
        place: tuple[str | int, ...] = ('cluster', 'faults', k, fault.name)
        for option in find.keys() & fault.options.keys():
            names = fault.options[option]
            for name in names if isinstance(names, list) else [names]:
                if name is not None:
                    yield from _found(find[option], str(name), (*place, option))
        if check_fault := fault.beside('check'):
            yield from _built(place, partial(check_fault, network.hosts, **fault.options))


def _found(
    find: Find, name: str, place: tuple[str | int, ...], *, at_key: bool = False
) -> Iterator[Fault]:
    try:
        find(name)
    except BosphorusError as error:
        yield Fault(place, _told(error, name), at_key)


def _check_learning(
    scenario: Scenario, section: Learning, workers: int
) -> Generator[Fault, None, Taught | None]:
    """Look whether there are data, a model for them, and a part for each worker."""
    seeds = Seeds(scenario.seed)
    place = ('learning', 'data', section.data.name)
    data = yield from _built(place, lambda: dataset_of(section.data, seeds.seed))
    if data is None:
        return None
    shards = yield from _check_parts(section, data, seeds, workers)
    place = ('learning', 'model', section.model.name)
    model = yield from _built(place, lambda: section.model(data.task))
    if model is None:
        return None
    if 'dead_units' in scenario.evaluate.also:
        yield from _built(('evaluate', 'also'), lambda: check_hidden(model, data))
    if 'grams' in scenario.evaluate.also:
        yield from _built(('evaluate', 'also'), lambda: check_grams(model))
    if section.start is not None:
        yield from _built(
            ('learning', 'start'), lambda: check_start(section, scenario.seed, model, data)
        )
    return None if shards is None else Taught(data, shards, model)


def _check_parts(
    section: Learning, data: Dataset, seeds: Seeds, workers: int
) -> Generator[Fault, None, Shards | None]:
    """Look whether the data can be split, varied, and dealt in batches."""
    validation = section.validation
    if validation is not None:
        kept = seeds.stream('validation')
        split = yield from _built(
            ('learning', 'validation'), lambda: with_validation(data, validation.share, kept)
        )
        data = split or data
    if section.augmentation is not None:
        yield from _built(('learning', 'augmentation'), lambda: check_images(data))
    sizes = yield from _built(('learning', 'batch'), lambda: batch_sizes(section.batch, workers))
    place = ('learning', 'partition', section.partition.name)
    shards = yield from _built(
        place, lambda: deal(data, section.partition, workers=workers, seeds=seeds)[1]
    )
    return shards if sizes else None


def _check_max_norm(scenario: Scenario, world: World) -> Iterator[Fault]:
    """Refuse max-norm at servers with slices: they can't know how long a unit's weights are."""
    section, options = scenario.learning, scenario.training.options
    if section is None or section.regularization.max_norm is None or 'shards' not in options:
        return
    servers = sum(data.get('role') == 'server' for _, data in world.graph.nodes(data=True))
    shards = options['shards'] or servers
    if shards > 1 and options['local_steps'] == 1 and options['local_growth'] == 1:
        message = f'needs whole models, but {shards} servers or shards keep slices; take shards: 1'
        yield Fault(('learning', 'regularization', 'max_norm'), message, at_key=True)


def _check_limits(training: Choice, section: Learning) -> Iterator[Fault]:
    """Refuse limits that are of whole vectors, or mini-batches, where devices see parts of them."""
    for key, why in _broken_limits(training):
        limit = getattr(section.regularization, key)
        if limit is not None:
            message = f'(={limit:g}) {why}'
            yield Fault(('learning', 'regularization', key), message, at_key=True)


def _broken_limits(training: Choice) -> Iterator[tuple[str, str]]:
    """Yield the limits that a training kind can't keep, and why."""
    if training.name in BLOCKWISE:
        why = f'needs the length of whole vectors, of which the devices of {training.name} hold'
        yield 'max_norm', f'{why} blocks; take l2'
        yield 'clip_norm', f'{why} blocks; take clip_value'
    count = training.options.get('micro_batches', 1)
    for key in ('clip_norm', 'clip_value') if count > 1 else ():
        yield (
            key,
            (
                f'would clip each of micro_batches(={count}) by itself, not the gradient of the '
                'mini-batch; take micro_batches: 1, or l2'
            ),
        )


def _check_full_gradient(scenario: Scenario, taught: Taught | None) -> Iterator[Fault]:
    """Refuse a model that draws as it computes, where its one true gradient is asked for."""
    name = scenario.training.name
    section = scenario.learning
    if name in TIMELESS and section and taught and taught.model.noise:
        message = f'{name} needs the gradient of all samples, and dropout leaves none; leave it out'
        yield Fault(('learning', 'model', section.model.name), message, at_key=True)


def _check_training(scenario: Scenario, world: World, taught: Taught | None) -> Iterator[Fault]:
    training, found = scenario.training, False
    place = ('training', training.name)
    facts = gathered(scenario, world, taught)
    if check_kind := training.beside('check'):
        for message in check_kind(facts, **training.options):
            found = True
            yield Fault(place, message, at_key=True)
    if not found:
        # a closed form knows what its algorithm can't do
        yield from _built(place, lambda: predicted(scenario, facts))


def _built(
    place: tuple[str | int, ...], build: Callable[[], Built]
) -> Generator[Fault, None, Built | None]:
    """Return what *build* makes; where it refuses, yield that as a fault and return None."""
    try:
        return build()
    except BosphorusError as error:
        yield Fault(place, _told(error, str(place[-1])), at_key=True)
        return None


def _told(error: Exception, name: str) -> str:
    """Return what an error says, without the place that a fault adds anyway."""
    text = error.messages if isinstance(error, ScenarioError) else str(error)
    return text.removeprefix(f'{name}: ').removesuffix('.')
