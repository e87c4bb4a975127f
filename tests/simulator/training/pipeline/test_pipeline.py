"""Pipelines in time: the bubble to its closed form, gradients as on one device, memory, crashes."""

import re

import numpy as np
import pytest

from simulator.training.pipeline.schedules import SCHEDULES, bubble_share
from tests.simulator.training.conftest import messages, model, run, short_run, table

FREE = {'bandwidth': '1e9 Gb/s', 'latency': '0 s'}


def scenario(*, workers=4, cluster=None, hidden=(10, 10), kind=None, learning=None, **options):
    world = {'topology': {'ring': {'workers': workers}}, 'link': FREE, **(cluster or {})}
    kind = kind or {'pipeline': options}
    return short_run(kind, world, width=10, hidden=hidden, learning=learning)


@pytest.mark.parametrize('schedule', SCHEDULES)
@pytest.mark.parametrize(('stages', 'micro_batches'), [(3, 1), (3, 8), (1, 4)])
def test_the_bubble_of_equal_stages_on_free_links(tmp_path, schedule, stages, micro_batches):
    # three layers of 10 x 10; the last one bends nothing, so its device may be slower
    slower = {'overrides': {'devices': {'2': {'speed': f'{1e9 * 200 / 210:.3f} flop/s'}}}}
    options = {'stages': stages, 'micro_batches': micro_batches, 'schedule': schedule}
    equal = scenario(workers=stages, cluster=slower if stages > 1 else None, **options)
    summary = run(equal, tmp_path)
    share = bubble_share(stages, micro_batches)
    assert summary['predicted']['bubble_share'] == share
    assert summary['measured']['bubble_share'] == pytest.approx(share, abs=1e-9)
    spans = table(tmp_path, 'spans')
    took = (spans['end_ns'] - spans['start_ns']).groupby(spans['operation']).sum()
    assert took['backward'] == pytest.approx(2 * took['forward'], rel=1e-3)
    whole = took['forward'] + took['backward'] + took.get('bubble', 0)
    assert took.get('bubble', 0) / whole == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize('schedule', SCHEDULES)
@pytest.mark.parametrize('data', ['blobs', 'digits'])
def test_it_learns_as_one_device_does(tmp_path, schedule, data):
    learning = {
        'data': data,
        'model': {'cnn': {}} if data == 'digits' else {'mlp': {'hidden': [10, 10]}},
        'optimizer': {'momentum': {'rate': 0.1}},
        'regularization': {'l2': 0.01},
    }
    split = {'stages': 3, 'micro_batches': 5, 'schedule': schedule}
    run(scenario(workers=3, learning=learning, **split), tmp_path / 'split')
    alone = {'all_reduce': {}}
    run(scenario(workers=1, learning=learning, kind=alone), tmp_path / 'alone')
    one, other = model(tmp_path / 'split'), model(tmp_path / 'alone')
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_replicas_learn_as_an_all_reduce_does(tmp_path):
    split = {'stages': 2, 'micro_batches': 4}
    both = [
        scenario(workers=4, data_parallel={'algorithm': 'halving_doubling'}, **split),
        scenario(workers=2, kind={'all_reduce': {}}),
    ]
    one, other = (run(made, tmp_path / str(k)) for k, made in enumerate(both))
    np.testing.assert_allclose(model(tmp_path / '0'), model(tmp_path / '1'), rtol=1e-4, atol=1e-6)
    assert one['train_loss'] == pytest.approx(other['train_loss'], rel=1e-5)
    # each stage adds up its own parameters only, and sends activations and their gradients
    through = 3 * 2 * 2 * 32 * 4 * 10  # steps, replicas, ways, samples, bytes, units
    assert one['bytes'] == pytest.approx(other['bytes'] + through)


def test_replicas_or_stages_are_neighbours(tmp_path):
    boxes = {'topology': {'gpu_nodes': {'workers': 4, 'per_box': 2}}, 'link': {'latency': '5 us'}}
    for k, (neighbours, groups) in enumerate({'stages': 2, 'replicas': 2}.items()):
        split = {'stages': 2, 'micro_batches': 2, 'neighbours': neighbours}
        run(scenario(workers=4, cluster=boxes, **split), tmp_path / str(k))
        sent = table(tmp_path / str(k), 'messages')
        through = sent[sent['kind'].str.startswith('activation')]
        same_box = through['source'] // groups == through['target'] // groups
        assert same_box.all() == (neighbours == 'stages')
        assert same_box.any() == (neighbours == 'stages')


def test_devices_by_option(tmp_path):
    run(scenario(workers=3, stages=3, devices=[2, 0, 1]), tmp_path)
    sent = table(tmp_path, 'messages')
    ways = sent[sent['kind'] == 'activation'][['source', 'target']].to_numpy()
    assert {tuple(way) for way in ways.tolist()} == {(2, 0), (0, 1)}


def test_one_by_one_holds_fewer_micro_batches_in_less_memory(tmp_path):
    split = {'stages': 3, 'micro_batches': 8}
    first, second = (
        run(scenario(workers=3, schedule=each, **split), tmp_path / each)['pipeline']
        for each in SCHEDULES
    )
    assert (first['held_micro_batches'], second['held_micro_batches']) == (8, 3)
    # 110 parameters and their gradients; 4 samples each of inputs, flattened, and of the sums
    assert first['peak_memory'] == 4 * (220 + 8 * 4 * 30)
    assert second['peak_memory'] == 4 * (220 + 3 * 4 * 30)


def test_memory_is_checked_beforehand(tmp_path):
    split = {'stages': 3, 'micro_batches': 8}
    tight = {'device': {'memory': '3 kB'}}
    summary = run(scenario(workers=3, cluster=tight, **split), tmp_path)
    assert summary['predicted']['peak_memory'] == summary['pipeline']['peak_memory']
    assert messages(scenario(workers=3, cluster=tight, schedule='fill_drain', **split)) == [
        (
            'stage 0 needs 4720 bytes at once, device 0 has 3000; take more stages, smaller '
            'micro-batches, or the schedule one_forward_one_backward'
        )
    ]
    order = {'overrides': {'devices': {'1': {'memory': '1 kB'}}}}
    [message] = messages(scenario(workers=3, cluster=order, devices=[2, 1, 0], **split))
    assert message.startswith('stage 1 needs 1520 bytes at once, device 1 has 1000')


@pytest.mark.parametrize('key', ['clip_norm', 'clip_value'])
def test_micro_batches_are_not_clipped_one_by_one(key):
    learning = {'regularization': {key: 2.0}}
    [message] = messages(scenario(stages=2, micro_batches=4, learning=learning))
    assert message.startswith('(=2) would clip each of micro_batches(=4) by itself')
    assert messages(scenario(stages=2, micro_batches=1, learning=learning)) == []


def test_a_crash_breaks_the_step_off_and_changes_no_value(tmp_path):
    split = {'stages': 2, 'micro_batches': 4}
    quiet = run(scenario(**split), tmp_path / 'a')
    when = {'devices': 1, 'at': '20 us', 'until': '100 us'}
    broken = run(scenario(cluster={'faults': [{'churn': when}]}, **split), tmp_path / 'b')
    assert broken['simulated_seconds'] == pytest.approx(quiet['simulated_seconds'] + 100e-6)
    np.testing.assert_array_equal(model(tmp_path / 'a'), model(tmp_path / 'b'))


@pytest.mark.parametrize(
    ('options', 'wrong'),
    [
        ({'stages': 3}, r'4 workers are not whole pipelines of stages\(=3\)'),
        ({'stages': 4, 'layers': [2, 4]}, 'must name one number for each of 4 stages'),
        ({'stages': 2, 'layers': [2, 2]}, 'must add up to 6, the layers of the model'),
        ({'stages': 2, 'micro_batches': 33}, r'micro_batches\(=33\) must be at most 32'),
        ({'stages': 2, 'devices': [0, 1]}, 'must name each of the 4 workers once'),
    ],
)
def test_what_does_not_fit_is_told_before(options, wrong):
    (message,) = messages(scenario(**options))
    assert re.search(wrong, message)


def test_more_stages_than_layers():
    assert any('at most 6' in each for each in messages(scenario(workers=8, stages=8)))
