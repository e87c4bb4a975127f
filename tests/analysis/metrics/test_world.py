"""Where time went, who sent what to whom, how long it took: all by hand on a tiny world."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.groups import group
from analysis.load import load, read_run
from analysis.metrics import (
    Distribution,
    activity_seconds,
    activity_shares,
    bus_bandwidth,
    by_link,
    by_node,
    call_seconds,
    first_call,
    is_collective,
    latency,
    matrix,
    predictions,
    ranks,
    spans_until,
    vector_bytes,
    whole,
)

SECOND = 1_000_000_000


@pytest.fixture
def tiny(make, tmp_path):
    """Two hosts and a switch: host 0 computes 2 s and sends 10 B to host 1; one is lost."""
    tables = {
        'nodes': {
            'node': [0, 1, 2],
            'kind': ['host', 'host', 'switch'],
            'role': ['worker', 'server', ''],
            'x': [0.0, 1.0, 0.5],
            'y': [0.0, 0.0, 0.5],
        },
        'spans': {
            'device': [0, 0, 1],
            'activity': ['compute', 'wait', 'wait'],
            'operation': ['gradient', 'model', 'gradient'],
            'step': [1, 1, 1],
            'start_ns': [0, 2 * SECOND, 0],
            'end_ns': [2 * SECOND, 3 * SECOND, 4 * SECOND],
        },
        'messages': {
            'message': [0, 1, 2],
            'kind': ['gradient', 'gradient', 'model'],
            'source': [0, 0, 1],
            'target': [1, 1, 0],
            'bytes': [10.0, 5.0, 20.0],
            'step': [1, 1, 1],
            'collective': [-1, -1, -1],
            'attempt': [0, 0, 0],
            'sent_ns': [2 * SECOND, 2 * SECOND, 3 * SECOND],
            'started_ns': [2 * SECOND, int(2.5 * SECOND), 3 * SECOND],
            'delivered_ns': [3 * SECOND, -1, 4 * SECOND],
        },
        'links': {
            'link': [0, 1, 2, 3],
            'source': [0, 2, 1, 2],
            'target': [2, 1, 2, 0],
            'bandwidth_bps': [80.0, 80.0, 80.0, 160.0],
            'latency_ns': [0, 0, 0, 0],
            'bytes': [15.0, 10.0, 20.0, 20.0],
            'messages': [2, 1, 1, 1],
            'busy_ns': [2 * SECOND, SECOND, SECOND, SECOND],
        },
        'routes': {
            'source': [0, 0, 1, 1],
            'target': [1, 1, 0, 0],
            'hop': [0, 1, 0, 1],
            'link': [0, 1, 2, 3],
        },
    }
    summary = {'simulated_seconds': 5.0, 'messages': 3, 'bytes': 35.0, 'predicted': {'bytes': 30.0}}
    return read_run(make(tmp_path / 'run', tables=tables, summary=summary))


def test_seconds_of_each_device_add_up_to_the_simulated_time(tiny):
    table = activity_seconds(tiny)

    columns = ['compute', 'transfer', 'wait', 'other']
    assert table.loc[0, columns].tolist() == [2.0, 2.0, 0.0, 1.0]
    assert table.loc[1, columns].tolist() == [0.0, 2.0, 2.0, 1.0]
    assert table['role'].tolist() == ['worker', 'server']


def test_shares_add_up_to_one(tiny):
    shares = activity_shares(group([tiny])[0])

    assert shares.loc['worker', 'compute'] == pytest.approx(0.4)
    assert shares['devices'].tolist() == [1, 1]
    np.testing.assert_allclose(shares.drop(columns='devices').sum(axis=1), 1.0)


def test_spans_of_the_beginning(tiny):
    assert spans_until(tiny, 1.0)['device'].tolist() == [0, 1]


def test_traffic_by_pair_and_by_node(tiny):
    assert whole(tiny)
    assert matrix(tiny).tolist() == [[0.0, 15.0], [20.0, 0.0]]
    nodes = by_node(tiny)
    assert nodes['sent'].tolist() == [15.0, 20.0]
    assert nodes['received'].tolist() == [20.0, 15.0]


def test_links_carry_their_share_of_what_they_could(tiny):
    links = by_link(tiny)

    assert links['name'].tolist()[0] == 'server 1 → switch 2'
    assert links['utilisation'].tolist() == pytest.approx([0.4, 0.2, 0.3, 0.2])
    assert links['busy'].tolist() == pytest.approx([0.2, 0.2, 0.4, 0.2])


def test_thinned_messages_make_way_for_the_hosts_own_links(make, tmp_path, tiny):
    tables = {'nodes': dict(tiny.table('nodes')), 'links': dict(tiny.table('links'))}
    run = read_run(make(tmp_path / 'thin', tables=tables, summary=dict(tiny.summary)))

    assert not whole(run)
    assert by_node(run)['sent'].tolist() == [15.0, 20.0]
    assert by_node(run)['received'].tolist() == [20.0, 10.0]  # the lost message never came


def test_latency_is_split_for_what_arrived(tiny):
    found = latency([tiny])

    assert {part: one.size for part, one in found.items()} == dict.fromkeys(found, 2)
    assert found['total'].mean == 1.0
    assert found['flight'].zeros == 2
    # 10 B/s: the first arrives as fast as can be; the second's 20 B took half the time they need
    assert found['serialization'].mean == 1.0
    assert found['queueing'].zeros == 2


def test_measured_beside_predicted(tiny):
    row = predictions(group([tiny])[0]).loc['bytes']

    assert row.to_dict() == {'predicted': 30.0, 'measured': 35.0, 'ratio': pytest.approx(7 / 6)}


durations = st.lists(st.integers(0, 10**12), min_size=1, max_size=60)


@given(durations, st.floats(0.01, 1.0))
@settings(max_examples=60)
def test_quantiles_are_right_to_a_bin(values, share):
    array = np.array(values, np.int64)
    exact = np.quantile(array, share, method='inverted_cdf') / 1e9

    assert Distribution.of(array).quantile(share) == pytest.approx(exact, rel=0.011)


@given(durations, durations)
@settings(max_examples=30)
def test_distributions_add_up(first, second):
    both = Distribution.of(np.array(first)) + Distribution.of(np.array(second))

    whole = Distribution.of(np.array(first + second))
    assert both.size == whole.size == len(first) + len(second)
    assert both.mean == pytest.approx(np.mean(first + second) / 1e9)
    np.testing.assert_array_equal(both.counts, whole.counts)


def test_steps_stay_few_and_end_at_one():
    many = Distribution.of(np.random.default_rng(1).integers(1, 10**12, 20_000))

    steps = many.steps(most=300)

    assert len(steps) <= 300
    assert steps['share'].iloc[-1] == 1.0
    assert steps['seconds'].is_monotonic_increasing
    assert np.isnan(Distribution.empty().quantile(0.5))


def test_a_collective_knows_its_time_and_bandwidth(sizes):
    runs = {(run.variant, vector_bytes(run)): run for run in load(sizes).runs}
    run = runs['ring', 1e6]

    assert is_collective(run)
    assert ranks(run) == 4
    # 2 (m - 1) (alpha + n / m beta) with alpha 100 us and 1 Gb/s
    assert call_seconds(run) == pytest.approx(6 * (1e-4 + 2.5e5 / 1.25e8))
    assert bus_bandwidth(run) == pytest.approx(1.5 * 1e6 / call_seconds(run))
    assert len(first_call(run)) == 6 * 4
