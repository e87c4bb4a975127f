"""`bosphorus list`: the catalogues for people and for programs."""

import json

import pytest
from click.testing import CliRunner

from simulator.cli import main
from simulator.scenario.kinds import CATALOGUES


def run(*arguments):
    return CliRunner().invoke(main, ['list', *arguments])


def test_all_kinds():
    shown = run().stdout
    assert all(kind in shown for kind in CATALOGUES)
    assert json.loads(run('--json').stdout)['partitions'][0] == 'iid'


@pytest.mark.parametrize('kind', ['topologies', 'topology', 'stragglers', 'straggler law'])
def test_kinds_go_by_several_names(kind):
    assert run(kind).exit_code == 0


def test_entries_of_a_kind_are_aligned():
    title, heads, *rows = run('stragglers').stdout.splitlines()
    assert title == 'stragglers'
    column = heads.index('what it is')
    assert all(row[column - 1] == ' ' and row[column] != ' ' for row in rows)


@pytest.mark.parametrize('kind', CATALOGUES)
def test_every_entry_has_a_summary_and_documents_its_options(kind):
    entries = json.loads(run(kind, '--json').stdout)
    assert list(entries) == list(CATALOGUES[kind])
    for name, entry in entries.items():
        assert entry['summary'], name
        documented = CATALOGUES[kind].entry(name).doc.parameters
        assert {option['name'] for option in entry['options']} <= documented.keys(), name


def test_one_entry_in_full():
    shown = run('partitions', 'dirichlet').stdout
    assert shown.startswith('dirichlet (partition, built in)')
    assert 'alpha' in shown
    assert 'required' in shown
    assert 'arXiv:1909.06335' in shown


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['topolgies'], "error: no kind 'topolgies', did you mean 'topologies'?\n"),
        (['models', 'mpl'], "error: no model 'mpl', did you mean 'mlp'?\n"),
        (['--plugin', 'nothing.py'], 'error: nothing.py: No such file or directory\n'),
    ],
)
def test_what_is_not_there(arguments, message):
    result = run(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, '', message)


def test_entries_of_one_s_own(tmp_path):
    plugin = tmp_path / 'mine.py'
    plugin.write_text(
        "def mine(vectors):\n    '''My own rule.'''\nBOSPHORUS = {'aggregation': {'mine': mine}}\n"
    )
    assert 'My own rule.' in run('aggregation', '--plugin', str(plugin)).stdout
    assert 'My own rule.' not in run('aggregation').stdout
