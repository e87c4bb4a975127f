"""Catalogues as Markdown: a page a kind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ['index_page', 'kind_page']


def kind_page(kind: str, entries: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the page of a kind: a table of its entries, then each with options and sources.

    Parameters
    ----------
    kind : str
        Such as ``aggregation``.
    entries : mapping
        What `simulator.catalogue.described` says of each entry, by name.
    """
    lines = [f'# {kind}', '', '| name | what it is |', '|---|---|']
    lines += [
        f'| [`{name}`](#{name}) | {_cell(each["summary"])} |' for name, each in entries.items()
    ]
    for name, each in entries.items():
        lines += ['', *_entry(name, each)]
    return '\n'.join(lines) + '\n'


def index_page(kinds: Mapping[str, list[str]]) -> str:
    """Return the page that leads to the others."""
    lines = [
        '# What a scenario may choose',
        '',
        'Made by `make docs`, that is `bosphorus list --format md --out FOLDER`; a test keeps it',
        'fresh. `bosphorus list KIND NAME` prints the same.',
        '',
        '| kind | entries |',
        '|---|---|',
    ]
    lines += [
        f'| [{kind}]({kind}.md) | {", ".join(f"`{name}`" for name in names)} |'
        for kind, names in kinds.items()
    ]
    return '\n'.join(lines) + '\n'


def _entry(name: str, entry: Mapping[str, Any]) -> Iterator[str]:
    yield f'## {name}'
    yield ''
    yield entry['summary']
    if entry['options']:
        yield from ('', '| option | type | default | what it is |', '|---|---|---|---|')
        for option in entry['options']:
            told = [option['type'], _default(option), option['description']]
            yield f'| `{option["name"]}` | {" | ".join(map(_cell, told))} |'
    if entry['references']:
        yield ''
        for reference in entry['references']:
            yield f'- {reference}'


def _default(option: Mapping[str, Any]) -> str:
    if option['required']:
        return 'required'
    value = option['default']
    if value is None:
        return ''
    return f'`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`'


def _cell(text: str) -> str:
    return ' '.join(str(text).split()).replace('|', '\\|')
