"""From runs to jobs: same inputs, same folder."""

import hashlib
from pathlib import Path

import pytest

from simulator.catalogue import Plugin
from simulator.errors import PluginError
from simulator.scenario import load, load_text
from simulator.scenario.kinds import CATALOGUES
from simulator.sweep.plan import plan, plugged

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


FILES = """\
cluster: {topology: {file: {path: net.csv, workers: 2}}}
training: {collective: {algorithm: ring, bytes: 1 kB}}
"""


def test_a_run_is_known_by_what_its_files_hold_not_by_where_they_lie(tmp_path):
    ids = []
    for folder, latency in (('a', '1 ms'), ('b', '1 ms'), ('c', '2 ms')):
        home = tmp_path / folder
        home.mkdir()
        (home / 'net.csv').write_text(f'source,target,latency\n0,1,{latency}\n')
        (home / 'x.yaml').write_text(FILES)
        [job] = plan(load(home / 'x.yaml'), Path('out'))
        ids.append(job.identity.id)
        told = hashlib.sha256((home / 'net.csv').read_bytes()).hexdigest()
        assert job.identity.notes['files'] == {str(home / 'net.csv'): told}
        again = load_text(job.identity.resolved)
        assert plan(again, Path('out'))[0].identity.id == job.identity.id
    assert ids[0] == ids[1] != ids[2]


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
