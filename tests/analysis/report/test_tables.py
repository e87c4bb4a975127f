from __future__ import annotations

import pytest

from analysis.load import load
from analysis.report.settings import differing, facts, runs, versions
from analysis.report.study import Study
from analysis.report.tables import level_table, prediction_table, series_table, summary


def column(table, title):
    place = list(table.head).index(title)
    return {label: cells[place] for _, label, cells in table.rows}


@pytest.fixture(scope='module')
def learned(healthy):
    return Study.of(load(healthy))


@pytest.fixture(scope='module')
def swept(sizes):
    return Study.of(load(sizes))


def test_each_variant_has_a_row_with_its_number_of_seeds(learned):
    seeds = column(summary(learned), 'seeds')

    assert {label: cell.text for label, cell in seeds.items()} == {
        'parameter server': '2',
        'ring all-reduce': '2',
    }


def test_the_best_is_marked_where_every_seed_agrees_and_only_there(learned):
    table = summary(learned)

    assert [cell.best for cell in column(table, 'time per round').values()] == [False, True]
    # the accuracies of a seed are the same in both variants
    assert [cell.best for cell in column(table, 'final accuracy').values()] == [False, False]
    assert not any(cell.best for cell in column(table, 'messages').values())


def test_a_spread_is_shown_with_its_ends(learned):
    cell = column(summary(learned), 'time per round')['ring all-reduce']

    assert ' ± ' in cell.text
    assert ' to ' in cell.range


def test_levels_rise_and_so_do_the_times_to_them(learned):
    table = level_table(learned)

    assert list(table.head) == sorted(table.head)
    assert 2 <= len(table.head) <= 5


def test_a_sweep_is_a_table_of_lines_by_sizes(swept):
    table = series_table(swept)

    assert table.head == ['1 kB', '10 kB', '100 kB', '1 MB']
    assert [label for _, label, _ in table.rows] == ['ring', 'round_robin']
    assert [cell.best for cell in table.rows[0][2]] == [False, False, True, True]
    assert [cell.best for cell in table.rows[1][2]] == [True, True, False, False]


def test_points_of_one_line_share_their_look(swept):
    assert [g.index for g in swept.groups] == [0] * 4 + [1] * 4


def test_of_a_sweep_one_picture_of_each_line_is_drawn(swept):
    assert [g.label for g in swept.shown] == ['ring, bytes 100 kB', 'round_robin, bytes 100 kB']


def test_predictions_stand_beside_measurements_with_their_deviation(make, tmp_path):
    summary_ = {'bytes': 110.0, 'predicted': {'bytes': 100.0, 'seconds': 2.0}}
    study = Study.of(load(make(tmp_path / 'run', summary=summary_)))

    [(_, _, cells)] = prediction_table(study).rows

    assert [cell.text for cell in cells] == ['bytes', '100 B', '110 B', '+10 %']


def test_the_spectral_gap_of_a_graph_stands_beside_the_result(make, tmp_path):
    known = {'spectral_gap': 0.14, 'consensus': 0.5}
    table = summary(Study.of(load(make(tmp_path / 'run', summary=known))))

    assert [cell.text for cell in column(table, 'spectral gap').values()] == ['0.14']
    assert [cell.text for cell in column(table, 'distance to the average').values()] == ['0.5']


def test_what_differs_is_told_by_who_has_it(learned):
    found = differing(learned.groups)

    assert list(found) == ['cluster.topology.star.servers', 'training']
    assert [text for _, text in found['cluster.topology.star.servers']] == ['1', '0']
    assert [[g.label for g in having] for having, _ in found['training']] == [
        ['parameter server'],
        ['ring all-reduce'],
    ]


def test_of_many_variants_only_the_values_are_told(swept):
    assert differing(swept.groups)['training.collective.bytes'] == [
        ([], '1 kB · 10 kB · 100 kB · 1000 kB')
    ]


def test_facts_are_what_all_have_in_common(learned, swept):
    assert facts(learned)['links'] == '1 Gb/s, 50 us'
    assert facts(learned)['topology'] == 'star: {workers: 4}'
    assert 'training' not in facts(learned)
    assert facts(learned)['seeds'] == '1, 2'
    assert facts(swept)['topology'] == 'star: {workers: 4}'


def test_versions_that_differ_are_all_named(make, tmp_path):
    for release in ('1.0', '1.1'):
        manifest = {'versions': {'numpy': release}, 'variant': release}
        make(tmp_path / release, manifest=manifest)

    assert versions(Study.of(load(tmp_path)))['numpy'] == '1.0 or 1.1'


def test_folders_are_told_as_seen_from_the_page(learned, study):
    listing = runs(learned, study / 'report.html')

    assert listing[0][2] == 'parameter server/1111'
