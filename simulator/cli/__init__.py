"""The command line: one module a command, imported only when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from simulator import __version__
from simulator.errors import BosphorusError

__all__ = ['COMMANDS', 'main']

# Name -> where it is defined. The modules import what is heavy inside their functions, so that
# `bosphorus --help` answers at once.
COMMANDS: dict[str, str] = {
    'run': 'simulator.cli.run:run',
    'check': 'simulator.cli.check:check',
    'list': 'simulator.cli.list:list_entries',
    'report': 'simulator.cli.report:report',
    'export': 'simulator.cli.export:export',
    'words': 'simulator.cli.words:words',
    'complete': 'simulator.cli.words:complete',
    'schema': 'simulator.cli.schema:schema',
}


class Commands(click.Group):
    """The commands of `COMMANDS`; errors of the family become a message and exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of a day's work, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command called *cmd_name*."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(':')
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what a user can cause ends with its message alone."""
        try:
            return super().invoke(ctx)
        except BosphorusError as error:
            click.echo(_told(error), err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo('interrupted', err=True)
            sys.exit(130)


def _told(error: BosphorusError) -> str:
    text = str(error)
    return text if 'error: ' in text.partition('\n')[0] else f'error: {text}'


@click.group(
    cls=Commands, no_args_is_help=True, context_settings={'help_option_names': ['-h', '--help']}
)
@click.version_option(__version__, prog_name='bosphorus')
def main() -> None:
    """Simulate distributed and Byzantine learning on a cluster described in a scenario file."""
