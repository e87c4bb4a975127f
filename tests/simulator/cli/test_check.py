"""`bosphorus check`: what would run; the broken scenarios have a test of their own."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import main

STUDY = """\
cluster:
  topology: {star: {workers: 8}}
  link: {bandwidth: 10 Gb/s, latency: 50 us}
training: {collective: {algorithm: ring, bytes: 100 MB}}
vary: {training.collective.bytes: [1 kB, 100 MB]}
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A scenario in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path('study.yaml').write_text(STUDY)
    return 'study.yaml'


def run(*arguments):
    return CliRunner().invoke(main, ['check', *arguments])


def test_runs_stand_beside_what_closed_forms_say(study):
    assert run(study).stdout.splitlines()[:2] == [
        'study.yaml: 2 runs of study',
        'variant  seed  training.collective.bytes  predicted bytes  predicted collective time',
    ]
    assert run(study).stdout.splitlines()[3].split() == (
        ['base', '0', '100', 'MB', '1.4', 'GB', '141.4', 'ms']
    )


def test_one_object_for_programs(study):
    [file] = json.loads(run('--json', study).stdout)['scenarios']
    assert file['file'] == study
    assert file['runs'][1]['predicted']['collective_seconds'] == pytest.approx(0.1414)


def test_long_lists_are_cut(study):
    shown = run(study, '--set', f'vary.seed={list(range(60))}').stdout
    assert shown.splitlines()[-1] == '... and 80 more'


def test_nothing_is_written(study, tmp_path):
    run(study)
    assert [path.name for path in tmp_path.iterdir()] == [study]


def test_all_files_are_told_of(study):
    Path('bad.yaml').write_text('stop: 3')
    result = run(study, 'bad.yaml', 'nothing.yaml')
    assert result.exit_code == 2
    assert result.stdout == ''
    assert [line.partition(' ')[0] for line in result.stderr.splitlines()] == [
        'bad.yaml:1:1:',
        'bad.yaml:1:1:',
        'bad.yaml:1:7:',
        'nothing.yaml:',
    ]


def test_entries_of_one_s_own(study):
    Path('mine.py').write_text(
        'from topologies import TOPOLOGIES\n'
        'def pair(*, servers: int = 0):\n'
        "    '''Two workers.'''\n"
        "    return TOPOLOGIES['star'](workers=2, servers=servers)\n"
        "BOSPHORUS = {'topologies': {'pair': pair}}\n"
    )
    assert run(study, '--set', 'cluster.topology=pair', '--plugin', 'mine.py').exit_code == 0
    refused = run(study, '--set', 'cluster.topology=pair')
    assert "cluster.topology: no topology 'pair'" in refused.stderr
