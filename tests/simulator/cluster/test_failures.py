"""Links that fail, messages that are lost, work and schedules that are given up."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cluster.fabric import Fabric
from simulator.cluster.graph import TaskGraph
from simulator.cluster.network import Network
from simulator.collectives import Ranks, ring

SHARING = ['fair', 'fifo', 'none']


@pytest.fixture
def pair():
    return Network.of(nx.path_graph(2), hosts=2, bandwidth=100.0, latency=1.0)


def run(fabric):
    log = []
    while woken := fabric.advance(np.inf):
        log += [(what.kind, what.id, fabric.now) for what in woken]
    return log


def unchanged(fabric):
    """Whether nothing is left behind: slots, events, rings, who waits."""
    world = fabric._store.world[0]
    names = ('active', 'heap', 'ready', 'woken', 'watched', 'touched')
    rings = world['laid'] - world['oldest_laid'], world['gates'] - world['oldest_gate']
    return {*(int(world[name]) for name in names), *map(int, rings)} == {0}


@pytest.mark.parametrize('sharing', SHARING)
@pytest.mark.parametrize('when', [0.0, 0.5, 1.0, 2.0, 3.0 - 1e-9])
def test_a_message_is_lost_in_flight_and_sent_again(pair, sharing, when):
    rows = []
    fabric = Fabric(pair, sharing=sharing, resend=10.0, on_messages=rows.append)
    fabric.send(0.0, 0, 1, 200.0, watch=True)
    assert not fabric.advance(when)
    fabric.fail(when, 0)
    assert not fabric.advance(5.0)
    fabric.restore(0)
    assert run(fabric) == [('done', 0, 13.0)]
    fabric.flush()
    rows = np.concatenate(rows)
    assert rows['delivered'].tolist() == [-1.0, 13.0]
    assert rows['sent'].tolist() == [0.0, 10.0]
    assert rows['attempt'].tolist() == [0, 1]
    assert unchanged(fabric)


@pytest.mark.parametrize('sharing', SHARING)
def test_what_has_arrived_is_not_lost(pair, sharing):
    fabric = Fabric(pair, sharing=sharing, reduce=50.0)
    fabric.send(0.0, 0, 1, 200.0, watch=True, reduce=True)
    fabric.advance(3.0)
    fabric.fail(3.0, 0)  # it is being reduced by now
    assert run(fabric) == [('done', 0, 7.0)]


@pytest.mark.parametrize('sharing', SHARING)
def test_patience_doubles_and_ends(pair, sharing):
    fabric = Fabric(pair, sharing=sharing, resend=1.0, attempts=4)
    fabric.fail(0.0, 0)
    fabric.send(0.0, 0, 1, 200.0, watch=True)
    assert run(fabric) == [('lost', 0, 7.0)]
    assert fabric.totals == {'messages': 4, 'lost': 4, 'bytes': 0.0}
    assert unchanged(fabric)


@pytest.mark.parametrize('sharing', SHARING)
def test_the_other_direction_works_on(pair, sharing):
    fabric = Fabric(pair, sharing=sharing)
    fabric.fail(0.0, 0)
    fabric.fail(0.0, 0)  # once more changes nothing
    fabric.send(0.0, 1, 0, 200.0, watch=True)
    assert run(fabric) == [('done', 0, 3.0)]
    fabric.restore(0)
    fabric.restore(0)
    fabric.send(3.0, 0, 1, 200.0, watch=True)
    assert run(fabric) == [('done', 1, 6.0)]


def test_what_others_leave_of_a_link_that_failed_is_shared_anew(pair):
    network = Network.of(nx.path_graph(3), hosts=3, bandwidth=100.0, latency=0.0)
    fabric = Fabric(network)
    fabric.send(0.0, 0, 1, 200.0, watch=True)
    fabric.send(0.0, 0, 2, 200.0, watch=True, reliable=False)
    fabric.advance(1.0)
    fabric.fail(1.0, 2)  # 50 bytes of each are through; the first has the rest to itself
    assert run(fabric) == [('lost', 1, 1.0), ('done', 0, 2.5)]
    assert fabric.links['bytes'].tolist() == [250.0, 0.0, 50.0, 0.0]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**64 - 1), loss=st.floats(0.05, 0.6))
def test_losses_come_as_often_as_they_should_and_the_same_every_time(seed, loss):
    network = Network.of(nx.path_graph(3), hosts=3, bandwidth=1.0, latency=0.0, loss=loss)
    totals = []
    for sharing in SHARING:
        fabric = Fabric(network, sharing=sharing, seed=seed)
        for _ in range(400):
            fabric.send(0.0, 0, 2, 1.0, reliable=False)
        run(fabric)
        totals.append(fabric.totals['lost'])
    assert totals[0] == totals[1] == totals[2]
    chance = 1 - (1 - loss) ** 2
    assert abs(totals[0] - 400 * chance) < 6 * np.sqrt(400 * chance * (1 - chance))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**64 - 1))
def test_jitter_is_drawn_from_the_sample(pair_of, seed):
    sample = np.array([0.5, 0.0, 0.25])
    fabric = Fabric(pair_of, sharing='none', seed=seed, jitter=sample)
    for _ in range(300):
        fabric.send(0.0, 0, 1, 0.0, watch=True)
    delays = [time - 1.0 for _, _, time in run(fabric)]
    assert set(delays) == {0.0, 0.25, 0.5}
    assert min(delays.count(each) for each in set(delays)) > 60


@pytest.fixture(scope='module')
def pair_of():
    return Network.of(nx.path_graph(2), hosts=2, bandwidth=100.0, latency=1.0)


@pytest.mark.parametrize('sharing', SHARING)
def test_a_device_that_crashes_lets_go_of_work_and_messages(sharing):
    network = Network.of(nx.path_graph(3), hosts=3, bandwidth=100.0, latency=1.0)
    spans = []
    fabric = Fabric(network, sharing=sharing, on_spans=spans.append)
    for device in (0, 0, 1):
        fabric.compute(0.0, device, 5.0, watch=True)
    fabric.send(0.0, 0, 2, 1000.0, watch=True)
    fabric.send(0.0, 2, 1, 100.0, watch=True)
    assert run_until(fabric, 4.0) == [('done', 4, 2.0)]
    fabric.compute(4.0, 0, 1.0, watch=True)  # handed over at the very instant
    fabric.wipe(4.0, 0, messages=True)
    fabric.compute(4.0, 0, 2.0, watch=True)  # the device is back at once
    gone = [('gone', 0, 4.0), ('gone', 1, 4.0), ('lost', 3, 4.0), ('gone', 5, 4.0)]
    assert run(fabric) == [*gone, ('done', 2, 5.0), ('done', 6, 6.0)]
    fabric.flush()
    ends = {(int(row['task']), float(row['end'])) for row in np.concatenate(spans)}
    assert ends == {(0, 4.0), (2, 5.0), (6, 6.0)}
    assert unchanged(fabric)


def run_until(fabric, until):
    log = []
    while fabric.next <= until:
        log += [(what.kind, what.id, fabric.now) for what in fabric.advance(until)]
    return log


@pytest.mark.parametrize('sharing', SHARING)
def test_a_schedule_is_given_up_in_the_middle(sharing):
    network = Network.of(nx.complete_graph(4), hosts=4, bandwidth=100.0, latency=1.0)
    fabric = Fabric(network, sharing=sharing)
    schedule = ring(Ranks(4))
    s = schedule
    columns = (s.step, s.source, s.target, s.first_chunk, s.count, s.reduce)
    for stop in (0.0, 0.5, 1.5, 4.0, 9.9):
        start = fabric.now
        launched = fabric.launch(columns, 100.0 * np.arange(5), np.arange(4))
        for rank in range(3):
            fabric.open(start, int(launched.entries[rank]))
        other = fabric.compute(start, 0, stop + 1.0, watch=True)
        assert not fabric.advance(start + stop)
        fabric.abandon(start + stop, launched)
        assert run(fabric) == [('done', other, start + stop + 1.0)]
        assert unchanged(fabric)


def test_a_graph_is_given_up_and_its_devices_go_on_with_other_work(pair):
    fabric = Fabric(pair)
    graph = TaskGraph(
        [0, 0, 0, 1], [-1, -1, 1, -1], [2.0, 2.0, 1e3, 1.0], [0, 2], [2, 3], watch=True
    )
    launched = fabric.launch_graph(graph)
    fabric.open(0.0, launched.entry)
    fabric.compute(0.0, 0, 7.0, priority=1, watch=True)
    fabric.advance(1.0)
    fabric.abandon(1.0, launched)
    assert run(fabric) == [('gone', 0, 1.0), ('gone', 1, 1.0), ('done', 4, 8.0)]
    assert unchanged(fabric)
