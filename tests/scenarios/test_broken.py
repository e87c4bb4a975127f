"""Broken scenarios: each stands beside what `bosphorus check` says of it, to the letter.

After a change of words, run `BOSPHORUS_GOLDEN=write .venv/bin/pytest tests/scenarios` and read
the diff.
"""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import main

BROKEN = Path(__file__).parent / 'broken'
FILES = sorted(BROKEN.glob('*.yaml'))


def said(*arguments):
    """Return what a command says on stderr, which is all it may say."""
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stdout) == (2, '')
    # files that a scenario names are told of by their full names
    return result.stderr.replace(f'{BROKEN}{os.sep}', '')


@pytest.mark.parametrize('file', FILES, ids=lambda file: file.stem)
def test_what_is_said(file, monkeypatch):
    monkeypatch.chdir(BROKEN)
    found, expected = said('check', file.name), file.with_suffix('.txt')
    if os.environ.get('BOSPHORUS_GOLDEN') == 'write':
        expected.write_text(found)
    assert found == expected.read_text()


def test_none_is_left_without_a_word():
    assert {f.stem for f in FILES} == {f.stem for f in BROKEN.glob('*.txt')}


@pytest.mark.parametrize('file', FILES, ids=lambda file: file.stem)
def test_run_says_the_same_and_writes_nothing(file, monkeypatch, tmp_path):
    monkeypatch.chdir(BROKEN)
    found = said('run', file.name, '--out', str(tmp_path / 'runs'))
    assert found == file.with_suffix('.txt').read_text()
    assert not list(tmp_path.iterdir())


def test_files_that_are_too_large_to_ship(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path('large.yaml').write_text('# filler\n' * 120_000)
    assert said('check', 'large.yaml') == (
        'large.yaml: error: is larger than 1 MB, so it is hardly a scenario\n'
    )
