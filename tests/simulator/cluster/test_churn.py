"""Traces of devices that come and go, and what a crash takes with it."""

import math

import networkx as nx
import numpy as np
import pytest

from simulator.cluster.churn import read_trace
from simulator.cluster.cluster import Cluster, Devices
from simulator.cluster.fabric import Fabric
from simulator.cluster.faults import FAULTS
from simulator.cluster.network import Network
from simulator.collectives import Ranks, ring
from simulator.errors import DataError
from simulator.recording import Recorder
from simulator.seeds import Seeds


@pytest.fixture
def trace(tmp_path):
    def write(*lines, header='device,from,to'):
        path = tmp_path / 'trace.csv'
        path.write_text('\n'.join((header, *lines)) + '\n')
        return str(path)

    return write


@pytest.fixture
def cluster(tmp_path):
    graph = nx.star_graph(4)
    network = Network.of(graph, hosts=4, bandwidth=100.0, latency=1.0)
    ones = np.ones(4)
    return Cluster(graph, network, Devices(ones, np.inf * ones, np.inf * ones), Recorder(tmp_path))


def moments(cluster, end, **options):
    """Return (time, device, up) of all that a churn does to a cluster."""
    log = []
    for up, hooks in ((False, cluster.on_crash), (True, cluster.on_return)):
        hooks.append(lambda device, up=up: log.append((cluster.clock.now, device, up)))
    FAULTS.read({'churn': options})(cluster, Seeds(7))
    cluster.clock.run(end)
    return log


def test_a_trace_lists_windows_by_device_in_order_of_time(trace):
    read = read_trace(trace('3, 5, 7.5', '1,0,2', '', '3,1,2', '1,9,'))
    assert read == {1: [(0.0, 2.0), (9.0, math.inf)], 3: [(1.0, 2.0), (5.0, 7.5)]}


@pytest.mark.parametrize(
    ('lines', 'said'),
    [
        (['1,0'], r'trace\.csv:2: 2 values'),
        (['0,0,1', 'x,0,1'], r"trace\.csv:3: device 'x' must be a number"),
        (['1,one,2'], r'trace\.csv:2: .*must be seconds'),
        (['1,5,2'], r'trace\.csv:2: from \(=5\) must be .* less than to \(=2\)'),
        (['1,-1,2'], r'trace\.csv:2: from'),
        (['1,nan,2'], r'trace\.csv:2: from'),
        (['1,0,5', '2,0,1', '1,4,6'], r'trace\.csv:4: from \(=4\) lies in another window, to 5'),
        ([], r'trace\.csv: lists no device'),
    ],
)
def test_bad_traces_are_told_of_by_file_and_line(trace, lines, said):
    path = trace(*lines)
    with pytest.raises(DataError, match=said):
        read_trace(path)
    with pytest.raises(ValueError, match=said):
        FAULTS.read({'churn': {'trace': path}})


def test_a_wrong_header_and_a_missing_file_are_told_of(trace, tmp_path):
    with pytest.raises(DataError, match=r':1: the first line must be device,from,to'):
        read_trace(trace('1,0,1', header='node,start,end'))
    with pytest.raises(DataError, match=r'none\.csv: no trace'):
        read_trace(str(tmp_path / 'none.csv'))


def test_a_trace_lists_absences_or_sessions(cluster, trace):
    path = trace('1,0,2', '2,3,')
    assert moments(cluster, 10, trace=path) == [(0, 1, False), (2, 1, True), (3, 2, False)]


def test_outside_of_its_sessions_a_device_is_away(cluster, trace):
    path = trace('1,0,2', '2,3,5')
    crashes = [(0, 2, False), (2, 1, False), (3, 2, True), (5, 2, False)]
    assert moments(cluster, 10, trace=path, listed='sessions') == crashes


def test_devices_a_cluster_does_not_have_are_refused(cluster, trace):
    with pytest.raises(DataError, match=r'trace\.csv:2: no device 9; they are 0\.\.3'):
        moments(cluster, 1, trace=trace('9,0,1'))


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        ({'at': '1 s'}, 'needs devices, or a trace'),
        ({'devices': [], 'at': '1 s'}, 'at least 1 item'),
        ({'devices': 1}, 'either at'),
        ({'devices': 1, 'at': '1 s', 'listed': 'sessions'}, 'listed says what a trace lists'),
        ({'devices': 1, 'trace': 'x.csv'}, 'leave out devices'),
    ],
)
def test_contradictions_are_refused(options, said):
    with pytest.raises(ValueError, match=said):
        FAULTS.read({'churn': options})


def test_two_faults_on_one_device_end_when_both_have_ended(cluster):
    FAULTS.read({'device_down': {'devices': 1, 'at': '1 s', 'until': '4 s'}})(cluster, Seeds(7))
    log = moments(cluster, 10, devices=1, at='2 s', until='3 s')
    assert log == [(2, 1, False), (3, 1, True)]
    assert cluster.down == {}


@pytest.mark.parametrize('sharing', ['fair', 'fifo', 'none'])
def test_a_crash_takes_work_and_messages_and_nothing_else(sharing):
    network = Network.of(nx.star_graph(4), hosts=5, bandwidth=100.0, latency=1.0)
    fabric = Fabric(network, sharing=sharing)
    lost = [fabric.send(0.0, 1, 2, 500.0, watch=True), fabric.send(0.0, 3, 1, 900.0, watch=True)]
    gone = [fabric.compute(0.0, 1, seconds, watch=True) for seconds in (10.0, 5.0)]
    kept = fabric.compute(0.0, 2, 9.0, watch=True)
    fabric.advance(3.0)
    fabric.wipe(3.0, 1, messages=True)
    woken = []
    while fabric.next < np.inf:
        woken += [(fabric.now, each.kind, each.id) for each in fabric.advance(100.0)]
    assert sorted(woken) == sorted(
        [(3.0, 'lost', k) for k in lost] + [(3.0, 'gone', k) for k in gone] + [(9.0, 'done', kept)]
    )
    assert fabric.active == 0
    assert fabric.devices['busy'][1] == 3.0


@pytest.mark.parametrize('sharing', ['fair', 'fifo', 'none'])
@pytest.mark.parametrize('entered', [0, 1, 2, 3])
def test_a_schedule_that_is_given_up_leaves_nothing_behind(sharing, entered):
    network = Network.of(nx.star_graph(3), hosts=4, bandwidth=100.0, latency=1.0)
    fabric = Fabric(network, sharing=sharing)
    schedule = ring(Ranks(3))
    names = ('step', 'source', 'target', 'first_chunk', 'count', 'reduce')
    columns = tuple(getattr(schedule, name) for name in names)
    given = (columns, np.array([0.0, 100, 200, 300]), np.array([1, 2, 3]))
    launched = fabric.launch(*given)
    for rank in range(entered):
        fabric.open(0.0, int(launched.entries[rank]))
    assert fabric.advance(4.5) == []
    fabric.abandon(4.5, launched)
    assert fabric.advance(1e3) == []
    assert (fabric.active, fabric.next) == (0, np.inf)
    again = fabric.launch(*given)  # the links are as free as before
    for rank in range(3):
        fabric.open(100.0, int(again.entries[rank]))
    woken = []
    while fabric.next < np.inf:
        woken += fabric.advance(1e3)
    assert {each.id for each in woken} == set(again.exits.tolist())
    assert fabric.now == pytest.approx(100 + 4 * 3)
