"""`bosphorus export`: a run in the formats of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from analysis.load import Run

__all__ = ['export']

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument('folder', metavar='RUN', type=FOLDER)
@click.option(
    '--timeline',
    metavar='FILE',
    type=click.Path(dir_okay=False, path_type=Path),
    help='Write a trace for Perfetto or chrome://tracing (JSON).',
)
@click.option(
    '--csv',
    'tables',
    metavar='DIR',
    type=click.Path(file_okay=False, path_type=Path),
    help='Write all tables as CSV files.',
)
@click.option('--since', metavar='TIME', default='0 s', help='Begin the timeline there (10 ms).')
@click.option('--until', metavar='TIME', help='End the timeline there.')
def export(
    folder: Path, timeline: Path | None, tables: Path | None, since: str, until: str | None
) -> None:
    """Write a RUN, or its tables, in the format of other tools.

    RUN is the folder of a run, or one with runs further down: tables of several go to folders of
    their own, a timeline shows one.
    """
    from analysis.export import write_tables, write_timeline

    if timeline is None and tables is None:
        raise click.UsageError('say what to write: --timeline FILE or --csv DIR')
    window = (
        _seconds('--since', since),
        _seconds('--until', until) if until else float('inf'),
    )
    runs = _runs(folder)
    if timeline is not None:
        write_timeline(_only(runs, folder), timeline, since=window[0], until=window[1])
        click.echo(timeline)
    if tables is not None:
        for run in runs:
            for path in write_tables(run, tables if len(runs) == 1 else tables / _place(run)):
                click.echo(path)


def _seconds(option: str, text: str) -> float:
    from simulator.errors import BosphorusError
    from simulator.units import Seconds, parse_quantity

    try:
        return parse_quantity(text, Seconds)
    except (ValueError, BosphorusError) as error:
        raise BosphorusError(f'{option}: {error}') from error


def _runs(folder: Path) -> list[Run]:
    from analysis.load import load
    from simulator.errors import RunFolderError

    found = load(folder)
    for folder_, reason in found.skipped:
        click.echo(f'{folder_}: left out: {reason}', err=True)
    if not found.runs:
        raise RunFolderError(f'{folder}: there is no run to export')
    return list(found.runs)


def _only(runs: list[Run], folder: Path) -> Run:
    """Return the one run there is; refuse several, naming them."""
    from simulator.errors import RunFolderError

    if len(runs) > 1:
        names = '\n'.join(f'  {run.folder}' for run in runs[:10])
        raise RunFolderError(
            f'{folder}: a timeline shows one run, there are {len(runs)}; name one of\n{names}'
        )
    return runs[0]


def _place(run: Run) -> Path:
    return Path(run.name) / (run.variant or 'base') / run.id
