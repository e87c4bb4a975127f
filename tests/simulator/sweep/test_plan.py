"""From runs to jobs: same inputs, same folder."""

from pathlib import Path

import pytest

from simulator.catalogue import Plugin
from simulator.errors import PluginError
from simulator.scenario import load_text
from simulator.scenario.kinds import CATALOGUES
from simulator.sweep.plan import plan, plugged, user_files

SCENARIO = """\
# How long does a ring take?
name: demo
cluster: {topology: {star: {workers: 4}}}
training: {collective: {algorithm: ring, bytes: 1 MB}}
"""
VARIED = SCENARIO + 'variants: {a: {}, b: {cluster: {sharing: fifo}}}\nvary: {seed: [1, 2]}\n'


def test_each_run_has_its_folder_below_scenario_and_variant():
    jobs = plan(load_text(VARIED), Path('out'))
    ids = [job.identity.id for job in jobs]
    assert len(set(ids)) == 4
    assert [job.folder for job in jobs] == [
        Path('out', 'demo', variant, number) for variant, number in zip('aabb', ids, strict=True)
    ]
    first = jobs[0].identity
    assert (first.scenario, first.variant, first.vary, first.seed) == ('demo', 'a', {'seed': 1}, 1)
    assert first.notes == {'order': 0, 'question': 'How long does a ring take?'}
    assert load_text(first.resolved)[0].resolved == jobs[0].spec.resolved


def test_without_variants_none_is_named():
    [job] = plan(load_text(SCENARIO), Path('out'))
    assert (job.identity.variant, job.folder.parent.name) == ('', 'base')


def test_the_id_depends_on_all_that_can_change_the_outcome(tmp_path, monkeypatch):
    plugin = Plugin('a.py', 'ab', {})

    def number(text=SCENARIO, plugins=(), **options):
        [job] = plan(load_text(text, **options), Path('out'), plugins)
        return job.identity.id

    same = {number(), number(), number(seed=0)}
    others = {number(seed=1), number(sets=['cluster.sharing=none']), number(plugins=[plugin])}
    assert len(same) == 1
    assert len(others - same) == 3


def test_runs_that_are_the_same_are_one():
    text = SCENARIO + 'vary: {seed: [1], include: [{seed: 1, cluster.sharing: fair}]}\n'
    specs = load_text(text)
    assert len(plan([*specs, *specs], Path('out'))) == len({spec.yaml for spec in specs})


def test_files_a_scenario_learns_from_are_part_of_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('model.npz', 'own.csv', 'digits', 'mlp'):
        Path(name).write_text(name)
    learning = {'start': 'model.npz', 'data': {'file': {'path': 'own.csv', 'split': 0.2}}}
    assert user_files({'learning': learning}) == [Path('model.npz'), Path('own.csv')]
    assert user_files({'learning': {'data': 'digits', 'model': {'mlp': {}}}}) == []
    assert user_files({'learning': {'start': 'absent.npz'}}) == []
    assert user_files({}) == []


def test_plug_ins_hold_as_long_as_the_context(tmp_path):
    file = tmp_path / 'own.py'
    file.write_text(
        "def never(*, after: int = 3):\n    '''Do nothing.'''\n\n\n"
        "BOSPHORUS = {'aggregation': {'never': never}}\n"
    )
    with plugged([file]) as plugins:
        assert [plugin.source for plugin in plugins][-1:] == [str(file)]
        assert 'never' in CATALOGUES['aggregation']
    assert 'never' not in CATALOGUES['aggregation']
    with pytest.raises(PluginError, match=r'absent\.py'), plugged([tmp_path / 'absent.py']):
        pass
