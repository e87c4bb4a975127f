"""`bosphorus run --dry-run`: what would be run, and nothing done."""

import json

import pytest
from click.testing import CliRunner

from simulator.cli import main

SCENARIO = """\
name: planned
cluster: {topology: {star: {workers: 4}}}
training: {collective: {algorithm: ring, bytes: 1 MB}}
variants:
  ring: {}
  master: {training: {collective: {algorithm: master_worker}}}
vary: {seed: [1, 2]}
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'planned.yaml').write_text(SCENARIO)
    return tmp_path


def bosphorus(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_the_runs_are_listed_with_what_they_take(place):
    result = bosphorus('run', 'planned.yaml', '--dry-run', '--jobs', 2)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert len(lines) == 1 + 4 + 1
    assert 'ring · seed=1' in lines[1] and 'to do' in lines[1]
    assert lines[-1].startswith('4 runs, 0 finished before; about ')
    assert 'in 2 processes' in lines[-1] and lines[-1].endswith('B on disk')
    assert [path.name for path in place.iterdir()] == ['planned.yaml']


def test_finished_runs_count_for_nothing(place):
    assert bosphorus('run', 'planned.yaml', '--no-report', '--set', 'seed=1').exit_code == 0
    found = json.loads(bosphorus('run', 'planned.yaml', '--dry-run', '--json').stdout)
    assert [run['finished'] for run in found['runs']] == [True, False, True, False]
    todo = [run for run in found['runs'] if not run['finished']]
    assert found['seconds'] == pytest.approx(sum(run['seconds'] for run in todo))
    assert found['bytes'] == pytest.approx(sum(run['bytes'] for run in todo))


def test_what_is_wrong_is_told(place):
    result = bosphorus('run', 'planned.yaml', '--dry-run', '--set', 'cluster.sharing=unfair')
    assert result.exit_code == 2
    assert 'sharing' in result.output
