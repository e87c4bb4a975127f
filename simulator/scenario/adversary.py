"""From the `adversary` section to the nodes that lie: what `check` and a run both build."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import networkx as nx

from simulator.catalogue import Choice, Fault
from simulator.cluster.outages import named
from simulator.errors import ScenarioError
from simulator.learning import Dataset
from simulator.robust.attacks import acts_on
from simulator.scenario.moment import format_moment
from simulator.scenario.schema import Adversaries, Byzantine, Scenario
from simulator.seeds import Seeds
from simulator.training.adversary import Adversary, Liars, Moment, Role, Window
from simulator.training.facts import nodes_with
from topologies.cuts import hosts_at_the_cut

__all__ = ['adversary_of', 'check_adversary', 'roles_of']

Place = tuple[str | int, ...]


def roles_of(training: Choice) -> dict[str, Role]:
    """Return what Byzantine nodes can be in a training kind; empty where nobody can."""
    roles = training.beside('roles')
    return {} if roles is None else dict(roles(**training.options))


def adversary_of(scenario: Scenario, graph: nx.Graph[int], seeds: Seeds) -> Adversary:
    """Return who controls the Byzantine nodes; one that controls none, where there are none.

    Raises
    ------
    ScenarioError
        If there are no such nodes.
    """
    known = roles_of(scenario.training)
    liars = [
        Liars(
            role,
            _devices(role, section, graph, known[role], seeds),
            section.attacks,
            Window(section.from_, section.until),
            section.knowledge,
        )
        for role, section in _given(scenario.adversary)
    ]
    return Adversary([each for each in liars if each.devices], seeds)


def check_adversary(
    scenario: Scenario, graph: nx.Graph[int], seeds: Seeds, data: Dataset | None
) -> Iterator[Fault]:
    """Yield what of the adversary does not fit the training, the cluster or the data."""
    known, name = roles_of(scenario.training), scenario.training.name
    for role, section in _given(scenario.adversary):
        place: Place = ('adversary', role)
        if role not in known:
            those = f'it has {", ".join(known)}' if known else 'nobody can be Byzantine there'
            yield Fault(place, f'{name} has no {role}; {those}', at_key=True)
            continue
        yield from _check_nodes(place, section, graph, known[role], seeds)
        yield from _check_window(place, section)
        for k, attack in enumerate(section.attacks):
            inner = ('attack', k) if len(section.attacks) > 1 else ('attack',)
            for message in _misfits(attack, role, known[role], name, data):
                yield Fault((*place, *inner, attack.name), message, at_key=True)


def _given(section: Adversaries | None) -> Iterator[tuple[str, Byzantine]]:
    if section is not None:
        for role in type(section).model_fields:
            if (each := getattr(section, role)) is not None:
                yield role, each


def _devices(
    role: str, section: Byzantine, graph: nx.Graph[int], known: Role, seeds: Seeds
) -> tuple[int, ...]:
    """Return the Byzantine devices; those drawn for a smaller count are among them."""
    hosts = nodes_with(graph, known.hosts)
    if not hosts:
        raise ScenarioError(f'the topology has no {known.hosts}')
    if section.nodes is not None:
        chosen = named(section.nodes, graph.number_of_nodes(), 'node')
        if strangers := sorted(set(chosen) - set(hosts)):
            raise ScenarioError(f'node {strangers[0]} is none of the {role}, {_listed(hosts)}')
        return tuple(chosen)
    count = section.count or 0
    if count > len(hosts):
        raise ScenarioError(f'count(={count}) must be at most {len(hosts)}, all {role} there are')
    if section.where == 'cut':
        return tuple(sorted(hosts_at_the_cut(graph, hosts)[:count]))
    order = seeds.stream('byzantine', role=role).permutation(len(hosts))
    return tuple(sorted(hosts[k] for k in order[:count]))


def _listed(hosts: Sequence[int]) -> str:
    if list(hosts) == list(range(hosts[0], hosts[-1] + 1)) and len(hosts) > 2:
        return f'which are {hosts[0]}..{hosts[-1]}'
    shown = ', '.join(map(str, hosts[:8]))
    return f'which are {shown}{", ..." if len(hosts) > 8 else ""}'


def _check_nodes(
    place: Place, section: Byzantine, graph: nx.Graph[int], known: Role, seeds: Seeds
) -> Iterator[Fault]:
    if (section.count is None) == (section.nodes is None):
        yield Fault(place, 'takes either count or nodes', at_key=True)
        return
    if section.where == 'cut' and section.nodes is not None:
        yield Fault((*place, 'where'), 'says where a count of them stands; nodes are named already')
    try:
        _devices(str(place[-1]), section, graph, known, seeds)
    except ScenarioError as error:
        key = 'count' if section.nodes is None else 'nodes'
        yield Fault((*place, key), error.messages)


def _check_window(place: Place, section: Byzantine) -> Iterator[Fault]:
    start, end = section.from_, section.until
    if end is not None and end.count <= 0:
        yield Fault((*place, 'until'), 'must be later than the beginning, or nobody ever lies')
    elif start is not None and end is not None and _is_late(start, end):
        said = f'from(={format_moment(start)})'
        yield Fault((*place, 'until'), f'{format_moment(end)} must be later than {said}')


def _is_late(start: Moment, end: Moment) -> bool:
    return start.unit == end.unit and start.count >= end.count


def _misfits(
    attack: Choice, role: str, known: Role, kind: str, data: Dataset | None
) -> Iterator[str]:
    """Say why an attack can't be carried out by nodes of a role."""
    what = acts_on(attack)
    if what not in known.acts_on:
        these = ' and '.join(known.acts_on)
        yield f'acts on {what}; {role} of {kind} lie by attacks on {these}'
    if attack.beside('tries_rule') and not known.tries_rule:
        yield f'tries out the aggregation rule of who receives, but {role} of {kind} meet none'
    if attack.beside('needs_receiver') and not known.has_receiver:
        yield f'needs receivers with a vector of their own, which {role} of {kind} do not have'
    if attack.beside('per_receiver') and not (known.tells_apart or known.has_receiver):
        yield f'tells each receiver something else, but {role} of {kind} have one receiver only'
    if attack.name == 'delay' and attack.options['by'] is None and not known.has_deadline:
        yield f'needs by, such as {{by: 100 ms}}: {kind} takes messages of {role} however late'
    fits: Any = attack.beside('fits')
    if what == 'data' and fits is not None and data is not None:
        task = data.task
        classes = task.outputs if task.labels else None
        yield from fits(task.inputs, classes, **attack.options)
