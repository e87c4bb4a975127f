"""Tensor parallelism in time: closed forms, learning as on one device, memory, crashes."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.collectives import PREDICTIONS, Ranks
from simulator.scenario.known import predicted
from tests.simulator.training.conftest import messages, model, run, short_run, table

ALPHA, BETA, SPEED = 10e-6, 8e-10, 1e9
LINK = {'bandwidth': '10 Gb/s', 'latency': '5 us'}
BATCH, FLOAT = 32, 4
FREE = {'bandwidth': '1e9 Gb/s', 'latency': '0 s'}


def scenario(*, workers=4, cluster=None, hidden=(16, 16), kind=None, learning=None, **options):
    world = {'topology': {'star': {'workers': workers}}, 'link': LINK, **(cluster or {})}
    kind = kind or {'tensor_parallel': options}
    return short_run(kind, world, width=8, hidden=hidden, learning=learning)


def gathering(block):
    """Return the seconds of a ring's all-gather of blocks of so many numbers, over 4."""
    return 3 * (ALPHA + BATCH * FLOAT * block * BETA)


def adding(name, numbers):
    return PREDICTIONS[name](Ranks(4), BATCH * FLOAT * numbers, ALPHA, BETA).seconds


def forward(*widths):
    """Return the flops of a sample: products and bends (hidden units alone)."""
    products = 2 * sum(a * b for a, b in pairwise(widths))
    return products + sum(widths[1:-1])


@pytest.mark.parametrize('algorithm', ['ring', 'halving_doubling', 'tree'])
def test_a_step_of_columns_is_that_of_its_closed_form(tmp_path, algorithm):
    summary = run(scenario(split='columns', algorithm=algorithm), tmp_path)
    talk = 2 * gathering(4) + gathering(2) + 2 * adding(algorithm, 16)
    work = 3 * BATCH * forward(8, 16, 16, 8) / 4 / SPEED
    assert summary['measured']['step_seconds'] == pytest.approx(work + talk, rel=1e-6)
    assert summary['predicted']['step_seconds'] == pytest.approx(work + talk, rel=1e-6)
    assert summary['tensor_parallel']['communication_share'] == pytest.approx(
        talk / (work + talk), rel=1e-6
    )


def test_a_step_of_rows_is_that_of_its_closed_form(tmp_path):
    summary = run(scenario(split='rows'), tmp_path)
    talk = 2 * adding('ring', 16) + adding('ring', 8) + 2 * gathering(4)
    # sums are bent by everybody
    work = 3 * BATCH * (forward(8, 16, 16, 8) / 4 + 2 * 16 * 3 / 4) / SPEED
    assert summary['measured']['step_seconds'] == pytest.approx(work + talk, rel=1e-6)
    assert summary['predicted']['step_seconds'] == pytest.approx(work + talk, rel=1e-6)


def test_a_step_of_pairs_is_that_of_its_closed_form(tmp_path):
    made = scenario(hidden=(64, 8, 64), split='alternating')
    summary = run(made, tmp_path)
    talk = 3 * adding('ring', 8)  # two forward, one back: nobody asks for the inputs' gradient
    work = 3 * BATCH * (forward(8, 64, 8, 64, 8) / 4 + 8 * 3 / 4) / SPEED
    assert summary['measured']['step_seconds'] == pytest.approx(work + talk, rel=1e-6)
    assert summary['bytes'] == 3 * 3 * 2 * 3 * BATCH * FLOAT * 8
    assert summary['tensor_parallel']['all_reduces'] == 3
    spans = table(tmp_path, 'spans')
    took = (spans['end_ns'] - spans['start_ns']).groupby(spans['operation']).sum()
    assert took['backward'] == pytest.approx(2 * took['forward'], rel=1e-3)
    assert took['all_reduce'] / 4 / 3 * 1e-9 == pytest.approx(talk, rel=1e-3)


@settings(max_examples=12)
@given(
    st.sampled_from(['columns', 'rows', 'alternating']),
    st.integers(1, 3),
    st.integers(1, 3),
    st.lists(st.integers(1, 12), max_size=3),
    st.sampled_from(['ring', 'butterfly', 'all_to_all', 'double_binary_tree']),
    st.sampled_from(['ring', 'direct', 'bruck']),
)
def test_traffic_is_as_predicted(
    tmp_path_factory, split, degree, replicas, hidden, algorithm, gather
):
    how = {'split': split, 'degree': degree, 'algorithm': algorithm, 'gather': gather}
    how['data_parallel'] = {'algorithm': algorithm}
    made = scenario(workers=degree * replicas, hidden=hidden, **how)
    summary = run(made, tmp_path_factory.mktemp('run'))
    before = predicted(made)
    for name in ('bytes', 'messages'):
        assert summary[name] == pytest.approx(before[name])
        assert summary['predicted'][name] == before[name]
    # uneven blocks make the closed form a little slow
    if 'step_seconds' in before:
        assert summary['measured']['step_seconds'] <= before['step_seconds'] * (1 + 1e-6)
        assert summary['measured']['step_seconds'] >= before['step_seconds'] * 0.7


LESSONS = {
    'adam': {'optimizer': {'adam': {'rate': 0.01}}, 'regularization': {'l2': 0.01}},
    'momentum': {
        'optimizer': {'momentum': {'rate': 0.1}},
        'model': {'mlp': {'hidden': [7, 5], 'batch_norm': True, 'dropout': 0.2}},
    },
    'transformer': {
        'data': 'digits',
        'model': {'transformer': {'width': 12, 'heads': 3, 'feed_forward': 10}},
    },
}


@pytest.mark.parametrize('split', ['columns', 'rows', 'alternating'])
@pytest.mark.parametrize('lesson', LESSONS)
def test_it_learns_as_one_device_does(tmp_path, lesson, split):
    learning = LESSONS[lesson]
    one = run(scenario(workers=3, learning=learning, split=split), tmp_path / 'split')
    alone = scenario(workers=1, learning=learning, kind={'all_reduce': {}})
    other = run(alone, tmp_path / 'alone')
    np.testing.assert_allclose(
        model(tmp_path / 'split'), model(tmp_path / 'alone'), rtol=1e-3, atol=1e-5
    )
    assert one['test_loss'] == pytest.approx(other['test_loss'], rel=1e-4)


def test_a_team_of_one_is_one_device_to_the_bit(tmp_path):
    learning = {'optimizer': {'momentum': {'rate': 0.1}}}
    kinds = [{'tensor_parallel': {}}, {'all_reduce': {}}]
    one, other = (
        run(scenario(workers=1, learning=learning, kind=kind), tmp_path / str(k))
        for k, kind in enumerate(kinds)
    )
    np.testing.assert_array_equal(model(tmp_path / '0'), model(tmp_path / '1'))
    assert one['simulated_seconds'] == pytest.approx(other['simulated_seconds'])
    assert one['bytes'] == 0


def test_replicas_learn_as_an_all_reduce_does(tmp_path):
    both = [
        scenario(workers=4, degree=2, data_parallel={'algorithm': 'halving_doubling'}),
        scenario(workers=2, kind={'all_reduce': {}}),
    ]
    one, other = (run(made, tmp_path / str(k)) for k, made in enumerate(both))
    np.testing.assert_allclose(model(tmp_path / '0'), model(tmp_path / '1'), rtol=1e-4, atol=1e-6)
    assert one['train_loss'] == pytest.approx(other['train_loss'], rel=1e-5)
    # blocks are sent once, what both devices hold twice; on either way 16 sums, 8 parts and sums
    sent = table(tmp_path / '0', 'messages').groupby('kind')['bytes'].sum()
    assert sent['gradient_all_reduce'] == pytest.approx(other['bytes'] + 3 * 2 * FLOAT * (16 + 8))
    assert one['bytes'] == pytest.approx(sent.sum())


def test_what_is_near_in_the_topology(tmp_path):
    boxes = {'topology': {'gpu_nodes': {'workers': 4, 'per_box': 2}}}
    for neighbours in ('blocks', 'replicas'):
        folder = tmp_path / neighbours
        run(scenario(cluster=boxes, degree=2, neighbours=neighbours), folder)
        sent = table(folder, 'messages')
        same_box = sent['source'] // 2 == sent['target'] // 2
        within = sent['kind'] != 'gradient_all_reduce'
        assert (same_box == within).all() == (neighbours == 'blocks')
        assert (same_box != within).all() == (neighbours == 'replicas')


def test_devices_by_option(tmp_path):
    run(scenario(degree=2, devices=[3, 0, 1, 2]), tmp_path)
    sent = table(tmp_path, 'messages')
    ways = sent[sent['kind'] != 'gradient_all_reduce'][['source', 'target']].to_numpy()
    assert {tuple(sorted(way)) for way in ways.tolist()} == {(0, 3), (1, 2)}


def test_the_slowest_device_sets_the_pace(tmp_path):
    slow = {'overrides': {'devices': {'2': {'speed': '0.5 Gflop/s'}}}, 'link': FREE}
    plain = run(scenario(cluster={'link': FREE}), tmp_path / 'a')
    halved = run(scenario(cluster=slow), tmp_path / 'b')
    assert halved['simulated_seconds'] == pytest.approx(2 * plain['simulated_seconds'], rel=1e-6)
    np.testing.assert_array_equal(model(tmp_path / 'a'), model(tmp_path / 'b'))


def test_stragglers_change_the_time_and_no_value(tmp_path):
    law = {'stragglers': {'lognormal': {'sigma': 0.5}}}
    plain = run(scenario(), tmp_path / 'a')
    late = run(scenario(cluster=law), tmp_path / 'b')
    assert late['simulated_seconds'] > plain['simulated_seconds']
    np.testing.assert_array_equal(model(tmp_path / 'a'), model(tmp_path / 'b'))


def test_memory_is_shared_out_and_enforced(tmp_path):
    made = {p: run(scenario(workers=p, hidden=[16]), tmp_path / str(p)) for p in (1, 2)}
    # parameters and their gradients; inputs, flattened, and hidden units before and after the bend
    alone = FLOAT * (2 * (8 * 16 + 16 + 16 * 8 + 8) + BATCH * (8 + 8 + 16 + 16))
    pair = FLOAT * (2 * (8 * 8 + 8 + 8 * 8 + 8) + BATCH * (8 + 8 + 8 + 8))
    assert made[1]['tensor_parallel']['peak_memory'] == alone
    assert made[2]['tensor_parallel']['peak_memory'] == pair
    limit = {'device': {'memory': f'{pair} B'}}
    run(scenario(workers=2, hidden=[16], cluster=limit), tmp_path / 'fits')
    (message,) = messages(scenario(workers=1, hidden=[16], cluster=limit))
    assert message == (
        f'device 0 needs {alone:.6g} bytes at once and has {pair:.6g}; take a larger degree or '
        'smaller mini-batches'
    )


def test_a_model_that_stands_for_a_larger_one(tmp_path):
    larger = {'stands_for': {'parameters': '496 k', 'flops': '1 Gflop'}}
    small, large = (
        run(scenario(learning=learning), tmp_path / str(k))
        for k, learning in enumerate([{}, larger])
    )
    factor = 496e3 / len(model(tmp_path / '0'))
    assert large['bytes'] == pytest.approx(factor * small['bytes'])
    assert large['predicted']['step_seconds'] == pytest.approx(large['measured']['step_seconds'])


def test_a_crash_breaks_the_step_off_and_changes_no_value(tmp_path):
    quiet = run(scenario(degree=2), tmp_path / 'a')
    when = {'devices': 1, 'at': '20 us', 'until': '100 us'}
    broken = run(scenario(degree=2, cluster={'faults': [{'churn': when}]}), tmp_path / 'b')
    assert broken['simulated_seconds'] == pytest.approx(quiet['simulated_seconds'] + 100e-6)
    np.testing.assert_array_equal(model(tmp_path / 'a'), model(tmp_path / 'b'))


@pytest.mark.parametrize(
    ('options', 'wrong'),
    [
        ({'degree': 3}, r'4 workers are not whole teams of degree\(=3\); change either'),
        ({'devices': [0, 1]}, 'must name each of the 4 workers once'),
        ({'learning': {'model': 'cnn', 'data': 'digits'}}, "'convolution', a product that .* take"),
        ({'learning': {'model': 'gru', 'data': 'digits'}}, "'gru', a product that .* take mlp"),
        ({'learning': {'regularization': {'clip_norm': 2.0}}}, r'\(=2\) needs .* take clip_value'),
        ({'learning': {'regularization': {'max_norm': 2.0}}}, r'\(=2\) needs .* take l2'),
        ({'degree': 2, 'learning': {'batch': [8, 16]}}, 'needs one size of mini-batches'),
    ],
)
def test_what_does_not_fit_is_told_before(options, wrong):
    (message,) = messages(scenario(**options))
    assert re.search(wrong, message)


@pytest.mark.parametrize('name', ['mlp', 'transformer'])
def test_alone_a_device_holds_what_a_pipeline_of_one_stage_holds(tmp_path, name):
    learning = {'model': name, 'data': 'digits'}
    kinds = [{'tensor_parallel': {}}, {'pipeline': {'stages': 1}}]
    one, other = (
        predicted(scenario(workers=1, learning=learning, kind=kind))['peak_memory']
        for kind in kinds
    )
    assert one == other
