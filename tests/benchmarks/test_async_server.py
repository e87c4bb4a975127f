"""A thousand asynchronous workers on a parameter server, against simpy's bare timeouts."""

import time

import numpy as np
import simpy
from threadpoolctl import threadpool_limits

from simulator.cluster.cluster import Cluster, Devices
from simulator.cluster.network import Network
from simulator.cluster.stragglers import lognormal
from simulator.learning import Learning, digits, iid, linear, sgd
from simulator.recording import Recorder
from simulator.seeds import Seeds
from simulator.training import KINDS, Every, Experiment, Scoreboard, Stop
from topologies import TOPOLOGIES

WORKERS, ROUNDS = 1000, 10


def bare_timeouts():
    """Return simpy's timeouts a second, of 100 processes."""
    env = simpy.Environment()

    def process():
        while True:
            yield env.timeout(1)

    for _ in range(100):
        env.process(process())
    begun = time.process_time()
    env.run(until=3000)
    return 300_000 / (time.process_time() - begun)


def train(folder):
    seeds, hosts = Seeds(1), WORKERS + 1
    graph = TOPOLOGIES['star'](workers=WORKERS, servers=1)
    network = Network.of(graph, hosts=hosts, bandwidth=1.25e9, latency=5e-5)
    recorder = Recorder(folder)
    ones = np.ones(hosts)
    devices = Devices(1e6 * ones, np.inf * ones, np.inf * ones)
    devices.speed[WORKERS] = 1e12
    cluster = Cluster(
        graph,
        network,
        devices,
        recorder,
        straggler=lognormal(seeds, hosts, sigma=0.5),
        seeds=seeds,
    )
    learning = Learning.draw(digits, iid, linear, workers=WORKERS, seeds=seeds, batch=1)
    board = Scoreboard(
        cluster, recorder, Stop(rounds=ROUNDS), Every(1, 'rounds'), learning=learning
    )
    experiment = Experiment(cluster, recorder, board, learning=learning, optimizer=sgd(rate=0.001))
    KINDS.read({'parameter_server': {'clock': 'asp'}})(experiment)


def test_a_thousand_asynchronous_workers(benchmark, tmp_path):
    """Target: at least one gradient step per 80 bare timeouts."""
    with threadpool_limits(1):
        train(tmp_path / 'warm')
        runs, rates, ratios = iter(range(100)), [], []
        for _ in range(9):  # side by side, as other work on the machine comes and goes
            timeouts, begun = bare_timeouts(), time.process_time()
            train(tmp_path / str(next(runs)))
            rates.append(WORKERS * ROUNDS / (time.process_time() - begun))
            ratios.append(timeouts / rates[-1])
        benchmark.pedantic(lambda: train(tmp_path / str(next(runs))), rounds=1)
    ratio = float(np.median(ratios))
    benchmark.extra_info['timeouts_per_step'] = ratio
    print(
        f'\nasynchronous: {np.median(rates):,.0f} steps/s, one per {ratio:.0f} bare timeouts '
        f'({min(ratios):.0f}-{max(ratios):.0f} in {len(ratios)} turns; target 80)'
    )
