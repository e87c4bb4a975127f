"""D-PSGD against linear algebra: models are W^k times the starts, minus what gradients did."""

import numpy as np
import pytest

from topologies.mixing import MIXINGS, host_graph, spectral_gap

GRAPHS = [
    ('ring', {'workers': 7}),
    ('torus', {'workers': 9}),
    ('line', {'workers': 5}),
    ('star', {'workers': 5}),
    ('hypercube', {'workers': 8}),
    ('dumbbell', {'workers': 6}),
    ('expander', {'workers': 10}),
]


def mixing(run, weights):
    cluster = run.experiment.cluster
    return MIXINGS[weights](host_graph(cluster.graph, cluster.workers))


@pytest.mark.parametrize('weights', MIXINGS)
@pytest.mark.parametrize(('topology', 'size'), GRAPHS)
def test_without_gradients_models_are_mixed_by_the_matrix(tools, topology, size, weights):
    experiment = tools.make(topology, **size, rounds=4)
    run = tools.gossip(experiment, {'dpsgd': {'weights': weights}}, start='own')
    matrix = mixing(run, weights)
    expected = np.linalg.matrix_power(matrix, 4) @ run.starts
    np.testing.assert_allclose(run.models, expected, atol=1e-6)
    assert run.summary['spectral_gap'] == pytest.approx(spectral_gap(matrix), abs=1e-9)


@pytest.mark.parametrize(('topology', 'size'), GRAPHS)
def test_consensus_contracts_at_the_rate_of_the_second_eigenvalue(tools, topology, size):
    rounds = 12
    run = tools.gossip(tools.make(topology, **size, rounds=rounds), start='own')
    rate = 1 - run.summary['spectral_gap']
    apart = [
        np.linalg.norm(models - run.starts.mean(axis=0)) for models in (run.starts, run.models)
    ]
    assert apart[1] <= apart[0] * rate**rounds * 1.001 + 1e-5
    if rate > 0.5:  # what is left is about the slowest mode: it is no faster than its rate
        assert apart[1] >= 0.05 * apart[0] * rate**rounds
    np.testing.assert_allclose(run.average, run.starts.mean(axis=0), atol=1e-6)


def test_the_mode_of_the_second_eigenvalue_shrinks_by_it_each_round(tools):
    experiment = tools.make('ring', workers=8, rounds=6)
    matrix = MIXINGS['metropolis'](experiment.cluster.graph)
    values, vectors = np.linalg.eigh(matrix)
    slowest = vectors[:, np.argsort(np.abs(values))[-2]]
    draw = experiment.learning.model.init
    numbers = iter(range(8))
    experiment.learning.model.init = lambda rng: (
        slowest[next(numbers)] * np.ones_like(draw(rng))
    ).astype(np.float32)
    run = tools.gossip(experiment, start='own')
    distances = [row[5] for row in run.metrics if row[4] == 'consensus']
    ratios = np.divide(distances[1:6], distances[:5])
    np.testing.assert_allclose(ratios, 1 - run.summary['spectral_gap'], rtol=1e-4)


@pytest.mark.parametrize('sigma', [None, 1.0])
def test_a_round_is_the_mixed_models_minus_the_gradient(tools, sigma):
    options = {'workers': 5, 'rate': 0.2}
    run = tools.gossip(tools.make('ring', **options, rounds=4, sigma=sigma), start='own')
    matrix = mixing(run, 'metropolis')
    learning = tools.make('ring', **options).learning  # the same draws once more
    models = run.starts
    for _ in range(4):
        gradients = [learning.request(w, models[w]).value for w in range(5)]
        models = (matrix @ models - 0.2 * np.stack(gradients)).astype(np.float32)
    np.testing.assert_allclose(run.models, models, atol=1e-5)


@pytest.mark.parametrize('overlap', [None, False, True])
@pytest.mark.parametrize('steps', [1, 3])
def test_local_steps_come_first_or_beside(tools, steps, overlap):
    options = {'workers': 4, 'rate': 0.2}
    experiment = tools.make('ring', **options, rounds=3)
    run = tools.gossip(experiment, {'dpsgd': {'overlap': overlap}}, local_steps=steps)
    matrix, descent = mixing(run, 'metropolis'), experiment.optimizer
    learning = tools.make('ring', **options).learning
    models = run.starts
    for _ in range(3):
        walks = [learning.request_steps(w, models[w], steps, descent).value for w in range(4)]
        beside = steps == 1 if overlap is None else overlap
        moved = np.stack(walks) - models
        models = matrix @ models + moved if beside else matrix @ (models + moved)
        models = models.astype(np.float32)
    np.testing.assert_allclose(run.models, models, atol=1e-5)
    assert run.summary['epochs'] == pytest.approx(3 * 4 * 8 * steps / learning.samples_per_epoch)


def test_a_peer_waits_for_its_neighbours_alone(tools):
    experiment = tools.make('line', workers=9, rounds=3, sigma=1.0, rate=0.1)
    finished = {}
    run = tools.gossip(experiment)
    for row in run.metrics:
        finished.setdefault(row[1], row[0])
    compute = experiment.learning.gradient_flops(0) / 1e6
    twin = tools.make('line', workers=9, sigma=1.0).cluster.straggler
    slowest = sum(max(twin(peer, 0.0, compute) for peer in range(9)) for _ in range(3))
    assert experiment.clock.now < slowest + 3 * 4e-3  # rounds of neighbours overlap


def test_who_dies_is_waited_for_once(tools):
    experiment = tools.make('ring', workers=6, rounds=30, rate=0.1)
    tools.faulted(experiment, {'device_down': {'devices': 2, 'at': '5 ms'}})
    run = tools.gossip(experiment, {'dpsgd': {'timeout': '50 ms'}})
    assert run.summary['rounds'] == 30
    healthy = tools.gossip(tools.make('ring', workers=6, rounds=30, rate=0.1))
    assert experiment.clock.now < healthy.experiment.clock.now + 0.1
    others = [0, 1, 3, 4, 5]
    assert np.ptp(run.models[others], axis=0).max() < np.ptp(run.models, axis=0).max()


def test_the_others_keep_their_average_when_a_peer_is_gone(tools):
    experiment = tools.make('ring', workers=6, rounds=40)
    # not a single exchange with 2 takes place
    tools.faulted(experiment, {'device_down': {'devices': 2, 'at': '0 s'}})
    run = tools.gossip(experiment, {'dpsgd': {'timeout': '50 ms'}}, start='own')
    others = [0, 1, 3, 4, 5]
    expected = run.starts[others].mean(axis=0)
    np.testing.assert_allclose(run.models[others].mean(axis=0), expected, atol=1e-5)
    np.testing.assert_allclose(run.average, expected, atol=1e-5)


def test_who_comes_back_catches_up(tools):
    experiment = tools.make('ring', workers=6, rounds=100, rate=0.1)
    fault = {'devices': 2, 'at': '20 ms', 'until': '60 ms'}
    tools.faulted(experiment, {'device_down': fault})
    run = tools.gossip(experiment, {'dpsgd': {'timeout': '10 ms'}})
    healthy = tools.gossip(tools.make('ring', workers=6, rounds=100, rate=0.1))
    assert run.summary['rounds'] == 100
    assert run.summary['consensus'] < 3 * healthy.summary['consensus'] + 0.02
    assert run.summary['test_accuracy'] == pytest.approx(healthy.summary['test_accuracy'], abs=0.1)
