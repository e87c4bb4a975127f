"""`bosphorus schema`, and the copy of what it prints that is shipped."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import main

SCENARIOS = Path(__file__).parents[3] / 'scenarios'


def test_the_shipped_schema_is_fresh():
    """If not: bosphorus schema > scenarios/scenario.schema.json."""
    printed = CliRunner().invoke(main, ['schema']).stdout
    assert (SCENARIOS / 'scenario.schema.json').read_text() == printed


@pytest.mark.parametrize('file', sorted(SCENARIOS.rglob('*.yaml')), ids=lambda file: file.stem)
def test_every_shipped_scenario_names_the_schema_first(file):
    up = '../' * (len(file.relative_to(SCENARIOS).parts) - 1)
    first = file.read_text().splitlines()[0]
    assert first == f'# yaml-language-server: $schema={up}scenario.schema.json'


def test_plugins_are_completed_too(tmp_path):
    plugin = tmp_path / 'mine.py'
    plugin.write_text(
        'def mine(vectors, *, radius: float):\n'
        "    '''My own rule.'''\n"
        "BOSPHORUS = {'aggregation': {'mine': mine}}\n"
    )
    printed = CliRunner().invoke(main, ['schema', '--plugin', str(plugin)]).stdout
    rules = json.loads(printed)['$defs']['aggregation_rule']
    assert rules['anyOf'][-1]['properties']['mine']['description'] == 'My own rule.'
    assert 'mine' not in CliRunner().invoke(main, ['schema']).stdout
