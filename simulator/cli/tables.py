"""Rows of text: a rich table on a terminal, aligned columns anywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import click

__all__ = ['show_table']


def show_table(heads: Sequence[str], rows: Sequence[Sequence[str]], title: str = '') -> None:
    """Print *rows* under *heads* on stdout."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    if console.is_terminal:
        # names may hold what rich takes for markup
        table = Table(*map(escape, heads), title=escape(title) or None, title_justify='left')
        for row in rows:
            table.add_row(*map(escape, row))
        console.print(table)
        return
    if title:
        click.echo(title)
    for line in aligned([heads, *rows]):
        click.echo(line)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return one line a row, columns aligned and two spaces apart.

    Examples
    --------
    >>> aligned([('name', 'says'), ('ring', 'around')])
    ['name  says', 'ring  around']
    """
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue='')]
    return [
        '  '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
