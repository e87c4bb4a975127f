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


LESSON = """\
stop: {rounds: 5}
cluster: {topology: {star: {workers: 2}}}
learning: {data: iris, model: {mlp: {hidden: [6]}}, optimizer: sgd}
training: all_reduce
variants: {shallow: {}, deep: {learning: {model: {mlp: {hidden: [6, 6, 6, 6, 6]}}}}}
vary: {seed: [1, 2]}
"""


def test_a_model_says_what_it_holds_and_costs(study):
    Path('lesson.yaml').write_text(LESSON)
    table = run('lesson.yaml').stdout.partition('models\n')[2].splitlines()
    assert [line.split()[0] for line in table] == ['variant', 'shallow', 'deep']
    assert table[1].split()[1:6] == ['51', '204', 'B', '90', 'flop']
    assert table[1].endswith('2-dense 30 (48 flop), 4-dense 21 (36 flop)')
    assert table[2].endswith(' and 2 more')


def test_programs_are_told_of_all_layers(study):
    Path('lesson.yaml').write_text(LESSON)
    [file] = json.loads(run('--json', 'lesson.yaml', study).stdout)['scenarios'][:1]
    model = file['runs'][0]['model']
    assert (model['parameters'], model['bytes'], model['flops']) == (51, 204, 90)
    assert sum(layer['bytes'] for layer in model['layers']) == 204


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
