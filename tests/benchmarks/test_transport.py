"""One message from a simpy process to another, against the same written in plain simpy."""

import time

import numpy as np
import simpy

from simulator.cluster.cluster import Cluster, Devices
from simulator.cluster.network import Network
from simulator.recording import Recorder
from simulator.recording.options import NOTHING
from simulator.transport import Transport
from topologies import TOPOLOGIES

MESSAGES = 20_000


def plain_simpy():
    """Two links as Resources, three timeouts and a Store: what one would write by hand."""
    env = simpy.Environment()
    up, down, box = simpy.Resource(env), simpy.Resource(env), simpy.Store(env)

    def carry(message):
        with up.request() as turn:
            yield turn
            yield env.timeout(1e-6)
        yield env.timeout(1e-5)
        with down.request() as turn:
            yield turn
            yield env.timeout(1e-6)
        yield box.put(message)

    def sender():
        for k in range(MESSAGES):
            yield env.process(carry(k))

    def receiver():
        for _ in range(MESSAGES):
            yield box.get()

    env.process(sender())
    env.run(env.process(receiver()))


def ours(folder):
    graph = TOPOLOGIES['star'](workers=2)
    ones = np.ones(2)
    network = Network.of(graph, hosts=2, bandwidth=1e9, latency=1e-5)
    recorder = Recorder(folder, NOTHING)
    cluster = Cluster(graph, network, Devices(ones, np.inf * ones, np.inf * ones), recorder)
    transport = Transport(cluster)

    def sender():
        for k in range(MESSAGES):
            yield transport.send(0, 1, 1000.0, k, kind='ping')

    def receiver():
        for _ in range(MESSAGES):
            yield transport.receive(1, 'ping')

    cluster.clock.process(sender())
    cluster.clock.run(cluster.clock.process(receiver()))


def test_a_message_between_processes(benchmark, tmp_path):
    """Target: at least 1.5 times the rate of plain simpy."""
    ours(tmp_path)  # load the compiled kernel
    benchmark.pedantic(ours, args=(tmp_path,), rounds=3)
    begun = time.perf_counter()
    plain_simpy()
    reference = time.perf_counter() - begun
    ratio = reference / benchmark.stats.stats.min
    benchmark.extra_info['ratio'] = ratio
    rate = MESSAGES / benchmark.stats.stats.min
    print(f'\nprocess to process: {rate:,.0f} messages/s, {ratio:.2f} x plain simpy (target 1.5)')
