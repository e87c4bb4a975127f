"""Captions say what their figure shows."""

from __future__ import annotations

import pytest

from analysis.load import load
from analysis.report.collectives import collective_blocks
from analysis.report.delays import latency_blocks
from analysis.report.learning import learning_blocks
from analysis.report.study import Study
from analysis.report.timing import timing_blocks
from analysis.report.traffic import prediction_blocks, traffic_blocks


def captions(blocks):
    return {block.key: ' '.join(block.caption.striptags().split()) for block in blocks}


@pytest.fixture(scope='module')
def learned(healthy):
    return Study.of(load(healthy))


def test_equal_curves_are_said_to_coincide(learned):
    told = captions(learning_blocks(learned))

    assert 'Against rounds the curves coincide' in told['test-accuracy']
    assert 'band: least to greatest seed' in told['test-loss']
    assert 'a mark for each seed' in told['target']
    assert 'train-loss' not in told


def test_unequal_curves_are_said_to_be_apart(make_training, tmp_path):
    for name, ceiling in (('ring a', 0.9), ('ring b', 0.5)):
        options = {'workers': 2, 'rounds': 8, 'ceiling': ceiling}
        make_training(tmp_path / name, name, 1, **options)

    told = captions(learning_blocks(Study.of(load(tmp_path))))

    assert 'After equally many rounds they are up to 0.' in told['test-accuracy']
    assert 'band' not in told['test-accuracy']


def test_time_is_told_by_activity_and_by_round(learned):
    told = captions(timing_blocks(learned))

    assert 'With parameter server a worker spends' in told['activity']
    assert 'A round of parameter server takes' in told['gantt']
    assert 'times as long as the fastest' in told['gantt']


def test_the_busiest_host_and_link_are_named(learned):
    told = captions(traffic_blocks(learned))

    assert 'the busiest, server 4, carries 160 MB, 4.0 times the median' in told['nodes']
    assert 'with ring all-reduce all carry the same, 60 MB each' in told['nodes']
    assert 'server 4 → switch 5 is used at' in told['links']
    assert 'diamonds servers' in told['map']


def test_queueing_is_told_where_there_is_some(learned):
    told = captions(latency_blocks(learned))['latency']

    assert 'With parameter server, half arrive within' in told
    assert '% of the delay is queueing' in told
    assert 'With ring all-reduce, half arrive within 1.1 ms and 99 % within 1.1 ms.' in told


def test_the_figure_furthest_from_its_closed_form_is_named(make, tmp_path):
    summary = {'bytes': 100.0, 'rounds': 3, 'predicted': {'bytes': 100.0, 'rounds': 2.0}}
    study = Study.of(load(make(tmp_path / 'run', summary=summary)))

    told = captions(prediction_blocks(study))['predicted']

    assert told.startswith('1 of 2 figures are within 0.1 % of their closed form; furthest')
    assert 'rounds of made-up, 1.5 times the prediction' in told


def test_long_collectives_are_said_to_be_cut(make_collective, tmp_path):
    make_collective(tmp_path / 'short', 'round_robin', 1e6, workers=4)
    make_collective(tmp_path / 'long', 'ring', 1e6, workers=16)

    told = captions(collective_blocks(Study.of(load(tmp_path))))

    assert 'Only the first steps of ring are drawn' in told['steps']
    assert 'is fastest' in told['calls']


def test_nothing_is_drawn_of_what_was_not_recorded(make, tmp_path):
    study = Study.of(load(make(tmp_path / 'run')))

    assert not [
        block
        for blocks in (learning_blocks, timing_blocks, traffic_blocks, latency_blocks)
        for block in blocks(study)
    ]
    assert not collective_blocks(study)
    assert not prediction_blocks(study)
