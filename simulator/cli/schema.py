"""`bosphorus schema`: the JSON Schema of scenarios, for editors."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ['schema']


@click.command()
@click.option(
    '--plugin',
    'plugins',
    multiple=True,
    metavar='FILE.py',
    type=click.Path(path_type=Path),
    help='Entries of your own, to be completed too.',
)
def schema(plugins: tuple[Path, ...]) -> None:
    """Print the JSON Schema of scenarios, by which editors complete and check them.

    Point an editor with a YAML language server to it in a scenario's first line:
    # yaml-language-server: $schema=scenario.schema.json
    """
    from simulator.scenario.editors import as_text, scenario_schema
    from simulator.sweep.plan import plugged

    with plugged(plugins):
        click.echo(as_text(scenario_schema()))
