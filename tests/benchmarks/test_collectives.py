"""Building plus timing large rings, against simpy's bare timeouts in the same run."""

import json
import subprocess
import sys
import time

import pytest
import simpy

TIMEOUTS = 200_000

RING = """
import json, sys, time
import numpy as np
from simulator.cluster.fabric import Fabric
from simulator.cluster.cluster import Cluster, Devices, Wires
from simulator.cluster.network import Network
from simulator.collectives import Ranks, Streamed, chunk_sizes, ring
from simulator.collectives.timed import Group
from simulator.recording import Recorder
from simulator.recording.options import NOTHING
from topologies import TOPOLOGIES

folder, sharing, ranks, how = sys.argv[1:]
ranks, streamed = int(ranks), how == 'streamed'


def timed(m, folder):
    graph, ones = TOPOLOGIES['star'](workers=m), np.ones(m)
    network = Network.of(graph, hosts=m, bandwidth=1.25e9, latency=50e-6)
    devices = Devices(ones, np.inf * ones, np.inf * ones)
    with Recorder(folder, NOTHING) as recorder:
        cluster = Cluster(graph, network, devices, recorder, wires=Wires(sharing))
        before = peak()
        start = time.perf_counter()
        schedule = Streamed.of(ring, Ranks(m)) if streamed else ring(Ranks(m))
        group = Group(cluster, list(range(m)), schedule, name='ring')
        sizes = chunk_sizes(1e8, m)
        left = [group.enter(rank, sizes)[1] for rank in range(m)]
        cluster.clock.run(cluster.clock.all_of(left))
        seconds = time.perf_counter() - start
    return {
        'messages': len(schedule),
        'seconds': seconds,
        'bytes_per_message': (peak() - before) / len(schedule),
        'peak_gib': peak() / 2**30,
    }


def peak():
    # of this program alone: ru_maxrss remembers the process it was forked from
    lines = open('/proc/self/status').read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM')) * 1024


timed(4, folder + '-warm')  # the kernel is compiled, or taken from the cache
print(json.dumps(timed(ranks, folder)))
"""


def bare_timeouts():
    """simpy's timeouts a second: 100 processes that wait."""
    env = simpy.Environment()

    def waiter():
        for _ in range(TIMEOUTS // 100):
            yield env.timeout(1.0)

    for _ in range(100):
        env.process(waiter())
    start = time.perf_counter()
    env.run()
    return TIMEOUTS / (time.perf_counter() - start)


def ring(folder, *arguments):
    """A process of its own: nothing else adds to its memory."""
    command = [sys.executable, '-c', RING, str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize('sharing', ['fair', 'fifo'])
@pytest.mark.parametrize(
    ('ranks', 'how', 'rounds'),
    [('1024', 'whole', 3), ('1024', 'streamed', 3), ('4096', 'streamed', 1)],
)
def test_ring(benchmark, tmp_path, sharing, ranks, how, rounds):
    figures, ratios = [], []

    def once():
        reference = bare_timeouts()
        figures.append(ring(tmp_path / str(len(figures)), sharing, ranks, how))
        ratios.append(figures[-1]['messages'] / figures[-1]['seconds'] / reference)

    benchmark.pedantic(once, rounds=rounds)
    best = figures[max(range(rounds), key=ratios.__getitem__)]
    benchmark.extra_info |= {**best, 'per_timeout': max(ratios)}
    print(
        f'\nring of {ranks}, {sharing}, {how}: {max(ratios):.2f} messages per bare timeout, '
        f'{best["bytes_per_message"]:.0f} bytes a message, peak {best["peak_gib"]:.2f} GiB'
    )
    assert max(ratios) > 2.5
    assert best['bytes_per_message'] < 150
    assert best['peak_gib'] < 8
