"""Reports of models that are split over devices: what they say is what the runs did."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from analysis.groups import group
from analysis.load import load
from analysis.metrics.splits import bubble_share, least_bubble_share, peak_memory
from analysis.report.along import along_headlines
from analysis.report.evidence import evidence
from analysis.report.page import page
from analysis.report.splits import split_blocks, split_evidence, split_headlines
from analysis.report.study import Study
from analysis.text import quantity, share
from simulator.execution import execute
from simulator.recording import Identity, RunFolder
from simulator.scenario import RunSpec

KEY = 'training.pipeline.micro_batches'


def scenario(schedule, micro_batches):
    return {
        'name': 'split',
        'stop': {'rounds': 10},
        'evaluate': {'every': '10 rounds'},
        'cluster': {
            'topology': {'line': {'workers': 4}},
            'link': {'bandwidth': '100 Gb/s', 'latency': '5 us'},
            'device': {'speed': '1 Gflop/s'},
        },
        'learning': {
            'data': 'digits',
            'model': {'mlp': {'hidden': [64, 64, 64, 64]}},
            'batch': 64,
            'optimizer': {'sgd': {'rate': 0.1}},
        },
        'training': {
            'pipeline': {
                'stages': 4,
                'layers': [3, 2, 2, 3],
                'micro_batches': micro_batches,
                'schedule': schedule,
            }
        },
    }


@pytest.fixture(scope='module')
def home(tmp_path_factory):
    root, number = tmp_path_factory.mktemp('runs'), 0
    for schedule in ('fill_drain', 'one_forward_one_backward'):
        for micro_batches in (1, 8):
            vary = {KEY: micro_batches}
            spec = RunSpec.of(scenario(schedule, micro_batches), schedule, vary)
            key = f'{number:012x}'
            number += 1
            identity = Identity(key, 'split', schedule, vary, spec.seed, spec.yaml)
            folder = root / 'split' / schedule / key
            with RunFolder(folder).writing(identity) as run:
                run.finish(execute(SimpleNamespace(scenario=spec.scenario), folder))
    return root


@pytest.fixture(scope='module')
def split(home):
    return Study.of(load([home]))


def one(split, schedule, micro_batches):
    [run] = [
        run for run in split.runs if run.variant == schedule and run.vary == {KEY: micro_batches}
    ]
    return run


def test_the_bubble_is_told_once_where_schedules_agree(split):
    [told] = [sentence.striptags() for sentence in split_headlines(split)]
    runs = [one(split, 'fill_drain', count) for count in (1, 8)]
    for run in runs:
        assert bubble_share(run) >= least_bubble_share(run) > 0
        measured, least = share(bubble_share(run)), share(least_bubble_share(run))
        beside = f' ({least} with equal stages, free links)' * (measured != least)
        assert f'for {measured}{beside}' in told.replace(' of a step', '')
    assert told.startswith('Devices stand still for ')
    assert told.index('micro batches = 1') < told.index('with 8.')


def test_who_takes_equally_long_is_not_told_first(split):
    [told] = [sentence.striptags() for sentence in along_headlines(split)]
    assert told.endswith('fill_drain and one_forward_one_backward take equally long.')
    assert 'sooner' not in told
    [alike] = [text for text in evidence(split) if text.startswith('All end')]
    accuracy = one(split, 'fill_drain', 1).summary['test_accuracy']
    assert alike == f'All end at the same test accuracy: {accuracy:.3f}.'


def test_memory_is_told_from_end_to_end(split):
    [told] = [sentence.striptags() for sentence in split_evidence(split)]
    few, many = (peak_memory(one(split, 'one_forward_one_backward', n)) for n in (1, 8))
    assert few > many
    ends = quantity(few, 'bytes'), quantity(many, 'bytes')
    assert f'{ends[0]} (micro batches 1) to {ends[1]} (8) with one_forward' in told
    same = quantity(peak_memory(one(split, 'fill_drain', 8)), 'bytes')
    assert told.startswith(f'At most, a device holds {same} with fill_drain and ')


def test_the_figure_holds_both_and_its_data(split):
    [block] = split_blocks(split)
    assert [panel.title for panel in block.panels] == [
        'share of a step that devices stand still',
        'most that a device holds',
    ]
    data = block.data.set_index(['variant', 'micro batches'])
    run = one(split, 'one_forward_one_backward', 8)
    row = data.loc[('one_forward_one_backward', 8)]
    assert row['bubble_share'] == bubble_share(run)
    assert row['peak_memory'] == peak_memory(run)
    assert row['bubble_share_closed_form'] == pytest.approx(3 / 11)


def test_without_a_varied_number_each_is_told_by_itself(split):
    runs = [run for run in split.runs if run.vary == {KEY: 8}]
    alone = Study(group(runs), (), (), ())
    assert split_headlines(alone) == split_blocks(alone) == []
    bubble, memory = (sentence.striptags() for sentence in split_evidence(alone))
    assert bubble.startswith('Of a step, devices wait for their pipeline to fill and drain: ')
    for run in runs:
        assert quantity(peak_memory(run), 'bytes') in memory


def test_the_page_has_it(split, tmp_path):
    html = page(split, tmp_path / 'report.html').text
    assert 'What a split costs' in html
    assert 'Devices stand still for' in html
    assert '>bubble<' in html.replace('\n', '')


def test_others_are_not_split(healthy):
    whole = Study.of(load(healthy))
    found = [figure(run) for run in whole.runs for figure in (bubble_share, peak_memory)]
    assert np.isnan(found).all()
    assert not [*split_headlines(whole), *split_evidence(whole), *split_blocks(whole)]
