"""Sentences made of figures: comparisons that claim no more than the seeds allow."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup

from analysis.groups import Group
from analysis.statistics import FEW, Comparison
from analysis.text import Kind, quantity, share, times

__all__ = [
    'bold',
    'capital',
    'clauses',
    'interval',
    'names',
    'say',
    'seeds',
    'series',
    'several',
    'sooner',
    'sureness',
]

_FIRST_LETTER = re.compile(r'^((?:<[^>]*>)*)([a-z])(?=[a-z ])')


def say(text: str, *values: object) -> Markup:
    """Return *text* with *values* in its braces, escaped unless they are markup already.

    Examples
    --------
    >>> say('{} takes {}', bold('a < b'), '3 s')
    Markup('<b>a &lt; b</b> takes 3 s')
    """
    return Markup(text).format(*values)  # noqa: S704 (texts are ours, values are escaped)


def bold(g: Group | str) -> Markup:
    """Return the name of a group as it stands in a sentence."""
    return say('<b>{}</b>', g if isinstance(g, str) else g.label)


def series(parts: Sequence[Markup | str], word: str = 'and') -> Markup:
    """Return *parts* as a sentence lists them.

    Examples
    --------
    >>> series([bold('a'), 'b', 'c'])
    Markup('<b>a</b>, b and c')
    """
    if len(parts) < 2:
        return Markup('').join(parts)
    return say('{} {} {}', Markup(', ').join(parts[:-1]), word, parts[-1])


def clauses(parts: Sequence[Markup | str]) -> Markup:
    """Return *parts*, which hold commas of their own, one after the other."""
    return Markup('; ').join(parts)


def capital(sentence: Markup) -> Markup:
    """Return a sentence that begins with a capital, also where it begins with a name.

    Examples
    --------
    >>> capital(say('{} is first', bold('ring'))), capital(say('{} is first', bold('f=2')))
    (Markup('<b>Ring</b> is first'), Markup('<b>f=2</b> is first'))
    """
    begun = _FIRST_LETTER.sub(lambda match: match[1] + match[2].upper(), sentence)
    return Markup(begun)  # noqa: S704 (only a letter was changed)


def names(groups: Sequence[Group | str], word: str = 'and', most: int = 6) -> Markup:
    """Return the names of *groups* as a list; the rest of a long one as a number."""
    shown: list[Markup | str] = [bold(g) for g in groups[:most]]
    if len(groups) > most:
        shown.append(f'{len(groups) - most} more')
    return series(shown, word)


def several(count: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> several(1, 'seed'), several(3, 'seed')
    ('1 seed', '3 seeds')
    """
    return f'{count:,} {noun}{"" if count == 1 else "s"}'


def seeds(count: int) -> str:
    """Return on how many seeds a figure rests."""
    return 'one seed' if count == 1 else f'mean of {count} seeds'


def sooner(ratio: float) -> str:
    """Return by how much a time is shorter, in the words for its size.

    Examples
    --------
    >>> sooner(3.4), sooner(1.25), sooner(1.004)
    ('3.4 times sooner', '20 % sooner', '0.4 % sooner')
    """
    return f'{times(ratio)} times sooner' if ratio >= 1.5 else f'{share(1 - 1 / ratio)} sooner'


def interval(comparison: Comparison, kind: Kind | None = None, what: str = '') -> str:
    """Return the interval of a comparison; '' with fewer than two seeds."""
    if comparison.seeds < 2:
        return ''
    write = times if kind is None else (lambda value: quantity(value, kind))
    ends = f'{write(comparison.low)} to {write(comparison.high)}'.replace('-', '−')
    return ' '.join(filter(None, ('95 % interval', what, ends)))


def sureness(counts: Sequence[int]) -> str:
    """Return how far figures over so many seeds (per variant) can be trusted."""
    least, most = min(counts), max(counts)
    if most == 1:
        return (
            'One seed each: luck and difference cannot be told apart. Vary the seed for intervals.'
        )
    number = f'{least}' if least == most else f'{least} to {most}'
    if len(counts) == 1:
        return f'{number} seeds.'
    basis = (
        f'{number} seeds each, compared seed by seed: the same seed makes the same workers slow '
        'everywhere. Intervals are 95 % bootstrap intervals.'
    )
    if least < FEW:
        basis += (
            f' From fewer than {FEW} seeds they come out too narrow: take them as an indication.'
        )
    return basis
