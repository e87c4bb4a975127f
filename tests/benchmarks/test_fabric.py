"""Messages a second in the fabric's kernel, against simpy's bare timeouts in the same run."""

import time

import numpy as np
import pytest
import simpy

from simulator.cluster.fabric import Fabric
from simulator.cluster.network import Network
from simulator.collectives import COLLECTIVES, Ranks, chunk_sizes
from topologies import TOPOLOGIES


def bare_timeouts():
    """Return simpy's timeouts a second of processor time, of 100 processes."""
    env = simpy.Environment()

    def process():
        while True:
            yield env.timeout(1)

    for _ in range(100):
        env.process(process())
    begun = time.process_time()
    env.run(until=2000)
    return 200_000 / (time.process_time() - begun)


def star(ranks, sharing):
    graph = TOPOLOGIES['star'](workers=ranks)
    network = Network.of(graph, hosts=ranks, bandwidth=1.25e9, latency=50e-6)
    return Fabric(network, sharing=sharing)


def play(fabric, name, sizes=None):
    """Launch a collective of 100 MB, and run it; return its messages and the seconds it took."""
    ranks = fabric.network.hosts
    s = COLLECTIVES[name](Ranks(ranks))
    offsets = np.concatenate([[0.0], np.cumsum(chunk_sizes(100e6, s.chunks))])
    columns = (s.step, s.source, s.target, s.first_chunk, s.count, s.reduce)
    if sizes is not None:  # a size of its own for each row, not for each chunk
        rows = np.arange(len(s), dtype=np.int32)
        columns = (s.step, s.source, s.target, rows, np.ones_like(rows), s.reduce)
        offsets = np.concatenate([[0.0], np.cumsum(sizes(len(s)))])
    launched = fabric.launch(columns, offsets, np.arange(ranks))
    now, begun = fabric.now, time.process_time()
    for gate in launched.entries:
        fabric.open(now, int(gate))
    while fabric.advance(np.inf):
        pass
    return len(s), time.process_time() - begun


def rate(fabric, name, times, sizes=None):
    """Return the best rate of a few, messages a second of processor time."""
    played = [play(fabric, name, sizes) for _ in range(times)]
    return max(messages / seconds for messages, seconds in played)


@pytest.mark.parametrize('sharing', ['fair', 'fifo'])
def test_a_ring_over_256_ranks(benchmark, sharing):
    """Target: at least 4 messages a bare timeout."""
    fabric = star(256, sharing)
    play(fabric, 'ring')
    reached = benchmark.pedantic(rate, args=(fabric, 'ring', 3), rounds=3)
    ratio = reached / bare_timeouts()
    benchmark.extra_info['messages_per_timeout'] = ratio
    print(f'\nring of 256, {sharing}: {reached:,.0f} messages/s, {ratio:.1f} a timeout (target 4)')


def test_65280_flows_at_once(benchmark):
    """Target: at least half the messages a second of the ring over 256 ranks."""
    fabric = star(256, 'fair')
    play(fabric, 'all_to_all')
    ring = rate(fabric, 'ring', 5)
    reached = benchmark.pedantic(rate, args=(fabric, 'all_to_all', 3), rounds=3)
    ratio = reached / max(ring, rate(fabric, 'ring', 5))
    benchmark.extra_info['share_of_ring'] = ratio
    timeouts = reached / bare_timeouts()
    print(
        f'\n65,280 flows at once, fair: {reached:,.0f} messages/s, {timeouts:.1f} a timeout, '
        f'{ratio:.2f} of the ring (target 0.5)'
    )


def test_flows_of_random_sizes(benchmark):
    """992 flows, whose shares change whenever one ends: reported, without a target."""
    rng = np.random.default_rng(1)
    fabric = star(32, 'fair')
    play(fabric, 'all_to_all')
    draw = lambda count: 10 ** rng.uniform(3, 9, count)
    reached = benchmark.pedantic(rate, args=(fabric, 'all_to_all', 3, draw), rounds=3)
    ratio = reached / bare_timeouts()
    print(f'\n992 flows of random sizes: {reached:,.0f} messages/s, {ratio:.2f} a timeout')
