"""Arrays that grow and rings that wrap while everything is under way."""

import networkx as nx
import numpy as np
import pytest

from simulator.cluster.fabric import Fabric
from simulator.cluster.network import Network
from simulator.collectives import COLLECTIVES, Ranks, chunk_sizes
from topologies import TOPOLOGIES

SHARING = ['fair', 'fifo', 'none']


def run(fabric):
    ends = {}
    while woken := fabric.advance(np.inf):
        ends.update((what.id, fabric.now) for what in woken if what.kind == 'done')
    return ends


def launch(fabric, schedule, size, enter=True):
    s = schedule
    offsets = np.concatenate([[0.0], np.cumsum(chunk_sizes(size, s.chunks))])
    columns = (s.step, s.source, s.target, s.first_chunk, s.count, s.reduce)
    launched = fabric.launch(columns, offsets, np.arange(s.ranks))
    if enter:
        for gate in launched.entries:
            fabric.open(fabric.now, int(gate))
    return launched


def test_rings_wrap_and_grow_around_a_schedule_that_stays():
    """Ranks that never enter keep their tasks and gates alive: nothing else is mixed up."""
    network = Network.of(nx.path_graph(2), hosts=2, bandwidth=1.0, latency=0.0)
    fabric = Fabric(network, sharing='none')
    for _ in range(300):  # the rings wrap
        launch(fabric, COLLECTIVES['ring'](Ranks(2)), 2.0)
        assert len(fabric.advance(np.inf)) == 2
    assert len(fabric._store.arrays['tasks']) == 64
    stays = launch(fabric, COLLECTIVES['ring'](Ranks(2)), 2.0, enter=False)
    for _ in range(300):  # the rings grow
        launched = launch(fabric, COLLECTIVES['ring'](Ranks(2)), 2.0)
        assert [what.id for what in fabric.advance(np.inf)] == sorted(launched.exits)
    before = fabric.now
    for gate in stays.entries:
        fabric.open(before, int(gate))
    assert [what.id for what in fabric.advance(np.inf)] == sorted(stays.exits)
    assert fabric.now == before + 2.0


def test_a_task_that_stays_costs_those_after_it_no_memory():
    network = Network.of(nx.path_graph(2), hosts=2, bandwidth=1.0, latency=0.0)
    fabric = Fabric(network, sharing='none')
    stays = fabric.compute(0.0, 0, 1e9, watch=True)
    sizes = {name: len(array) for name, array in fabric._store.arrays.items()}
    for _ in range(1000):
        fabric.send(fabric.now, 0, 1, 1.0, watch=True)
        assert len(fabric.advance(np.inf)) == 1
    sizes.update(routes=len(fabric.table.routes), path=len(fabric.table.path))
    assert {name: len(array) for name, array in fabric._store.arrays.items()} == sizes
    assert run(fabric) == {stays: 1e9}


@pytest.mark.parametrize('sharing', SHARING)
def test_longer_routes_after_shorter_ones_leave_messages_in_place(sharing):
    network = Network.of(nx.path_graph(34), hosts=34, bandwidth=1.0, latency=0.125)
    ends = []
    for known in (False, True):
        fabric = Fabric(network, sharing=sharing)
        if known:  # so that there is room for long routes from the beginning
            fabric.table.of(0, 33)
        first = [fabric.send(0.0, k, k + 1, 10.0 + k, watch=True) for k in range(33)]
        fabric.advance(1.0)
        for length in (2, 3, 5, 9, 33):
            first += [fabric.send(1.0, k, k + length, 5.0, watch=True) for k in range(34 - length)]
            fabric.advance(1.0)
        ends.append(run(fabric))
        assert sorted(ends[-1]) == first
    assert ends[0] == ends[1]


@pytest.mark.parametrize('sharing', SHARING)
def test_as_many_messages_as_there_are(sharing):
    """Slots, buckets, what wakes and what is ready grow in the middle of an instant."""
    graph = TOPOLOGIES['star'](workers=4)
    network = Network.of(graph, hosts=4, bandwidth=1e3, latency=0.0)
    fabric = Fabric(network, sharing=sharing)
    numbers = [fabric.send(0.0, k % 4, (k + 1) % 4, 1.0 + k, watch=True) for k in range(5000)]
    assert sorted(run(fabric)) == numbers
    assert fabric.active == 0


@pytest.mark.parametrize('sharing', SHARING)
def test_traces_come_whole_however_many(sharing):
    messages, spans = [], []
    graph = TOPOLOGIES['star'](workers=32)
    network = Network.of(graph, hosts=32, bandwidth=1e6, latency=1e-3)
    fabric = Fabric(network, sharing=sharing, on_messages=messages.append, reduce=1e8)
    both = Fabric(
        network, sharing=sharing, reduce=1e8, on_messages=messages.append, on_spans=spans.append
    )
    for each in (fabric, both):
        launch(each, COLLECTIVES['ring'](Ranks(32)), 1e6)
        launch(each, COLLECTIVES['all_to_all'](Ranks(32)), 1e6)
        run(each)
        each.flush()
    numbers = np.concatenate(messages)['task']
    assert len(numbers) == 2 * (62 * 32 + 31 * 32)
    assert (np.bincount(numbers) == 2).all()
    assert sum(map(len, spans)) == 31 * 32 + 31 * 32


@pytest.mark.parametrize('sharing', SHARING)
def test_times_below_the_clocks_resolution_end_all_the_same(sharing):
    network = Network.of(nx.path_graph(2), hosts=2, bandwidth=1e12, latency=0.0)
    fabric = Fabric(network, sharing=sharing)
    numbers = [fabric.send(1e9, 0, 1, 1e-3 * (k + 1), watch=True) for k in range(20)]
    numbers += [fabric.compute(1e9, 0, 1e-12, watch=True) for k in range(20)]
    assert [what.id for what in fabric.advance(np.inf)] == numbers
    assert fabric.now == 1e9


def test_years_of_simulated_time():
    network = Network.of(nx.path_graph(2), hosts=2, bandwidth=1.0, latency=1.0)
    fabric = Fabric(network)
    ends = {fabric.compute(0.0, 0, 1e18, watch=True): 1e18}
    ends[fabric.compute(0.0, 1, 3e300, watch=True)] = 3e300
    ends[fabric.send(0.0, 0, 1, 1e17, watch=True)] = 1e17
    assert run(fabric) == ends
    fabric.send(fabric.now, 1, 0, 1.0, watch=True)
    assert len(run(fabric)) == 1


@pytest.mark.parametrize('ranks', [4, 16])
@pytest.mark.parametrize('earlier', range(4))
def test_what_is_ready_is_found_again_when_the_ring_grows_at_that_instant(ranks, earlier):
    """Groups that call at one instant: the tasks of the first are ready as the last is laid."""
    network = Network.of(TOPOLOGIES['star'](workers=ranks), hosts=ranks, bandwidth=1.0, latency=0.5)
    fabric = Fabric(network, sharing='none')
    schedule = COLLECTIVES['all_to_all'](Ranks(ranks))
    for _ in range(earlier):  # so that the ring's places differ from their numbers
        launch(fabric, schedule, 2.0)
        while fabric.advance(np.inf):
            pass
    before = fabric.now
    # with 16 ranks more is ready at once than there is room for
    launched = [launch(fabric, schedule, 2.0) for _ in range(12)]
    woken = [what.id for what in fabric.advance(np.inf)]
    assert woken == sorted(int(gate) for each in launched for gate in each.exits)
    assert fabric.now == before + 2.0 + 2 * 0.5
    assert not fabric.active
