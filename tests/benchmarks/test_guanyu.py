"""GuanYu on a simulated network, liars and all traces on, against a loop of its mathematics."""

import sys
from time import process_time

import numpy as np
import pytest

from simulator.cluster.cluster import Cluster, Devices, Wires
from simulator.cluster.network import Network
from simulator.learning import Learning, digits, iid, mlp, sgd
from simulator.recording import Recorder
from simulator.robust.attacks import ATTACKS
from simulator.seeds import Seeds
from simulator.training import KINDS, Every, Experiment, Scoreboard, Stop
from simulator.training.adversary import Adversary, Liars
from topologies import TOPOLOGIES

WORKERS, SERVERS, F_WORKERS, F_SERVERS, ROUNDS, RATE = 18, 6, 5, 1, 40, 0.2

pytestmark = pytest.mark.usefixtures('one_thread')


def model(task):
    return mlp(task, hidden=[64])


def simulated(folder):
    """Return the accuracy of GuanYu beside the most liars, everything included."""
    seeds = Seeds(0)
    graph = TOPOLOGIES['star'](workers=WORKERS, servers=SERVERS)
    hosts = WORKERS + SERVERS
    ones, jitter = np.ones(hosts), np.random.default_rng(1).exponential(1e-3, 65536)
    network = Network.of(graph, hosts=hosts, bandwidth=1.25e8, latency=5e-5)
    recorder = Recorder(folder)
    devices = Devices(1e10 * ones, np.inf * ones, np.inf * ones)
    cluster = Cluster(graph, network, devices, recorder, wires=Wires(jitter=jitter), seeds=seeds)
    learning = Learning.draw(digits, iid, model, workers=WORKERS, seeds=seeds)
    scoreboard = Scoreboard(
        cluster, recorder, Stop(rounds=ROUNDS), Every(20, 'rounds'), learning=learning
    )
    flip = (ATTACKS.read('sign_flip'),)
    liars = [
        Liars('workers', tuple(range(F_WORKERS)), flip),
        Liars('servers', tuple(range(WORKERS, WORKERS + F_SERVERS)), flip),
    ]
    experiment = Experiment(
        cluster,
        recorder,
        scoreboard,
        learning=learning,
        optimizer=sgd(rate=RATE),
        adversary=Adversary(liars, seeds),
    )
    KINDS.read({'guanyu': {'aggregation': {'multi_krum': {'f': F_WORKERS}}}})(experiment)
    experiment.finish()
    recorder.close()
    return scoreboard.summary()['test_accuracy']


def by_hand():
    """Return the accuracy of the same mathematics, as one would write it in an hour."""
    rng = np.random.default_rng(0)
    learning = Learning.draw(digits, iid, model, workers=WORKERS, seeds=Seeds(0))
    models = [learning.initial] * SERVERS
    for _ in range(ROUNDS):
        told = [-each if k < F_SERVERS else each for k, each in enumerate(models)]
        gradients = []
        for worker in range(WORKERS):
            quorum = rng.permutation(SERVERS)[: SERVERS - F_SERVERS]
            middle = np.median([told[k] for k in quorum], axis=0).astype(np.float32)
            gradients.append(learning.request(worker, middle).value)
        sent = [-each if k < F_WORKERS else each for k, each in enumerate(gradients)]
        moved = []
        for own in models:
            quorum = rng.permutation(WORKERS)[: WORKERS - F_WORKERS]
            moved.append(own - RATE * multi_krum(np.stack([sent[k] for k in quorum]), F_WORKERS))
        told = [-each if k < F_SERVERS else each for k, each in enumerate(moved)]
        models = []
        for server in range(SERVERS):
            others = [k for k in rng.permutation(SERVERS) if k != server]
            quorum = [moved[server], *(told[k] for k in others[: SERVERS - F_SERVERS - 1])]
            models.append(np.median(quorum, axis=0).astype(np.float32))
    return float(learning.evaluate(models[-1]).accuracy)


def multi_krum(vectors, f):
    """Return the mean of the n - f - 2 best scored, by all pairs of differences."""
    n = len(vectors)
    distances = np.square(vectors[:, None] - vectors[None]).sum(axis=2)
    scores = np.sort(distances, axis=1)[:, 1 : n - f - 1].sum(axis=1)
    return vectors[np.argsort(scores)[: n - f - 2]].mean(axis=0)


def test_a_simulated_guanyu_is_as_fast_as_a_loop_by_hand(benchmark, tmp_path):
    times = {'simulated': [], 'by hand': []}
    for k in range(4):
        begin = process_time()
        reached = simulated(tmp_path / f'run-{k}')
        times['simulated'].append(process_time() - begin)
        begin = process_time()
        expected = by_hand()
        times['by hand'].append(process_time() - begin)
        assert abs(reached - expected) < 0.1
    ratio = min(times['by hand']) / min(times['simulated'])
    benchmark.extra_info['ratio'] = ratio
    benchmark.pedantic(lambda: None, rounds=1)
    sys.stdout.write(f'\nGuanYu: {ratio:.2f} times as fast as by hand (target 1.0)\n')
    assert ratio >= 1.0, times
