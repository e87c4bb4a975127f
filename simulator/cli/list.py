"""`bosphorus list`: what a scenario may choose, with documentation and references."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulator.catalogue import Catalogue

__all__ = ['list_entries']


@click.command('list')
@click.argument('kind', required=False)
@click.argument('name', required=False)
@click.option(
    '--plugin',
    'plugins',
    multiple=True,
    metavar='FILE.py',
    type=click.Path(path_type=Path),
    help='Entries of your own.',
)
@click.option('--json', 'as_json', is_flag=True, help='Print one JSON object.')
@click.option(
    '--format', 'form', type=click.Choice(['text', 'md']), default='text', help='Or Markdown.'
)
@click.option(
    '--out',
    metavar='DIR',
    type=click.Path(file_okay=False, path_type=Path),
    help='With md: write a page a kind, and one that leads to them.',
)
def list_entries(
    kind: str | None,
    name: str | None,
    plugins: tuple[Path, ...],
    as_json: bool,
    form: str,
    out: Path | None,
) -> None:
    """Show what a scenario may choose: all kinds, the entries of a KIND, or one NAME in full."""
    import json

    from simulator.scenario.kinds import CATALOGUES
    from simulator.sweep.plan import plugged

    if out is not None and form != 'md':
        raise click.UsageError('--out writes Markdown: give --format md')
    with plugged(plugins):
        if form == 'md':
            _show_pages(_pages(CATALOGUES, kind, name), out)
            return
        found = _found(CATALOGUES, kind, name)
        if as_json:
            click.echo(json.dumps(found, indent=1, ensure_ascii=False))
        elif kind is None:
            _show_kinds(found)
        elif name is None:
            _show_kind(kind, found)
        else:
            _show_entry(found)


def _pages(kinds: Mapping[str, Catalogue], kind: str | None, name: str | None) -> dict[str, str]:
    """Return pages by the name of their file."""
    from simulator.cli.pages import index_page, kind_page

    if kind is not None:
        found = _found(kinds, kind, name)
        return {kind: kind_page(kind, {name: found} if name is not None else found)}
    pages = {each: kind_page(each, _found(kinds, each, None)) for each in kinds}
    return {'README': index_page(_found(kinds, None, None)), **pages}


def _show_pages(pages: Mapping[str, str], out: Path | None) -> None:
    from simulator.recording.files import make_folder, write_text

    if out is None:
        click.echo('\n'.join(pages.values()), nl=False)
        return
    make_folder(out)
    for name, text in pages.items():
        write_text(out / f'{name}.md', text)
        click.echo(out / f'{name}.md')


def _found(kinds: Mapping[str, Catalogue], kind: str | None, name: str | None) -> dict[str, Any]:
    """Return what is asked for as plain data."""
    from simulator.catalogue import described
    from simulator.errors import BosphorusError, did_you_mean

    if kind is None:
        return {each: list(catalogue) for each, catalogue in kinds.items()}
    catalogue = _named(kinds, kind)
    if catalogue is None:
        raise BosphorusError(f'no kind {kind!r}{did_you_mean(kind, kinds)}')
    if name is None:
        return {each: described(catalogue, each) for each in catalogue}
    if name not in catalogue:
        raise BosphorusError(f'no {catalogue.kind} {name!r}{did_you_mean(name, catalogue)}')
    return described(catalogue, name)


def _named(kinds: Mapping[str, Catalogue], kind: str) -> Catalogue | None:
    """Return the catalogue called *kind*: `topologies`, `topology`, `models`, `model`..."""
    for name, catalogue in kinds.items():
        if kind in (name, name.removesuffix('s'), catalogue.kind):
            return catalogue
    return None


def _show_kinds(kinds: Mapping[str, list[str]]) -> None:
    from simulator.cli.tables import show_table

    show_table(['kind', 'entries'], [[kind, ', '.join(names)] for kind, names in kinds.items()])


def _show_kind(kind: str, entries: Mapping[str, Mapping[str, Any]]) -> None:
    from simulator.cli.tables import show_table

    rows = [
        [name, ', '.join(option['name'] for option in entry['options']), entry['summary']]
        for name, entry in entries.items()
    ]
    show_table(['name', 'options', 'what it is'], rows, title=kind)


def _show_entry(entry: Mapping[str, Any]) -> None:
    from simulator.cli.tables import show_table

    click.echo(f'{entry["name"]} ({entry["kind"]}, {entry["source"]})')
    click.echo(f'  {entry["summary"]}')
    if entry['options']:
        click.echo()
        show_table(
            ['option', 'type', 'default', 'what it is'],
            [
                [option['name'], option['type'], _default(option), option['description']]
                for option in entry['options']
            ],
        )
    if entry['references']:
        click.echo()
        for reference in entry['references']:
            click.echo(f'  {reference}')


def _default(option: Mapping[str, Any]) -> str:
    import json

    if option['required']:
        return 'required'
    if option['default'] is None:
        return '-'
    value = option['default']
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
