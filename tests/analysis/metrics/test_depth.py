"""Critical paths, use over time, latencies by route, scaling, fronts, staleness: by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.groups import group
from analysis.load import load, read_run
from analysis.metrics import (
    area,
    by_device,
    critical_path,
    critical_shares,
    curve,
    device_use,
    efficient,
    latency,
    link_use,
    nodes_range,
    round_windows,
    samples_per_second,
    scaling,
    simulated_seconds,
    staleness,
    workers,
)

MS = 1_000_000


def messages(*rows):
    names = ('source', 'target', 'bytes', 'sent_ns', 'started_ns', 'delivered_ns')
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    n = len(rows)
    return {
        'message': range(n), 'kind': ['model'] * n, 'step': [1] * n, 'collective': [-1] * n,
        'attempt': [0] * n, **columns,
    }  # fmt: skip


def spans(*rows):
    names = ('device', 'activity', 'start_ns', 'end_ns')
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    return {'operation': ['x'] * len(rows), 'step': [1] * len(rows), **columns}


def metrics(*rows):
    names = ('time_ns', 'step', 'device', 'metric', 'value')
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    return {'epoch': [0.0] * len(rows), **columns}


@pytest.fixture
def line(make, tmp_path):
    """Hosts 0, 1, 2 in a row: 1 kB/ms and 1 ms, then 2 kB/ms and 3 ms."""

    def build(**tables):
        ends = [(0, 1, 8e6, MS), (1, 0, 8e6, MS), (1, 2, 1.6e7, 3 * MS), (2, 1, 1.6e7, 3 * MS)]
        links = {
            'link': range(4), 'source': [e[0] for e in ends], 'target': [e[1] for e in ends],
            'bandwidth_bps': [e[2] for e in ends], 'latency_ns': [e[3] for e in ends],
            'bytes': [0.0] * 4, 'messages': [0] * 4, 'busy_ns': [0] * 4,
        }  # fmt: skip
        routes = {
            'source': [0, 0, 2, 2, 1, 2], 'target': [2, 2, 1, 0, 0, 0],
            'hop': [0, 1, 0, 0, 0, 1], 'link': [0, 2, 3, 3, 1, 1],
        }  # fmt: skip
        nodes = {
            'node': range(3), 'kind': ['host'] * 3, 'role': ['server', 'worker', 'worker'],
            'x': [0.0, 1.0, 2.0], 'y': [0.0] * 3,
        }  # fmt: skip
        count = len(tables.get('messages', {'bytes': []})['bytes'])
        summary = {'simulated_seconds': 0.1, 'messages': count, 'rounds': 1, 'epochs': 2.0}
        folder = tmp_path / f'{len(list(tmp_path.iterdir()))}'
        return read_run(
            make(
                folder,
                tables={'links': links, 'nodes': nodes, 'routes': routes, **tables},
                summary=summary,
            )
        )

    return build


def test_a_latency_is_split_by_what_its_route_promises(line):
    # 4 kB over both links: 4 ms in flight, 4 ms for its bytes, and 2 ms of company
    run = line(messages=messages((0, 2, 4e3, 0, 0, 10 * MS), (2, 1, 2e3, 0, 0, 4 * MS)))

    found = latency([run])

    assert found['total'].mean == pytest.approx(7e-3)
    assert found['flight'].mean == pytest.approx((4e-3 + 3e-3) / 2)
    assert found['serialization'].mean == pytest.approx((4e-3 + 1e-3) / 2)
    assert found['queueing'].mean == pytest.approx((2e-3 + 0) / 2)
    assert found['queueing'].zeros == 1


def test_parts_add_up_on_recorded_runs(healthy):
    found = latency(load(healthy).runs)

    parts = sum(found[part].mean for part in ('queueing', 'serialization', 'flight'))
    assert parts == pytest.approx(found['total'].mean, rel=1e-6)
    assert found['flight'].mean == pytest.approx(1e-4)


def test_a_critical_path_goes_back_from_what_ended_last(line):
    run = line(
        spans=spans(
            (1, 'compute', 0, 20 * MS),
            (2, 'compute', 0, 5 * MS),  # done early: not on the path
            (0, 'wait', 0, 30 * MS),
            (0, 'aggregate', 32 * MS, 40 * MS),
        ),
        messages=messages(
            (2, 0, 1.0, 5 * MS, 5 * MS, 15 * MS),
            (1, 0, 1.0, 20 * MS, 21 * MS, 30 * MS),
            (0, 1, 1.0, 40 * MS, 40 * MS, 44 * MS),
            (0, 2, 1.0, 40 * MS, 40 * MS, 50 * MS),
        ),
    )

    path = critical_path(run, 0.0, 0.05)

    assert path['activity'].tolist() == ['compute', 'transfer', 'wait', 'aggregate', 'transfer']
    assert path['device'].tolist() == [1, 0, 0, 0, 2]
    assert path['end'].tolist() == pytest.approx([0.02, 0.03, 0.032, 0.04, 0.05])


def test_a_path_is_cut_at_the_round_and_may_lack_a_cause(line):
    run = line(spans=spans((1, 'compute', 10 * MS, 30 * MS)))
    assert critical_path(run, 0.02, 0.03)['start'].tolist() == pytest.approx([0.02])
    assert critical_path(run, 0.0, 0.03)['activity'].tolist() == ['wait', 'compute']
    assert critical_path(run, 0.04, 0.05).empty


def test_stretches_of_a_path_touch_and_cover_the_round(healthy):
    for run in load(healthy).runs:
        for start, end in round_windows(run)[:3]:
            path = critical_path(run, start, end)
            np.testing.assert_allclose(path['start'][1:], path['end'][:-1], atol=1e-12)
            assert (path['start'].iloc[0], path['end'].iloc[-1]) == pytest.approx((start, end))


GOLDEN = Path(__file__).parents[2] / 'golden'


@pytest.fixture
def golden(make, tmp_path):
    """Return a run of `tests/golden`, and where its last round ends, s."""

    def build(name):
        tables = {
            table: {column: list(values) for column, values in frame.items()}
            for table in ('messages', 'spans')
            for frame in [pd.read_csv(GOLDEN / f'{name}.{table}.csv')]
        }
        end = max(*tables['spans']['end_ns'], *tables['messages']['delivered_ns'])
        summary = {'messages': len(tables['messages']['bytes'])}
        return read_run(make(tmp_path / name, tables=tables, summary=summary)), end / 1e9

    return build


def test_the_path_of_a_parameter_server_goes_through_its_slow_worker(golden):
    path = critical_path(golden('parameter_server')[0], 0.0, 0.059)

    # three models of 4 kB share 1 kB/ms; 3 x 12 ms of computing; one gradient alone; the update
    assert path['activity'].tolist() == ['transfer', 'compute', 'transfer', 'aggregate']
    assert path['device'].tolist() == [2, 2, 3, 3]
    took = path['end'] - path['start']
    assert took.tolist() == pytest.approx([0.014, 0.036, 0.006, 0.003])


def test_the_path_of_a_ring_waits_for_the_slowest_rank_every_round(golden):
    run, end = golden('all_reduce')
    path = critical_path(run, 0.0, end)

    computing = path[path['activity'] == 'compute']
    assert computing['device'].tolist() == [2, 2]
    assert (computing['end'] - computing['start']).tolist() == pytest.approx([0.036, 0.036])
    assert 'wait' not in {*path['activity']}
    # each round two steps are added up on the path, and four chunks travel 10/3 ms each
    lasting = (path['end'] - path['start']).groupby(path['activity']).sum()
    assert lasting['transfer'] == pytest.approx(8 * 0.01 / 3)
    assert lasting['reduce'] == pytest.approx(4 * 0.004 / 3)


def test_shares_of_critical_paths_add_up_to_one(healthy):
    for g in group(load(healthy).runs):
        assert critical_shares(g).sum() == pytest.approx(1.0)


def test_without_all_messages_there_is_no_path(line):
    run = line(spans=spans((1, 'compute', 0, MS)))
    assert critical_shares(group([run])[0]).empty


def test_devices_compute_for_their_share_of_each_stretch(line):
    run = line(spans=spans((1, 'compute', 0, 50 * MS), (2, 'compute', 0, 100 * MS)))

    use = device_use(run)

    assert len(use) == 60
    np.testing.assert_allclose(use['share'], [1.0] * 30 + [0.5] * 30)
    assert use['seconds'].iloc[0] == pytest.approx(0.1 / 120)


def test_links_are_used_by_bytes_that_flow_evenly(line):
    # host 2 can send 2 kB/ms: 50 kB in the first half are half of that
    run = line(messages=messages((2, 1, 5e4, 0, 0, 50 * MS), (2, 1, 1.0, 0, 0, -1)))

    np.testing.assert_allclose(link_use(run)['share'], [0.5] * 30 + [0.0] * 30)
    assert link_use(line()).empty


def test_use_over_time_agrees_with_what_was_used_in_all(healthy):
    for run in load(healthy).runs:
        table = run.table('spans', ['device', 'activity', 'start_ns', 'end_ns'])
        own = table[table['activity'] == 'compute']
        total = (own['end_ns'] - own['start_ns']).sum() / 1e9 / own['device'].nunique()
        assert device_use(run)['share'].mean() == pytest.approx(total / simulated_seconds(run))


def test_speed_up_is_seed_by_seed_against_the_fewest_workers(make_training, tmp_path):
    for count in (2, 4):
        for seed in (1, 2):
            name = tmp_path / f'{count}-{seed}'
            make_training(name, 'ring', seed, workers=count, rounds=8)
    groups = group(load(tmp_path).runs)

    table = scaling(groups, simulated_seconds)

    times = [[simulated_seconds(run) for run in g.runs] for g in groups]
    gain = np.sqrt(np.prod(np.array(times[0]) / np.array(times[1])))
    assert table['workers'].tolist() == [2, 4]
    assert table['speed_up'].tolist() == pytest.approx([1.0, gain])
    assert table['efficiency'].tolist() == pytest.approx([1.0, gain / 2])


def test_workers_are_hosts_that_take_part_and_do_not_serve(line):
    assert workers(line()) == 2
    assert samples_per_second(line()) == pytest.approx(20.0)


def test_the_area_is_the_mean_height(line):
    run = line(
        metrics=metrics(
            (0, 0, -1, 'test_accuracy', 0.0),
            (40 * MS, 1, -1, 'test_accuracy', 0.8),
            (40 * MS, 1, -1, 'bytes', 10.0),
            (80 * MS, 2, -1, 'test_accuracy', 0.8),
        )
    )

    assert area(run, 'test_accuracy') == pytest.approx(0.6)
    assert area(run, 'test_accuracy', until=0.04) == pytest.approx(0.4)
    assert area(run, 'test_accuracy', until=0.16) == pytest.approx(0.7)
    assert area(run, 'test_accuracy', x='rounds') == pytest.approx(0.6)
    assert np.isnan(area(run, 'test_accuracy', x='bytes'))
    assert np.isnan(area(run, 'val_loss'))
    assert len(curve(run)) == 3


def test_what_each_node_measured(line):
    run = line(
        metrics=metrics(
            (MS, 1, 0, 'test_accuracy', 0.5),
            (MS, 1, 1, 'test_accuracy', 0.6),
            (2 * MS, 2, 1, 'test_accuracy', 0.9),
            (MS, 1, 1, 'staleness', 2.0),
            (MS, 1, 2, 'staleness', 0.0),
            (2 * MS, 1, 2, 'staleness', 2.0),
        )
    )

    assert by_device(run, 'test_accuracy').index.tolist() == pytest.approx([1e-3, 2e-3])
    assert nodes_range(run) == (0.5, 0.9)
    assert np.isnan(nodes_range(run, 'test_loss')).all()
    assert staleness([run, run]).to_dict() == {0: 2, 2: 4}
    assert staleness([line()]).empty


def test_a_front_holds_what_nothing_beats():
    points = np.random.default_rng(3).integers(0, 6, (60, 3)).astype(float)

    front = efficient(points)

    for i, own in enumerate(points):
        beaten = any((other <= own).all() and (other < own).any() for other in points)
        assert front[i] == (not beaten)
    assert efficient([[1.0, np.nan], [2.0, 2.0]]).tolist() == [False, True]
    assert efficient(pd.DataFrame({'a': [1, 1]})).tolist() == [True, True]
