"""`bosphorus report`: the page about runs that are already there."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

__all__ = ['report']

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument('folders', metavar='RUNS_DIR...', nargs=-1, required=True, type=FOLDER)
@click.option(
    '--out',
    type=FILE,
    help='The file to write; default: report.html in RUNS_DIR, or here if there are several.',
)
@click.option(
    '--format',
    'form',
    type=click.Choice(['html', 'md']),
    help='A page for a browser, or Markdown with its pictures beside it; default: as --out ends.',
)
def report(folders: tuple[Path, ...], out: Path | None, form: Literal['html', 'md'] | None) -> None:
    """Rebuild the report of the runs in RUNS_DIR; runs of several folders are compared.

    A RUNS_DIR is a run's own folder, or one that holds such folders further down. The figures go
    as CSV files into a folder beside the report.
    """
    from analysis.report import write

    home = folders[0] if len(folders) == 1 else Path()
    form = form or ('md' if out is not None and out.suffix == '.md' else 'html')
    click.echo(write(folders, out or home / f'report.{form}', form=form))
