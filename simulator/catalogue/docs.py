"""Read a numpydoc docstring: what `bosphorus list` and the editors' schema tell of an entry."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ['Doc', 'read_doc']

_UNDERLINE = re.compile(r'-{3,}\s*')
_CITATION = re.compile(r'\.\. \[\w+\]\s*')
_MARKUP = re.compile(r'`{1,2}([^`]+)`{1,2}|\*(\w+)\*')


class Doc(NamedTuple):
    """The parts of a docstring that are shown.

    Attributes
    ----------
    summary : str
        First paragraph.
    parameters : dict of str to str
        Description of each parameter, on one line.
    references : tuple of str
        One citation each.
    """

    summary: str
    parameters: dict[str, str]
    references: tuple[str, ...]


def read_doc(thing: object) -> Doc:
    """Return the documentation of a function or class.

    Examples
    --------
    >>> def krum(vectors, *, f):
    ...     '''Pick the vector with the closest neighbours.
    ...
    ...     Parameters
    ...     ----------
    ...     f : int
    ...         Byzantine workers
    ...         to survive.
    ...     '''
    >>> read_doc(krum).summary, read_doc(krum).parameters
    ('Pick the vector with the closest neighbours.', {'f': 'Byzantine workers to survive.'})
    """
    text = inspect.cleandoc(getattr(thing, '__doc__', None) or '')
    sections = dict(_sections(text))
    summary = sections.pop('', '').partition('\n\n')[0]
    # an entry that is a class may document its options as attributes
    listed = sections.get('Attributes', '') + '\n' + sections.get('Parameters', '')
    return Doc(
        _one_line(summary), dict(_parameters(listed)), _references(sections.get('References', ''))
    )


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield (title, body) of each section; the part before the first has the title ''."""
    title, body = '', list[str]()
    lines = text.splitlines()
    # one "" too many where there is no text at all
    for line, following in zip(lines, [*lines[1:], ''], strict=False):
        if _UNDERLINE.fullmatch(line):
            continue
        if _UNDERLINE.fullmatch(following) and line.strip():
            yield title, '\n'.join(body)
            title, body = line.strip(), []
        else:
            body.append(line)
    yield title, '\n'.join(body)


def _parameters(section: str) -> Iterator[tuple[str, str]]:
    for block in re.split(r'\n(?=\S)', section.strip('\n')):
        head, _, body = block.partition('\n')
        for name in head.partition(':')[0].split(','):
            if name.strip():
                yield name.strip().lstrip('*'), _one_line(body)


def _references(section: str) -> tuple[str, ...]:
    blocks = re.split(r'\n(?=\.\. \[)|\n\s*\n', section.strip())
    return tuple(_one_line(_CITATION.sub('', block)) for block in blocks if block.strip())


def _one_line(text: str) -> str:
    return _MARKUP.sub(lambda found: found[1] or found[2], ' '.join(text.split()))
