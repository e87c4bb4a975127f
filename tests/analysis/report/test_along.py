"""Learning along a varied number: sentences and figures, recomputed from the runs."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.groups import group
from analysis.load import load
from analysis.metrics import reach
from analysis.report.along import along_blocks, along_headlines, scaling_blocks, scaling_evidence
from analysis.report.answer import headlines
from analysis.report.evidence import evidence
from analysis.report.study import Study
from analysis.statistics import paired_ratio
from analysis.text import quantity

KEY = 'cluster.topology.star.workers'


@pytest.fixture(scope='module')
def grown(make_training, tmp_path_factory):
    """A server and a ring over two and four workers, two seeds each."""
    home = tmp_path_factory.mktemp('grown')
    for variant in ('server', 'ring'):
        for count in (2, 4):
            for seed in (1, 2):
                vary = {KEY: count, 'seed': seed}
                folder = home / f'{variant}-{count}-{seed}'
                make_training(folder, variant, seed, workers=count, rounds=24, vary=vary)
    return Study.of(load(home))


def seconds(study, label):
    [g] = [g for g in study.groups if g.label == label]
    return {run.seed: reach(run, study.target).seconds for run in g.runs}


def test_who_is_first_is_told_value_by_value(grown):
    [told] = [sentence.striptags() for sentence in along_headlines(grown)]

    assert [one.label for one in grown.lines] == ['ring', 'server']
    for count in (2, 4):
        ring, server = (seconds(grown, f'{name}, workers {count}') for name in ('ring', 'server'))
        ratio = paired_ratio(server, ring)
        assert ratio.tells_apart
        took = quantity(np.mean(list(ring.values())), 'seconds')
        assert f'with workers = {count} ring is first ({took}, ' in told
    assert told.endswith('(means of 2 seeds).')
    assert headlines(grown) == []
    assert not any('times as long' in sentence for sentence in evidence(grown))


def test_one_seed_names_no_winner(grown):
    runs = [run for run in grown.runs if run.seed == 1]
    one = Study(group(runs), (), (), ())

    [told] = [sentence.striptags() for sentence in along_headlines(one)]

    assert told.startswith('In one run each, to a test accuracy')
    assert told.endswith('; but one seed names no winner.')
    assert 'is soonest' in told
    assert 'is first' not in told


def test_one_line_is_told_from_value_to_value(grown):
    rings = Study(group([run for run in grown.runs if run.variant == 'ring']), (), (), ())

    [told] = [sentence.striptags() for sentence in along_headlines(rings)]

    two = quantity(np.mean(list(seconds(rings, 'workers 2').values())), 'seconds')
    assert f'{two} with workers = 2' in told
    assert 'The soonest is with workers = 2.' in told


def test_the_speed_up_is_that_of_the_seeds(grown):
    [told] = [sentence.striptags() for sentence in scaling_evidence(grown)]
    gain = paired_ratio(seconds(grown, 'ring, workers 2'), seconds(grown, 'ring, workers 4')).value

    assert told.startswith('From 2 to 4 workers the speed-up to the target is ')
    assert f'{gain:.2f} with ring (efficiency {100 * gain / 2:.0f} %)' in told


def test_lines_have_looks_of_their_own(grown):
    indices = {one.index for one in grown.lines}
    assert not indices & {g.index for g in grown.groups}


def test_figures_switch_their_axis_and_hold_their_data(grown):
    [along] = along_blocks(grown)
    [scaling] = scaling_blocks(grown)

    assert [panel.axis for panel in along.panels] == ['seconds', 'rounds', 'bytes']
    assert len(along.data) == 8
    assert [panel.title for panel in scaling.panels] == ['speed-up', 'efficiency']
    assert scaling.data['workers'].tolist() == [2, 4, 2, 4]


def test_without_a_varied_number_there_are_no_lines(healthy):
    study = Study.of(load(healthy))

    assert study.lines == ()
    assert not [*along_headlines(study), *along_blocks(study), *scaling_blocks(study)]
    assert scaling_evidence(study) == []
