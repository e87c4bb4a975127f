"""Merging: the grammar of variants, varied keys and --set."""

import pytest

from simulator.scenario.document import parse
from simulator.scenario.expand import SHAPE
from simulator.scenario.merge import merge, settled

BASE = """
stop: {rounds: 5}
cluster:
  topology: {star: {workers: 4, servers: 1}}
  link: {bandwidth: 1 Gb/s, latency: 1 us}
  stragglers: none
  overrides: {devices: {0: {speed: 1 flop/s}, 1: {speed: 2 flop/s}}}
learning:
  model: {mlp: {hidden: [4, 4], activation: tanh}}
training: {parameter_server: {clock: bsp, shards: 2}}
record: {messages: {every: 3}}
"""


def merged(over):
    return settled(merge(parse(BASE), parse(over), SHAPE), SHAPE).plain()


@pytest.mark.parametrize(
    ('over', 'path', 'result'),
    [
        # mappings merge, also those with one key
        ('stop: {time: 1 s}', 'stop', {'rounds': 5, 'time': '1 s'}),
        # a choice of another name replaces, options and all
        ('training: {all_reduce: {}}', 'training', {'all_reduce': {}}),
        ('training: all_reduce', 'training', {'all_reduce': {}}),
        (
            'cluster: {stragglers: {pareto: {shape: 2.0}}}',
            'cluster.stragglers',
            {'pareto': {'shape': 2.0}},
        ),
        # one of the same name merges
        (
            'training: {parameter_server: {shards: 3}}',
            'training',
            {'parameter_server': {'clock': 'bsp', 'shards': 3}},
        ),
        (
            'training: parameter_server',
            'training',
            {'parameter_server': {'clock': 'bsp', 'shards': 2}},
        ),
        ('cluster: {stragglers: {none: {}}}', 'cluster.stragglers', {'none': {}}),
        # a choice in a choice
        (
            'training: {parameter_server: {clock: {ssp: {staleness: 2}}}}',
            'training',
            {'parameter_server': {'clock': {'ssp': {'staleness': 2}}, 'shards': 2}},
        ),
        # lists replace
        ('learning: {model: {mlp: {hidden: [8]}}}', 'learning.model.mlp.hidden', [8]),
        # a law replaces a value, and a value a law
        (
            'cluster: {link: {latency: {exponential: {mean: 1 s}}}}',
            'cluster.link',
            {'bandwidth': '1 Gb/s', 'latency': {'exponential': {'mean': '1 s'}}},
        ),
        # null removes
        ('cluster: {link: null}', 'cluster.link', None),
        (
            'training: {parameter_server: {shards: null}}',
            'training',
            {'parameter_server': {'clock': 'bsp'}},
        ),
        (
            'training: {parameter_server: null}',
            'training',
            {'parameter_server': None},
        ),
        (
            'cluster: {overrides: {devices: {0: null}}}',
            'cluster.overrides.devices',
            {'1': {'speed': '2 flop/s'}},
        ),
        ('record: {messages: false}', 'record', {'messages': False}),
    ],
)
def test_rules(over, path, result):
    found = merged(over)
    for key in path.split('.'):
        found = found.get(key) if found else None
    assert found == result


def test_null_removes_inside_lists_too():
    found = merged('cluster: {faults: [{link_down: {links: [0-5], until: null}}]}')
    assert found['cluster']['faults'] == [{'link_down': {'links': ['0-5']}}]


def test_the_rest_stays():
    assert {**merged('stop: {rounds: 6}'), 'stop': 0} == {**merged('{}'), 'stop': 0}


def test_a_misspelt_key_is_not_removed_in_silence():
    assert merged('stopp: null')['stopp'] is None
    assert merged('stop: {round: null}')['stop'] == {'rounds': 5, 'round': None}


def test_each_part_still_knows_where_it_stands():
    tree = merge(parse(BASE, 'base'), parse('stop: {time: 1 s}', 'over'), SHAPE)
    assert tree.trail(('stop', 'time'))[-1].mark.file == 'over'
    assert tree.trail(('stop', 'rounds'))[-1].mark.file == 'base'
