"""The kind as a whole: every protocol on every topology, what is measured, predicted, refused."""

import inspect

import numpy as np
import pytest

from simulator.traces import part_paths
from simulator.training import KINDS, Every, Facts
from simulator.training.gossip import MIXES, OVERLAYS, PROTOCOLS, check_gossip
from simulator.training.nodes import average
from topologies import TOPOLOGIES

SMALL = {
    'fat_tree': {'workers': 4, 'ports': 4},
    'leaf_spine': {'workers': 4, 'leaves': 2, 'spines': 2},
    'hypercube': {'workers': 4},
    'small_world': {'workers': 6},
    'random_regular': {'workers': 6},
    'expander': {'workers': 8},
    'gpu_nodes': {'workers': 4},
    'wide_area': {'workers': 4},
}
PLACES = [name for name in TOPOLOGIES if name != 'file']


def options_of(protocol):
    return {'compression': ['int8']} if protocol == 'choco' else {}


def small(topology):
    known = inspect.signature(TOPOLOGIES[topology]).parameters
    options = SMALL.get(topology, {'workers': 5})
    return {key: value for key, value in options.items() if key in known}


@pytest.mark.parametrize('topology', PLACES)
@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_every_protocol_runs_on_every_topology(tools, protocol, topology):
    experiment = tools.make(topology, **small(topology), rounds=2, rate=0.1)
    run = tools.gossip(experiment, protocol, **options_of(protocol))
    assert run.summary['rounds'] == 2
    assert run.problems == []
    if 'bytes' in run.predicted:
        assert run.predicted['bytes'] == pytest.approx(run.summary['bytes'], rel=1e-12)
        assert run.predicted['messages'] == run.summary['messages']


@pytest.mark.parametrize('workers', [1, 2])
@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_one_and_two_peers(tools, protocol, workers):
    experiment = tools.make('ring', workers=workers, rounds=3, rate=0.1)
    run = tools.gossip(experiment, protocol, **options_of(protocol))
    assert run.summary['rounds'] == 3
    assert run.summary['messages'] > 0 or workers == 1


@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_every_protocol_learns(tools, protocol):
    experiment = tools.make('star', workers=5, rounds=60, rate=0.5, sigma=0.5)
    before = float(experiment.learning.evaluate(experiment.learning.initial).loss)
    run = tools.gossip(experiment, protocol, local_steps=2, **options_of(protocol))
    assert run.summary['test_loss'] < 0.93 * before


@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_the_same_seed_leaves_the_same_traces(tools, protocol):
    contents = []
    for _ in range(2):
        experiment = tools.make('ring', workers=4, rounds=5, rate=0.1, sigma=0.5, loss=0.02)
        tools.gossip(experiment, protocol, **options_of(protocol))
        folder = experiment.recorder._writers['metrics']._folder.parent
        tables = ('metrics', 'messages', 'spans')
        contents.append(
            [path.read_bytes() for table in tables for path in part_paths(folder, table)]
        )
    assert contents[0] == contents[1] != []


@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_looking_more_often_changes_nothing(tools, protocol):
    models = []
    for every in (1, 5):
        experiment = tools.make(
            'ring', workers=4, rounds=10, rate=0.3, sigma=0.5, every=Every(every, 'rounds')
        )
        models.append(tools.gossip(experiment, protocol, **options_of(protocol)).models)
    np.testing.assert_array_equal(*models)


def test_headline_and_metrics(tools):
    experiment = tools.make('ring', workers=6, rounds=3, rate=0.2)
    run = tools.gossip(experiment, start='own', measured_peers=3)
    np.testing.assert_array_equal(run.average, average(list(run.models)))
    assert run.summary['test_accuracy'] == experiment.learning.evaluate(run.average).accuracy
    by_name = {}
    for _, step, _, device, name, value in run.metrics:
        by_name.setdefault((name, device), {})[step] = value
    assert {device for name, device in by_name if name == 'test_accuracy'} == {-1, 0, 2, 4}
    assert sorted(by_name['consensus', -1]) == [0, 1, 2, 3]
    for device in (0, 2, 4):
        alone = experiment.learning.evaluate(run.models[device]).accuracy
        assert by_name['test_accuracy', device][3] == alone
    apart = np.linalg.norm(run.models - run.average, axis=1).mean()
    assert run.summary['consensus'] == pytest.approx(apart, rel=1e-5)


def test_a_redrawn_overlay_is_another_graph_each_period(tools):
    experiment = tools.make('star', workers=10, rounds=6)
    run = tools.gossip(experiment, overlay={'random_regular': {'degree': 3}}, redraw_every=2)
    graphs = [sorted(run.swarm.near.of(round_).graph.edges) for round_ in range(1, 7)]
    assert graphs[0] == graphs[1] != graphs[2] == graphs[3] != graphs[4]
    assert run.predicted['messages'] == run.summary['messages'] == 6 * 30


def test_a_redrawn_ring_has_its_peers_in_another_order(tools):
    experiment = tools.make('star', workers=9, rounds=40)
    still = tools.gossip(experiment, overlay='ring', start='own')
    experiment = tools.make('star', workers=9, rounds=40)
    redrawn = tools.gossip(experiment, overlay='ring', redraw_every=1, start='own')
    degrees = {degree for _, degree in redrawn.swarm.near.of(7).graph.degree()}
    assert degrees == {2}
    assert redrawn.summary['consensus'] < 0.1 * still.summary['consensus']


@pytest.mark.parametrize('overlay', OVERLAYS)
def test_every_overlay_carries_gossip_over_one_switch(tools, overlay):
    experiment = tools.make('star', workers=8, rounds=3, rate=0.1)
    run = tools.gossip(experiment, 'push_sum', overlay=overlay)
    assert run.summary['rounds'] == 3
    assert run.swarm.near.of(1).connected


def test_how_a_peer_combines_can_be_replaced(tools):
    def halfway(own, received, weights):
        return (own + np.median([own, *received], axis=0)) / 2

    MIXES.add({'halfway': halfway}, 'a test')
    try:
        experiment = tools.make('ring', workers=5, rounds=1)
        run = tools.gossip(experiment, aggregation='halfway', start='own')
    finally:
        MIXES.remove('a test')
    for peer in range(5):
        near = [run.starts[(peer + k) % 5] for k in (-1, 0, 1)]
        expected = (run.starts[peer] + np.median(near, axis=0)) / 2
        np.testing.assert_allclose(run.models[peer], expected, atol=1e-6)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'protocol': 'choco'}, 'choco needs compression'),
        (
            {'protocol': 'choco', 'compression': ['sign', 'error_feedback']},
            'choco has a memory of its own',
        ),
        (
            {'protocol': 'choco', 'compression': [{'threshold': {'value': 1.0}}]},
            'needs a consensus_step',
        ),
        ({'protocol': 'choco', 'compression': ['int8'], 'redraw_every': 2}, 'no redraw_every'),
        ({'protocol': 'push_sum', 'compression': ['int8']}, 'takes no compression'),
        ({'compression': ['sign', 'error_feedback']}, 'must not add up'),
        ({'redraw_every': 2}, 'needs an overlay'),
        ({'overlay': 'directed_ring'}, 'needs links both ways'),
        ({'protocol': 'pairwise', 'overlay': 'exponential'}, 'needs links both ways'),
        (
            {'protocol': 'push_sum', 'overlay': {'exponential': {'one_peer': True}}},
            'one_peer needs redraw_every',
        ),
        ({'overlay': {'random_regular': {'degree': 9}}}, 'degree'),
        ({'overlay': 'hypercube'}, 'power of two'),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    choice = KINDS.read({'gossip': options})
    problems = list(check_gossip(Facts(workers=6, parameters=10), **choice.options))
    assert any(message in problem for problem in problems), problems


def test_workers_that_servers_keep_apart_are_refused(tools):
    graph = TOPOLOGIES['ring'](workers=4, servers=1)
    graph.remove_edge(1, 2)
    facts = Facts(workers=4, servers=1, parameters=10, graph=graph)
    problems = list(check_gossip(facts, **KINDS.read('gossip').options))
    assert problems == ['the workers are not all joined, servers forward nothing; give an overlay']
