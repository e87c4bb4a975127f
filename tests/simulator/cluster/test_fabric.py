"""The door to the kernel: what it refuses, what it reports."""

import networkx as nx
import numpy as np
import pytest

from simulator.cluster.fabric import Fabric
from simulator.cluster.network import Network

PAIR = Network.of(nx.path_graph(2), hosts=2, bandwidth=100.0, latency=1.0)


@pytest.fixture
def fabric():
    return Fabric(PAIR)


@pytest.mark.parametrize('size', [-1.0, np.nan, np.inf])
def test_sizes_and_times_that_make_no_sense_are_refused(fabric, size):
    with pytest.raises(ValueError, match=r'size\(=.*\) must be >= 0 and finite'):
        fabric.send(0.0, 0, 1, size)
    with pytest.raises(ValueError, match=r'must be >= 0 and finite'):
        fabric.compute(0.0, 0, size)
    assert fabric.active == 0


def test_nothing_can_be_done_before_what_is_still_to_happen(fabric):
    fabric.send(0.0, 0, 1, 100.0)
    with pytest.raises(ValueError, match=r'now\(=5.0\) must be in 0.0..0.0'):
        fabric.send(5.0, 0, 1, 100.0)
    fabric.advance(1.5)
    for act in (
        lambda: fabric.send(1.0 - 1e-9, 0, 1, 1.0),
        lambda: fabric.compute(2.1, 0, 1.0),
        lambda: fabric.set_bandwidth(2.1, 0, 1.0),
        lambda: fabric.set_device_rate(2.1, 0, 1.0),
        lambda: fabric.fail(2.1, 0),
        lambda: fabric.wipe(2.1, 0, messages=True),
    ):
        with pytest.raises(ValueError, match='advance first'):
            act()


def test_a_gate_opens_once(fabric):
    columns = ([0], [0], [1], [0], [1], [False])
    launched = fabric.launch(columns, [0.0, 100.0], [0, 1])
    fabric.open(0.0, int(launched.entries[0]))
    for gate in (int(launched.entries[0]), int(launched.exits[1]) + 1, -1):
        with pytest.raises(ValueError, match=f'gate {gate} is open already, or not there'):
            fabric.open(0.0, gate)
    fabric.open(0.0, int(launched.entries[1]))
    assert [what.id for what in fabric.advance(np.inf)] == launched.exits.tolist()
    with pytest.raises(ValueError, match='is open already'):
        fabric.open(2.0, int(launched.entries[0]))


@pytest.mark.parametrize('bandwidth', [0.0, -1.0, np.nan])
def test_a_link_can_not_stand_still_without_failing(fabric, bandwidth):
    with pytest.raises(ValueError, match=r'bandwidth\(=.*\) must be > 0; use `fail`'):
        fabric.set_bandwidth(0.0, 0, bandwidth)


def test_time_is_that_of_the_last_event_and_of_the_next(fabric):
    assert (fabric.now, fabric.next) == (0.0, np.inf)
    fabric.send(2.0, 0, 1, 100.0)
    assert (fabric.now, fabric.next) == (2.0, 2.0)
    fabric.advance(2.5)
    assert (fabric.now, fabric.next, fabric.active) == (2.0, 3.0, 1)
    fabric.advance(np.inf)
    assert (fabric.now, fabric.next, fabric.active) == (4.0, np.inf, 0)


def test_rows_of_messages_and_spans(fabric):
    messages, spans = [], []
    network = Network.of(nx.path_graph(2), hosts=2, bandwidth=100.0, latency=1.0)
    fabric = Fabric(network, reduce=50.0, on_messages=messages.append, on_spans=spans.append)
    fabric.send(0.0, 0, 1, 100.0, tag=7, step=3, reduce=True)
    fabric.compute(0.0, 1, 1.5, tag=8, step=4)
    fabric.advance(np.inf)
    assert not messages
    fabric.flush()
    fabric.flush()
    names = ('task', 'sent', 'started', 'delivered', 'size', 'tag', 'step', 'attempt')
    assert messages[0][list(names)].tolist() == [(0, 0.0, 0.0, 2.0, 100.0, 7, 3, 0)]
    names = ('task', 'start', 'end', 'device', 'tag', 'step', 'reduce')
    assert spans[0][list(names)].tolist() == [(1, 0.0, 1.5, 1, 8, 4, 0), (0, 2.0, 4.0, 1, 7, 3, 1)]
    assert len(messages) == len(spans) == 1


def test_ids_count_up_over_messages_computations_and_schedules(fabric):
    columns = ([0], [0], [1], [0], [1], [False])
    assert fabric.send(0.0, 0, 1, 1.0) == 0
    assert fabric.launch(columns, [0.0, 100.0], [0, 1]).first_task == 1
    assert fabric.compute(0.0, 0, 1.0) == 2
    assert fabric.send(0.0, 0, 1, 1.0) == 3


def test_columns_of_any_kind_and_layout_are_taken(fabric):
    wide = np.arange(12, dtype=np.int64).reshape(2, 6)[:, ::3] * 0
    wide.flags.writeable = False
    step, source, target = wide[0], wide[1], wide[1] + 1
    launched = fabric.launch((step, source, target, step, step + 1, step), [0, 50], [0, 1])
    for gate in launched.entries:
        fabric.open(0.0, gate)
    assert len(fabric.advance(np.inf)) == 2
    assert fabric.now == 2.0


def test_rewound_it_plays_the_same_again():
    for sharing in ('fair', 'fifo', 'none'):
        fabric = Fabric(PAIR, sharing=sharing)
        times = []
        for _ in range(3):
            fabric.rewind()
            assert fabric.now == 0.0
            for _ in range(2):
                fabric.send(0.0, 0, 1, 200.0, watch=True)
            while fabric.advance(np.inf):
                times.append(fabric.now)
        assert times == times[: len(times) // 3] * 3
        assert fabric.links['bytes'].sum() == 400.0


def test_it_can_not_be_rewound_while_something_is_under_way():
    fabric = Fabric(PAIR)
    fabric.send(0.0, 0, 1, 200.0)
    with pytest.raises(ValueError, match='1 tasks are under way'):
        fabric.rewind()


def test_tapped_it_tells_another_as_well():
    first, second, spans = [], [], []
    for given in ({}, {'on_messages': first.append}):
        fabric = Fabric(PAIR, **given)
        fabric.send(0.0, 0, 1, 200.0)
        fabric.advance(np.inf)
        fabric.tap(messages=second.append, spans=spans.append)
        fabric.send(fabric.now, 0, 1, 100.0)
        fabric.compute(fabric.now, 0, 5.0)
        fabric.advance(np.inf)
        fabric.flush()
    assert [len(rows) for rows in second] == [1, 1]
    assert [len(rows) for rows in spans] == [1, 1]
    assert sum(len(rows) for rows in first) == 2
