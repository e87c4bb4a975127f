"""Sentences and pictures of a page in Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any, Final

from analysis.report.blocks import Mark

__all__ = ['FILTERS', 'alternative', 'cell', 'colour', 'markdown']

_VARIABLE = re.compile(r'var\(--([a-z]+)-?(\d*)\)')
_SPECIAL = re.compile(r'([*_`\[\]<>#|\\])')
_COLOURS: Final = ('blue', 'vermilion', 'green', 'purple', 'orange', 'sky blue', 'brown')


def markdown(sentence: Any) -> str:
    r"""Return a sentence of a page in Markdown.

    Examples
    --------
    >>> from markupsafe import Markup
    >>> markdown(Markup('<b>f_2</b> is first'))
    '**f\\_2** is first'
    """
    parts = re.split(r'(</?b>)', str(sentence))
    return ''.join('**' if part in ('<b>', '</b>') else _plain(part) for part in parts)


def cell(text: Any) -> str:
    r"""Return a text as a cell of a table holds it.

    Examples
    --------
    >>> cell('a|b')
    'a\\|b'
    """
    return str(text).replace('|', '\\|').replace('\n', ' ')


def alternative(picture: Any) -> str:
    """Return what a picture shows, from its own label."""
    found = re.search(r'aria-label="([^"]*)"', str(picture))
    return _plain(found[1]) if found else ''


def colour(mark: Mark) -> str:
    """Return the colour of a line in words, for a legend that can't draw; '' for a patch.

    Examples
    --------
    >>> from analysis.report.blocks import sample
    >>> colour(Mark(sample(1), 'ring', 1))
    'vermilion: '
    """
    found = _VARIABLE.search(str(mark.sample))
    if not found or found[1] != 'variant':
        return ''
    return f'{_COLOURS[int(found[2])]}: '


def _plain(text: str) -> str:
    return _SPECIAL.sub(r'\\\1', unescape(re.sub(r'<[^>]*>', '', text)))


FILTERS: Final[dict[str, Callable[..., str]]] = {
    'markdown': markdown,
    'cell': cell,
    'alternative': alternative,
    'colour': colour,
}
"""What the template of Markdown calls them."""
