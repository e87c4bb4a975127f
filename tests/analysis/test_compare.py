from __future__ import annotations

import numpy as np
import pytest

from analysis.compare import compare
from analysis.load import load
from analysis.metrics import reach, simulated_seconds


@pytest.fixture(scope='module')
def compared(study):
    return compare(study)


def test_runs_stand_side_by_side_with_their_seeds(compared, healthy):
    table = compared.table().set_index(['variant', 'figure'])
    ring = [simulated_seconds(run) for run in load(healthy).runs if 'ring' in run.variant]
    row = table.loc['ring all-reduce', 'simulated_seconds']

    assert row['seeds'] == 2
    assert row['mean'] == pytest.approx(np.mean(ring))
    assert row['interquartile_mean'] == pytest.approx(np.mean(ring))
    assert row['low'] <= row['mean'] <= row['high']
    assert row['front']
    assert not table.loc['parameter server', 'bytes']['front']


def test_what_differs_is_spelled_out(compared):
    assert ', '.join(compared.differs_in) == 'cluster.topology.star.servers, training'


def test_differences_are_paired_and_improvement_counts_pairs(compared):
    names = ('parameter server', 'ring all-reduce')
    seconds = {
        name: [reach(run, compared.target).seconds for run in compared[name].runs] for name in names
    }

    found = compared.difference('seconds_to_target', *names)
    assert found.value == pytest.approx(np.mean(np.subtract(*seconds.values())))
    assert found.tells_apart
    wins = [a > b for a in seconds[names[0]] for b in seconds[names[1]]]
    assert compared.improvement('seconds_to_target', *names[::-1]).value == np.mean(wins)
    assert not compared.difference('final_accuracy', *names).tells_apart


def test_what_is_no_part_of_it_is_named(compared):
    reasons = {skipped.folder.name: skipped.reason for skipped in compared.skipped}
    assert reasons['unfinished'] == 'the run is interrupted'
    assert 'holiday pictures' in reasons


def test_unknown_variants_are_told_which_there_are(compared):
    with pytest.raises(KeyError, match='there are parameter server, ring all-reduce'):
        compared['tree']


def test_nothing_compares_with_nothing(tmp_path):
    assert compare(tmp_path).groups == ()
    assert compare(tmp_path).table().empty
