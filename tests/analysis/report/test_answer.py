"""Sentences claim no more than the figures and the seeds allow."""

from __future__ import annotations

import pytest

from analysis.load import load
from analysis.report.answer import headline, ranking
from analysis.report.collectives import collective_headline
from analysis.report.evidence import evidence
from analysis.report.study import Study


@pytest.fixture
def told(make_training, tmp_path):
    """Return what is said of runs given as (variant, seed, seed in the manifest, options)."""

    def tell(*runs):
        for place, (variant, seed, named, options) in enumerate(runs):
            folder = tmp_path / f'{place}'
            make_training(folder, variant, seed, workers=2, manifest_seed=named, **options)
        study = Study.of(load(tmp_path))
        return headline(study).striptags(), ' '.join(s.striptags() for s in evidence(study)), study

    return tell


FAST = {'rounds': 24, 'size': 1e4}
SLOW = {'rounds': 24, 'size': 4e6}


def test_a_winner_is_named_where_the_interval_leaves_out_one(told):
    answer, support, _ = told(*((name, seed, seed, size) for seed in (1, 2, 3)
                                for name, size in (('ring', FAST), ('server', SLOW))))  # fmt: skip

    assert answer.startswith('ring reaches a test accuracy of 0.')
    assert 'times sooner than server' in answer
    assert 'mean of 3 seeds, 95 % interval' in answer
    assert '3 seeds each' in support
    assert 'fewer than 5 seeds' in support


def test_a_tie_names_no_winner(told):
    # the same seeds once more in the other order: differences cancel
    answer, _, _ = told(*((name, own, seed, FAST) for seed in (1, 2, 3)
                          for name, own in (('ring a', seed), ('ring b', 4 - seed))))  # fmt: skip

    assert answer.startswith('No winner: ')
    assert 'may as well be 1 (95 % interval' in answer


def test_one_seed_names_no_winner(told):
    answer, support, _ = told(('ring', 1, 1, FAST), ('server', 1, 1, SLOW))

    assert answer.endswith('but one seed names no winner.')
    assert 'One seed each' in support


def test_who_never_gets_there_is_named(told):
    _, support, study = told(
        ('ring', 1, 1, FAST),
        ('server', 1, 1, SLOW),
        ('ring of liars', 1, 1, {**FAST, 'ceiling': 0.2}),
    )

    assert [g.label for g in ranking(study)] == ['ring', 'server']
    assert 'Ring of liars does not get there with every seed.' in support
    assert 'Ring of liars ends at 0.1' in support


def test_a_lone_variant_is_told_of_without_comparison(told):
    answer, support, _ = told(('ring', 1, 1, FAST), ('ring', 2, 2, FAST))

    assert 'ring reaches a test accuracy of' in answer
    assert 'sent (mean of 2 seeds).' in answer
    assert 'apart' not in support


def test_runs_that_did_not_finish_do_not_count_where_others_did(study):
    found = Study.of(load(study / 'parameter server'))

    assert [run.folder.name for run in found.runs] == ['1111', '2222']
    assert [run.folder.name for run in found.aside] == ['unfinished']


def test_where_none_finished_the_records_are_all_there_is(study):
    found = Study.of(load(study / 'parameter server' / 'unfinished'))

    assert [run.status for run in found.runs] == ['interrupted']
    assert any('its figures end early' in sentence for sentence in evidence(found))


def test_collectives_of_one_size_are_ranked(sizes, make_collective, tmp_path):
    for algorithm in ('ring', 'round_robin'):
        make_collective(tmp_path / algorithm, algorithm, 1e7)

    answer = collective_headline(Study.of(load(tmp_path))).striptags()

    assert answer.startswith('ring is fastest: ')
    assert 'times sooner than round_robin' in answer


def test_one_line_of_collectives_is_told_from_end_to_end(sizes):
    answer = collective_headline(Study.of(load(sizes / 'ring'))).striptags()

    assert answer == 'ring takes 612 µs at 1 kB and 12.6 ms at 1 MB (size).'
