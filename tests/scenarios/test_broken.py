"""Broken scenarios: each stands beside what `bosphorus check` says of it, to the letter.

After a change of wording, write what is said now and read the difference::

    for f in *.yaml; do bosphorus check $f 2> ${f%.yaml}.txt; done
"""

from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import main

BROKEN = Path(__file__).parent / 'broken'


@pytest.mark.parametrize('file', sorted(BROKEN.glob('*.yaml')), ids=lambda file: file.stem)
def test_what_is_said(file, monkeypatch):
    monkeypatch.chdir(BROKEN)
    result = CliRunner().invoke(main, ['check', file.name])
    assert result.stderr == file.with_suffix('.txt').read_text()
    assert (result.exit_code, result.stdout) == (2, '')


def test_none_is_left_without_a_word():
    assert {f.stem for f in BROKEN.glob('*.yaml')} == {f.stem for f in BROKEN.glob('*.txt')}


@pytest.mark.parametrize('file', sorted(BROKEN.glob('*.yaml')), ids=lambda file: file.stem)
def test_run_says_the_same_and_writes_nothing(file, monkeypatch, tmp_path):
    monkeypatch.chdir(BROKEN)
    result = CliRunner().invoke(main, ['run', file.name, '--out', str(tmp_path / 'runs')])
    assert (result.exit_code, result.stdout) == (2, '')
    assert result.stderr == file.with_suffix('.txt').read_text()
    assert not list(tmp_path.iterdir())


def test_files_that_are_too_large_to_ship(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path('large.yaml').write_text('# filler\n' * 120_000)
    result = CliRunner().invoke(main, ['check', 'large.yaml'])
    assert result.stderr == (
        'large.yaml: error: is larger than 1 MB, so it is hardly a scenario\n'
    )
