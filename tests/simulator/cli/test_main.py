"""The group of commands: quick to answer, clear about mistakes."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from simulator.cli import COMMANDS, main

HEAVY = ['numpy', 'pydantic', 'networkx', 'numba', 'matplotlib', 'pyarrow', 'ruamel.yaml', 'rich']


def test_help_imports_nothing_heavy():
    """Help has to answer in under 0.3 s; a busy machine's clock would make a poor test of that."""
    code = (
        'import sys\n'
        'from simulator.cli import main\n'
        "main(['--help'], standalone_mode=False)\n"
        f'print([name for name in {HEAVY} if name in sys.modules])\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    *shown, heavy = done.stdout.strip().splitlines()
    assert all(any(name in line for line in shown) for name in COMMANDS)
    assert heavy in ('[]', "['rich']")


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, '-m', 'simulator', '--version'], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith('bosphorus, version ')


@pytest.mark.parametrize('name', COMMANDS)
def test_every_command_explains_itself(name):
    result = CliRunner().invoke(main, [name, '--help'])
    assert result.exit_code == 0
    assert f'Usage: main {name}' in result.stdout


def test_unknown_commands_are_refused():
    result = CliRunner().invoke(main, ['chek'])
    assert result.exit_code == 2
    assert "No such command 'chek'" in result.stderr
