from __future__ import annotations

from analysis.groups import differences, group, superseded
from analysis.load import load


def labels(folder):
    return [g.label for g in group(load(folder).runs)]


def test_seeds_of_a_variant_are_one_group(healthy):
    groups = group(load(healthy).runs)

    assert [g.label for g in groups] == ['parameter server', 'ring all-reduce']
    assert [[run.seed for run in g.runs] for g in groups] == [[1, 2], [1, 2]]
    assert [g.index for g in groups] == [0, 1]
    assert groups[0].by_seed(lambda run: float(run.seed)) == {1: 1.0, 2: 2.0}


def test_varied_keys_tell_groups_apart(sizes):
    found = labels(sizes)

    assert found[0] == 'ring, bytes 1 kB'
    assert len(set(found)) == 8


def test_what_is_alike_is_left_out_of_names(make, tmp_path):
    for rate in (0.1, 0.2):
        make(
            tmp_path / f'{rate}',
            scenario=f'name: a\nrate: {rate}\n',
            manifest={'variant': 'only', 'vary': {'learning.rate': rate, 'batch': 32}},
        )

    assert labels(tmp_path) == ['rate 0.1', 'rate 0.2']


def test_names_stay_unique_by_what_differs(make, tmp_path):
    for rounds in (10, 20):
        make(tmp_path / f'{rounds}', scenario=f'stop: {{rounds: {rounds}}}\n')

    assert labels(tmp_path) == ['made-up, rounds 10', 'made-up, rounds 20']


def test_a_rerun_of_the_same_scenario_replaces_the_older_one(make, tmp_path):
    for year in (2000, 2001):
        make(tmp_path / f'{year}', manifest={'started': f'{year}-01-01T00:00:00Z'})

    kept, older = superseded(load(tmp_path).runs)

    assert [run.folder.name for run in kept] == ['2001']
    assert [skipped.folder.name for skipped in older] == ['2000']
    assert '2001' in older[0].reason


def test_a_finished_run_goes_before_a_later_unfinished_one(make, tmp_path):
    make(tmp_path / 'a')
    later = {'status': 'interrupted', 'started': '2020-01-01T00:00:00Z'}
    make(tmp_path / 'b', manifest=later)

    kept, _ = superseded(load(tmp_path).runs)

    assert [run.folder.name for run in kept] == ['a']


def test_differences_are_told_as_deep_as_scenarios_are_alike():
    a = {'seed': 1, 'training': {'all_reduce': {'algorithm': 'ring', 'buckets': 1}}, 'n': 3}
    b = {'seed': 2, 'training': {'all_reduce': {'algorithm': 'tree', 'buckets': 1}}, 'n': 3}
    c = {'seed': 3, 'training': {'gossip': {}}, 'n': 3}

    assert differences([a, b]) == {'training.all_reduce.algorithm': ['ring', 'tree']}
    assert differences([a, c]) == {'training': [a['training'], c['training']]}
    assert differences([a, a]) == {}
