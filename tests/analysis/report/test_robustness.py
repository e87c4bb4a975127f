"""Worst cases, warnings and paces are those of the runs."""

from __future__ import annotations

import json

import pytest

from analysis.load import load
from analysis.report import write
from analysis.report.answer import headlines
from analysis.report.conditions import availability, condition_tables, robustness_evidence, verdict
from analysis.report.robustness import robustness_blocks, robustness_headlines
from analysis.report.study import Study


@pytest.fixture
def of_runs(tmp_path):
    return lambda: Study.of(load(tmp_path))


@pytest.fixture
def grid(make_byzantine, of_runs):
    kept = {'mean': (0.2, 0.8), 'median': (0.7, 0.75)}
    for rule, accuracies in kept.items():
        for attack, accuracy in zip(('zero', 'mimic'), accuracies, strict=True):
            make_byzantine(rule, attack, count=1, accuracy=accuracy)
    return of_runs()


def told(sentences):
    return ' '.join(sentence.striptags() for sentence in sentences)


def row(table, label):
    (cells,) = [cells for _, name, cells in table.rows if name == label]
    return dict(zip(table.head, [cell.text for cell in cells], strict=True))


def test_each_rule_is_told_by_its_worst_case(grid):
    assert told(robustness_headlines(grid)) == (
        'In the worst case of 2 attacks, median keeps most: a test accuracy of 0.70 (zero). '
        'Mean keeps least: 0.20 (zero).'
    )
    block = robustness_blocks(grid)[0]
    assert (
        'The most harmful attack is zero, which leaves 0.45 on average' in block.caption.striptags()
    )
    assert block.data.set_index('rule').loc['mean', 'mimic'] == 0.8


def test_more_liars_than_a_rule_survives_or_is_told_of_are_warned_of(make_byzantine, of_runs):
    make_byzantine('mean', 'zero', count=2)
    make_byzantine('krum', 'mimic', count=1, f=0)
    said = told(robustness_evidence(of_runs()))
    assert 'No promise covers mean, zero, 2: more lie than mean (0) survive.' in said
    assert 'The rule of krum, mimic, 1 is told of too few liars (0 of 1)' in said


@pytest.mark.parametrize(
    ('ratio', 'words'), [(0.01, 'holds'), (0.05, 'holds at times'), (9.0, 'variance too large')]
)
def test_the_published_condition_is_held_against_each_round(make_byzantine, of_runs, ratio, words):
    # c = 2: the ratio, which grows from round to round up to 8 times this, has to be below 1/4
    make_byzantine('krum', 'zero', count=1, f=1, constant=2.0, ratio=ratio)
    found = of_runs()
    assert verdict(found.runs[0]) == words
    _, held = condition_tables(found)
    cells = row(held, found.groups[0].label)
    assert cells['has to be below'] == '0.25'
    assert cells['its promise'] == words
    assert cells['liars'] == '1 of 5'
    assert ('What is published asks' in told(robustness_evidence(found))) is (words != 'holds')


def test_availability_is_the_pace_beside_the_honest_run_of_the_same_rule(make_byzantine, of_runs):
    make_byzantine('median', pace=2.0)
    make_byzantine('krum', f=1, pace=4.0)
    make_byzantine('median', 'zero', count=1, pace=1.0)
    found = of_runs()
    (byzantine,) = [g for g in found.groups if g.first.scenario['adversary']]
    assert availability(found, byzantine) == pytest.approx(0.5)
    assert 'does 50 % as many rounds a second' in told(robustness_evidence(found))


def test_under_a_single_attack_there_is_no_worst_case(make_byzantine, of_runs):
    for rule, accuracy in (('mean', 0.0), ('median', 0.8)):
        make_byzantine(rule, accuracy=0.9)
        make_byzantine(rule, 'zero', count=1, accuracy=accuracy)
    assert told(robustness_headlines(of_runs())) == (
        'Under the attack zero, median keeps most: a test accuracy of 0.80. Mean keeps least: 0.00.'
    )


def test_rules_are_told_once_with_what_they_promise(grid):
    promised, _ = condition_tables(grid)
    assert [name for _, name, _ in promised.rows] == ['mean', 'median']
    cells = row(promised, 'median')
    assert (cells['survives'], cells['in any order'], cells['keeps unanimity']) == (
        '2 of 5', 'yes', 'no',
    )  # fmt: skip


@pytest.fixture
def along(make_byzantine, of_runs):
    """A median that falls with a second liar, a Krum that holds with two."""
    for rule, accuracies in (('median', (0.9, 0.85, 0.3)), ('krum', (0.88, 0.87, 0.86))):
        for count, accuracy in enumerate(accuracies):
            folder = make_byzantine(rule, 'zero', count=count, accuracy=accuracy)
            manifest = json.loads((folder / 'manifest.json').read_text())
            manifest |= {'variant': rule, 'vary': {'adversary.workers.count': count}}
            (folder / 'manifest.json').write_text(json.dumps(manifest))
    return of_runs()


def test_accuracy_is_told_along_the_number_of_liars(along):
    block = robustness_blocks(along)[0]
    said = block.caption.striptags()
    assert 'edian goes from 0.90 with 0 to 0.30 with 2' in said
    assert [mark.name for mark in block.legend] == [*along.liar_lines]


def test_the_answer_is_how_many_liars_rules_hold_out_against(along):
    assert told(robustness_headlines(along)) == (
        'Of 5 workers, so many may lie while at least 90 % of the best accuracy remains: krum with '
        '2 (the most that were tried) and median with 1 at most.'
    )
    assert not headlines(along)


def test_aggregates_are_shown_round_by_round(grid):
    (block,) = [b for b in robustness_blocks(grid) if b.key == 'aggregates']
    assert [panel.title for panel in block.panels] == [
        'from the honest mean', 'Byzantine among the selected',
    ]  # fmt: skip
    assert '0.250 with mean, zero' in block.caption.striptags()


def test_training_without_liars_says_nothing_of_them(healthy):
    found = Study.of(load(healthy))
    assert not robustness_headlines(found)
    assert not robustness_evidence(found)
    assert not robustness_blocks(found)
    assert not condition_tables(found)


def test_the_page_shows_it_all(grid, tmp_path):
    text = write([tmp_path], tmp_path / 'report.html').read_text()
    assert 'Whether its conditions held' in text
    assert 'id="figure-rules-attacks"' in text
    assert 'more liars than it survives' in text
