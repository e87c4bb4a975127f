from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.load import read_run
from analysis.metrics import band, curve, final, reach, round_ends, simulated_seconds
from analysis.metrics.targets import Target, best, choose_target


def records(*rows):
    names = ('time_ns', 'step', 'epoch', 'device', 'metric', 'value')
    return {'metrics': {name: [row[i] for row in rows] for i, name in enumerate(names)}}


@pytest.fixture
def tiny(make, tmp_path):
    """A run of two rounds that is evaluated thrice; device 4 has a metric of its own."""
    tables = records(
        (0, 0, 0.0, -1, 'test_accuracy', 0.1),
        (0, 0, 0.0, -1, 'bytes', 0.0),
        (2_000_000_000, 1, 0.5, -1, 'test_accuracy', 0.7),
        (2_000_000_000, 1, 0.5, -1, 'bytes', 100.0),
        (2_000_000_000, 1, 0.5, 4, 'test_accuracy', 0.99),
        (2_000_000_000, 1, 0.5, -1, 'round_seconds', 2.0),
        (5_000_000_000, 2, 1.0, -1, 'test_accuracy', 0.9),
        (5_000_000_000, 2, 1.0, -1, 'bytes', 200.0),
        (5_000_000_000, 2, 1.0, -1, 'round_seconds', 3.0),
    )
    return read_run(make(tmp_path / 'run', tables=tables, manifest={'status': 'running'}))


def test_a_curve_has_one_row_an_instant(tiny):
    found = curve(tiny)

    assert found['seconds'].tolist() == [0.0, 2.0, 5.0]
    assert found['rounds'].tolist() == [0, 1, 2]
    assert found['epochs'].tolist() == [0.0, 0.5, 1.0]
    assert found['test_accuracy'].tolist() == [0.1, 0.7, 0.9]
    assert found['bytes'].tolist() == [0.0, 100.0, 200.0]


def test_figures_of_a_run_without_a_summary_come_from_its_records(tiny):
    assert final(tiny, 'test_accuracy') == 0.9
    assert np.isnan(final(tiny, 'test_loss'))
    assert simulated_seconds(tiny) == 5.0
    assert round_ends(tiny).to_dict() == {1: 2.0, 2: 5.0}


def test_the_target_is_met_at_the_first_evaluation_beyond_it(tiny):
    assert reach(tiny, Target('test_accuracy', 0.7, given=True)) == (2.0, 1.0, 100.0)
    assert reach(tiny, Target('test_accuracy', 0.71, given=True)) == (5.0, 2.0, 200.0)
    assert np.isnan(reach(tiny, Target('test_accuracy', 0.95, given=True))).all()
    assert np.isnan(reach(tiny, Target('test_loss', 0.1, given=True))).all()
    assert best(tiny, 'test_accuracy') == 0.9


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=6), st.integers(1, 4))
@settings(max_examples=25)
def test_a_band_holds_every_seed_at_every_point(values, seeds):
    curves = [
        pd.DataFrame({'rounds': range(len(values)), 'y': np.array(values) + seed})
        for seed in range(seeds)
    ]
    found = band(curves, 'rounds', 'y')

    np.testing.assert_allclose(found['mean'], np.array(values) + (seeds - 1) / 2)
    np.testing.assert_allclose(found['high'] - found['low'], seeds - 1)


def test_a_band_ends_where_the_first_seed_does_and_stays_small():
    long = pd.DataFrame({'seconds': np.arange(5000.0), 'y': np.arange(5000.0)})
    short = pd.DataFrame({'seconds': [0.0, 10.5], 'y': [0.0, 10.5]})

    assert len(band([long], 'seconds', 'y')) == 200
    assert band([long, short], 'seconds', 'y')['seconds'].max() == 10.5
    assert band([long, pd.DataFrame({'seconds': [1.0]})], 'seconds', 'y').empty


def groups_of(make, folder, **accuracies):
    from analysis.groups import group

    runs = []
    for name, values in accuracies.items():
        for seed, value in enumerate(values):
            tables = records((1, 1, 1.0, -1, 'test_accuracy', value))
            manifest = {'variant': name, 'seed': seed}
            runs.append(read_run(make(folder / f'{name}{seed}', manifest=manifest, tables=tables)))
    return group(runs)


@pytest.mark.parametrize(
    ('accuracies', 'level'),
    [
        ({'a': [0.975, 0.98]}, 0.95),
        ({'a': [0.975, 0.965]}, 0.9),
        ({'a': [0.98, 0.98], 'b': [0.93, 0.89]}, 0.85),
        ({'a': [0.95], 'broken': [0.2]}, 0.9),
    ],
)
def test_the_chosen_target_is_one_that_the_leaders_reach(make, tmp_path, accuracies, level):
    target = choose_target(groups_of(make, tmp_path, **accuracies))

    assert (target.metric, target.value, target.given) == ('test_accuracy', level, False)


def test_the_scenario_s_own_target_goes_before_any_choice(make, tmp_path):
    from analysis.groups import group

    run = make(tmp_path / 'run', scenario='stop: {accuracy: 0.9}\n')

    assert choose_target(group([read_run(run)])) == Target('test_accuracy', 0.9, given=True)


def test_losses_are_compared_where_there_is_no_accuracy(make, tmp_path):
    from analysis.groups import group

    tables = records((1, 1, 1.0, -1, 'test_loss', 0.1234))
    run = read_run(make(tmp_path / 'run', tables=tables))

    target = choose_target(group([run]))

    assert (target.metric, target.value) == ('test_loss', pytest.approx(0.13))
    assert reach(run, target).rounds == 1


def test_perplexities_go_before_accuracies_and_are_reached_from_above(make, tmp_path):
    from analysis.groups import group

    summary = {'test_accuracy': None}
    tables = records(
        (1, 1, 1.0, -1, 'test_accuracy', 0.3),
        (1, 1, 1.0, -1, 'test_perplexity', 40.0),
        (2, 2, 1.0, -1, 'test_accuracy', 0.4),
        (2, 2, 1.0, -1, 'test_perplexity', 12.34),
    )
    run = read_run(make(tmp_path / 'run', tables=tables, summary=summary))
    target = choose_target(group([run]))
    assert target == Target('test_perplexity', pytest.approx(13.0), given=False)
    assert not target.rising
    assert best(run, 'test_perplexity') == pytest.approx(12.34)
    assert reach(run, target).rounds == 2
