"""Max-min fair sharing: what must hold of rates at any instant, and what the formulas say."""

import networkx as nx
import numpy as np
import pytest
from cluster_reference.fair import max_min
from cluster_reference.worlds import random_network, random_sends
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cluster.fabric import Fabric
from simulator.cluster.network import Network
from simulator.collectives import COLLECTIVES, Ranks, chunk_sizes
from topologies import TOPOLOGIES

SHARING = ['fair', 'fifo', 'none']
seeds = st.integers(0, 2**32 - 1)


def run(fabric):
    """Run to the end; return when each task ended."""
    ends = {}
    while woken := fabric.advance(np.inf):
        ends.update((what.id, fabric.now) for what in woken)
    return ends


def launch(fabric, schedule, size, now=0.0):
    s = schedule
    offsets = np.concatenate([[0.0], np.cumsum(chunk_sizes(size, s.chunks))])
    columns = (s.step, s.source, s.target, s.first_chunk, s.count, s.reduce)
    launched = fabric.launch(columns, offsets, np.arange(s.ranks))
    for gate in launched.entries:
        fabric.open(now, int(gate))


def under_way(seed, pause):
    """Return a fabric in the middle of many messages, and the links of each flow."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, nodes=10)
    fabric = Fabric(network)
    for time, _, (source, target, size, _) in sorted(random_sends(rng, network, 60, span=1.0)):
        fabric.advance(time)
        fabric.send(time, source, target, size)
    fabric.advance(pause)
    flows = fabric.flows()
    path = fabric.table.path
    return fabric, flows, [path[f['path'] : f['path'] + f['hops']].tolist() for f in flows]


@settings(max_examples=25, deadline=None)
@given(seed=seeds, pause=st.floats(1.0, 1e4))
def test_rates_are_those_of_progressive_filling(seed, pause):
    fabric, flows, paths = under_way(seed, pause)
    wanted = max_min(dict(enumerate(paths)), dict(enumerate(fabric.network.bandwidth)))
    assert flows['rate'] == pytest.approx([wanted[k] for k in range(len(flows))], rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, pause=st.floats(1.0, 1e4))
def test_no_link_is_overloaded_and_no_flow_can_gain_without_a_poorer_one_losing(seed, pause):
    fabric, flows, paths = under_way(seed, pause)
    load, richest = np.zeros(len(fabric.network.source)), np.zeros(len(fabric.network.source))
    for flow, path in zip(flows, paths, strict=True):
        load[path] += flow['rate']
        richest[path] = np.maximum(richest[path], flow['rate'])
    bandwidth = fabric.network.bandwidth
    assert (load <= bandwidth * (1 + 1e-9)).all()
    full = load >= bandwidth * (1 - 1e-9)
    for flow, path in zip(flows, paths, strict=True):
        # a full link on its way where nobody has more: what it gained a poorer one would lose
        assert any(full[link] and flow['rate'] >= richest[link] * (1 - 1e-9) for link in path)


@pytest.mark.parametrize('sharing', SHARING)
@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_bytes_are_conserved(sharing, seed):
    rng = np.random.default_rng(seed)
    network = random_network(rng)
    fabric = Fabric(network, sharing=sharing)
    wanted = np.zeros(len(network.source))
    sends = sorted(random_sends(rng, network, 40, span=10.0))
    for time, _, (source, target, size, _) in sends:
        fabric.advance(time)
        fabric.send(time, source, target, size)
        wanted[fabric.table.links_of(fabric.table.of(source, target))] += size
    fabric.advance(np.inf)
    np.testing.assert_allclose(fabric.links['bytes'], wanted, rtol=1e-12)
    assert fabric.totals['messages'] == len(sends)
    assert fabric.totals['bytes'] == pytest.approx(sum(send[2][2] for send in sends))
    assert fabric.active == 0
    if sharing != 'none':
        least = fabric.links['bytes'] / network.bandwidth
        assert (fabric.links['busy'] >= least * (1 - 1e-9)).all()
        assert (fabric.links['busy'] <= fabric.now * (1 + 1e-9)).all()


@pytest.mark.parametrize('sharing', ['fair', 'fifo'])
@pytest.mark.parametrize(
    ('name', 'ranks', 'seconds'),
    [
        ('ring', 8, 0.141400),
        ('ring', 64, 0.170100),
        ('ring', 256, 0.210375),
        ('butterfly', 64, 0.480600),
        ('all_to_all', 64, 5.040100),
    ],
)
def test_the_reference_points(sharing, name, ranks, seconds):
    """Star, 10 Gb/s, 50 us a link, 100 MB: what another simulator's fluid model gives."""
    graph = TOPOLOGIES['star'](workers=ranks)
    network = Network.of(graph, hosts=ranks, bandwidth=1.25e9, latency=50e-6)
    fabric = Fabric(network, sharing=sharing)
    launch(fabric, COLLECTIVES[name](Ranks(ranks)), 100e6)
    run(fabric)
    assert fabric.now == pytest.approx(seconds, rel=1e-9)


@pytest.mark.parametrize('sharing', SHARING)
@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_alone_a_message_takes_its_latencies_and_its_bytes_over_the_narrowest_link(sharing, seed):
    network = random_network(np.random.default_rng(seed))
    fabric = Fabric(network, sharing=sharing)
    number = fabric.send(3.0, 0, network.hosts - 1, 1e4, watch=True)
    links = fabric.table.links_of(fabric.table.of(0, network.hosts - 1))
    seconds = network.latency[links].sum() + 1e4 / network.bandwidth[links].min()
    assert run(fabric) == {number: pytest.approx(3.0 + seconds, rel=1e-12)}


def test_two_share_until_one_is_done():
    network = Network.of(nx.path_graph(2), hosts=2, bandwidth=10.0, latency=1.0)
    fabric = Fabric(network)
    for size in (100.0, 20.0):
        fabric.send(0.0, 0, 1, size, watch=True)
    # 5 B/s each from 1 s on: 20 bytes until 5 s, then the other 80 at full speed
    assert run(fabric) == {1: 5.0, 0: 13.0}
    assert fabric.links['busy'].tolist() == [12.0, 0.0]


def test_a_changed_bandwidth_acts_at_once():
    network = Network.of(nx.path_graph(2), hosts=2, bandwidth=10.0, latency=1.0)
    fabric = Fabric(network)
    fabric.send(0.0, 0, 1, 100.0, watch=True)
    fabric.advance(6.0)  # 50 bytes are there
    fabric.set_bandwidth(6.0, 0, 25.0)
    assert fabric.next == 6.0
    assert run(fabric) == {0: 8.0}


def test_flows_that_share_no_link_keep_their_events():
    """A change in one component leaves the ends of others as they were, to the last bit."""
    network = Network.of(nx.complete_graph(6), hosts=6, bandwidth=3.0, latency=0.1)
    quiet, busy = Fabric(network), Fabric(network)
    for fabric in (quiet, busy):
        fabric.send(0.0, 0, 1, 1000.0, watch=True)
        fabric.send(0.0, 0, 1, 777.0, watch=True)
    for k in range(20):
        busy.send(0.0, 2, 3, 10.0 + k)
        busy.send(0.0, 3, 2, 10.0 + k)
    assert run(quiet) == run(busy)


def test_lockstep_stays_lockstep():
    """Equal shares stay equal where sums of rates round: all end at one and the same instant."""
    graph = TOPOLOGIES['star'](workers=23)
    network = Network.of(graph, hosts=23, bandwidth=1.0, latency=0.0)
    fabric = Fabric(network)
    for source in range(23):
        for target in range(23):
            if source != target:
                fabric.send(0.0, source, target, 0.1, watch=True)
    assert len(fabric.advance(np.inf)) == 23 * 22
    assert fabric.now == pytest.approx(2.2, rel=1e-12)
