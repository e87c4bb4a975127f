"""CHOCO: compressed differences, and yet the average kept and consensus reached."""

import numpy as np
import pytest

from simulator.cluster.cluster import Wires
from simulator.errors import ScenarioError
from simulator.training.promises import value_of
from topologies.mixing import metropolis

TOP = [{'top_k': {'count': 2}}]


def choco(step, **options):
    return {'choco': {'consensus_step': step, **options}}


def test_nothing_left_out_is_plain_mixing(tools):
    run = tools.gossip(
        tools.make('ring', workers=6, rounds=4), choco(1.0), compression=['identity'], start='own'
    )
    matrix = metropolis(run.experiment.cluster.graph)
    np.testing.assert_allclose(
        run.models, np.linalg.matrix_power(matrix, 4) @ run.starts, atol=1e-5
    )


@pytest.mark.parametrize('sigma', [None, 1.0])
def test_it_is_the_algorithm_of_the_paper(tools, sigma):
    options = {'workers': 5, 'rate': 0.2}
    experiment = tools.make('ring', **options, rounds=5, sigma=sigma)
    run = tools.gossip(experiment, choco(0.3), compression=TOP, start='own')
    matrix = metropolis(experiment.cluster.graph)
    learning = tools.make('ring', **options).learning
    models, public = run.starts, np.zeros_like(run.starts)
    for _ in range(5):
        half = np.stack(
            [models[w] - np.float32(0.2) * learning.request(w, models[w]).value for w in range(5)]
        )
        for peer, difference in enumerate(half - public):
            kept = np.argsort(-np.abs(difference), kind='stable')[:2]
            public[peer, kept] += difference[kept]
        models = (half + 0.3 * (matrix @ public - public)).astype(np.float32)
    np.testing.assert_allclose(run.models, models, atol=1e-5)


@pytest.mark.parametrize(
    'compression',
    [
        TOP,
        ['sign'],
        [{'qsgd': {'levels': 1}}],
        [{'random_k': {'count': 3}}],
        [{'top_k': {'count': 4}}, 'float16'],
        [{'threshold': {'value': 0.01}}],
    ],
)
def test_peers_agree_on_the_average_whatever_is_left_out(tools, compression):
    experiment = tools.make('ring', workers=5, rounds=100)
    step = 0.2 if 'threshold' in compression[0] or compression == ['sign'] else None
    run = tools.gossip(experiment, choco(step), compression=compression, start='own')
    expected = run.starts.mean(axis=0)
    before = np.linalg.norm(run.starts - expected, axis=1).mean()
    np.testing.assert_allclose(run.average, expected, atol=1e-4)
    assert run.summary['consensus'] < 0.1 * before
    assert run.problems == []


def test_all_who_know_a_public_copy_hold_the_same(tools):
    experiment = tools.make('torus', workers=9, rounds=6, rate=0.1, sigma=0.5)
    run = tools.gossip(experiment, choco(0.3), compression=TOP)
    for memory in run.protocol.memories:
        for other, known in memory.items():
            ahead = run.protocol.public[other].version - known.known.version
            assert 0 <= ahead <= 1
            if not ahead:
                assert known.known.model is run.protocol.public[other].model


def test_memories_recover_from_lost_messages(tools):
    experiment = tools.make(
        'ring', workers=5, rounds=120, loss=0.05, wires=Wires(resend=0.01, attempts=1)
    )
    protocol = choco(0.3, timeout='20 ms')
    run = tools.gossip(experiment, protocol, compression=TOP, start='own')
    assert experiment.cluster.fabric.totals['lost'] > 20
    assert run.summary['consensus'] < 0.1
    for memory in run.protocol.memories:
        for other, known in memory.items():
            if known.known.version == run.protocol.public[other].version:
                mine, own = value_of(known.known.model), value_of(run.protocol.public[other].model)
                np.testing.assert_array_equal(mine, own)
    # whoever missed a difference got the whole copy: 36 bytes where 13 would have done
    sizes = run.summary['bytes'] / (run.summary['messages'] - 1e-9)
    assert sizes > experiment.learning.model.dimension


def test_a_peer_that_crashed_begins_with_a_copy(tools):
    experiment = tools.make('ring', workers=5, rounds=150)
    tools.faulted(experiment, {'churn': {'devices': 2, 'at': '20 ms', 'until': '60 ms'}})
    protocol = choco(0.3, timeout='10 ms')
    run = tools.gossip(experiment, protocol, compression=TOP, start='own')
    assert run.swarm.newcomers == set()
    assert run.summary['consensus'] < 0.05


def test_traffic_is_predicted_and_counted(tools):
    experiment = tools.make('ring', workers=6, rounds=7, rate=0.1)
    run = tools.gossip(experiment, 'choco', compression=TOP)
    assert run.predicted['bytes'] == pytest.approx(run.summary['bytes'], rel=1e-12)
    assert run.predicted['messages'] == run.summary['messages']
    assert run.summary['compression_ratio'] == pytest.approx(
        4 * 9 * run.summary['messages'] / run.summary['bytes']
    )


def test_it_needs_compression(tools):
    with pytest.raises(ScenarioError, match='needs compression'):
        tools.gossip(tools.make('ring'), 'choco')


@pytest.mark.parametrize('protocol', ['dpsgd', 'epidemic', 'push', 'pull', 'push_pull'])
def test_others_send_compressed_models_too(tools, protocol):
    rates = {}
    for compression in ([], ['int8']):
        experiment = tools.make('star', workers=5, rounds=10, rate=0.1)
        run = tools.gossip(experiment, protocol, compression=compression)
        rates[len(compression)] = run.summary['bytes'] / run.summary['messages']
        accuracy = run.summary['test_accuracy']
    assert rates[1] < rates[0]
    assert accuracy > 0.3


def test_dpsgd_keeps_the_average_of_compressed_models(tools):
    experiment = tools.make('ring', workers=6, rounds=10)
    run = tools.gossip(experiment, 'dpsgd', compression=[{'top_k': {'count': 3}}], start='own')
    np.testing.assert_allclose(run.average, run.starts.mean(axis=0), atol=1e-5)
