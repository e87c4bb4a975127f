"""Figures as people read them: units, significant digits, lists."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap
from typing import Literal

from simulator.units import Bytes, BytesPerSecond, Seconds, format_quantity

__all__ = [
    'Kind',
    'folded',
    'kind_of',
    'listed',
    'number',
    'quantity',
    'share',
    'spread',
    'times',
    'unit_name',
    'unit_of',
]

Kind = Literal['seconds', 'bytes', 'bytes_per_second', 'share', 'number']
"""What a figure is, and so how it is written."""

_UNITS = {'seconds': Seconds, 'bytes': Bytes, 'bytes_per_second': BytesPerSecond}
_PREFIXES = {
    'n': 1e-9, 'µ': 1e-6, 'm': 1e-3, 'k': 1e3, 'M': 1e6, 'G': 1e9, 'T': 1e12, 'P': 1e15, 'E': 1e18,
}  # fmt: skip
_SHARES = ('accuracy', 'utilisation', 'share')


def quantity(value: float, kind: Kind, digits: int = 3) -> str:
    """Return *value* with the unit and the digits that suit it; a dash where there is none.

    Parameters
    ----------
    value : float
        In SI base units; rates in bytes a second are written in bits a second.
    kind : str
        What it is.
    digits : int
        Significant digits.

    Examples
    --------
    >>> quantity(0.14137, 'seconds'), quantity(3.121e7, 'bytes_per_second')
    ('141 ms', '250 Mb/s')
    >>> quantity(0.96812, 'share'), quantity(28800, 'number'), quantity(float('nan'), 'bytes')
    ('0.968', '28,800', '–')
    """
    if math.isnan(value):
        return '–'
    if kind == 'share':
        return f'{value:.{digits}f}'
    if kind == 'number':
        return number(value, digits)
    if kind == 'bytes_per_second':
        # written in bits, so to be rounded as bits
        value, rounded = float(f'{8 * value:.{digits}g}') / 8, None
    else:
        rounded = digits
    return format_quantity(value, _UNITS[kind], rounded).replace(' us', ' µs')


def spread(mean: float, deviation: float, kind: Kind) -> str:
    """Return a mean and its standard deviation in one unit, to a digit that shows the latter.

    Examples
    --------
    >>> spread(1.2345, 0.0312, 'seconds'), spread(0.968, 0.0021, 'share')
    ('1.23 ± 0.03 s', '0.968 ± 0.002')
    >>> spread(0.1484, 0.00052, 'seconds'), spread(28800, 0.0, 'number')
    ('148.4 ± 0.5 ms', '28,800 ± 0')
    >>> spread(0.5, float('nan'), 'seconds')
    '500 ms'
    """
    if math.isnan(mean) or math.isnan(deviation):
        return quantity(mean, kind)
    size, unit = unit_of(kind, abs(mean))
    # three digits of the mean, one more where the deviation is that small
    decimals = 3 if kind == 'share' else max(0, 2 - _magnitude(mean / size))
    if deviation > 0:
        decimals += min(1, max(0, -_magnitude(deviation / size) - decimals))
    return f'{mean / size:,.{decimals}f} ± {deviation / size:,.{decimals}f} {unit}'.rstrip()


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def unit_of(kind: Kind, most: float) -> tuple[float, str]:
    """Return the unit that suits values up to *most*: its size and its name.

    Examples
    --------
    >>> unit_of('seconds', 0.12), unit_of('bytes_per_second', 1.25e9), unit_of('share', 0.5)
    ((0.001, 'ms'), (125000000.0, 'Gb/s'), (1.0, ''))
    """
    base = {'seconds': 's', 'bytes': 'B', 'bytes_per_second': 'b/s'}.get(kind, '')
    if not base or most <= 0 or not math.isfinite(most):
        return 1.0, base
    name = quantity(most, kind).split()[1]
    size = _PREFIXES.get(name.removesuffix(base), 1.0)
    return (size / 8 if kind == 'bytes_per_second' else size), name


def unit_name(name: str) -> str:
    """Return the unit of a figure by its name: `s`, `byte`, `byte/s`, or `1` for a pure number.

    Examples
    --------
    >>> [unit_name(name) for name in ('wall_seconds', 'bytes_to_target', 'rounds', 'x_per_second')]
    ['s', 'byte', '1', '1/s']
    """
    if name.endswith('_per_second') and not name.endswith('bytes_per_second'):
        return '1/s'
    units = {'seconds': 's', 'bytes': 'byte', 'bytes_per_second': 'byte/s'}
    return units.get(kind_of(name), '1')


def number(value: float, digits: int = 3) -> str:
    """Return a plain number: whole where it is, grouped by thousands.

    Examples
    --------
    >>> number(1234567.0), number(2.34567), number(0.0001234), number(15.5), number(7.5948e27)
    ('1,234,567', '2.35', '0.000123', '15.5', '7.59e+27')
    """
    if math.isnan(value):
        return '–'
    if abs(value) >= 1e15:  # a run that diverged: so many digits say nothing
        return f'{value:.{digits}g}'
    if value == int(value):
        return f'{int(value):,}'
    if abs(value) >= 10**digits:
        return f'{value:,.0f}'
    return f'{value:.{digits}g}'


def share(value: float) -> str:
    """Return a share in percent.

    Examples
    --------
    >>> share(0.431), share(0.0123), share(0.0), share(0.00001), share(1.0)
    ('43 %', '1.2 %', '0 %', '< 0.1 %', '100 %')
    """
    percent = 100 * value
    if math.isnan(value):
        return '–'
    if 0 < percent < 0.1:
        return '< 0.1 %'
    return f'{percent:.0f} %' if percent >= 9.95 or percent == 0 else f'{percent:.1f} %'


def times(ratio: float) -> str:
    """Return a ratio as a factor; small ones keep two decimals.

    Examples
    --------
    >>> times(3.42), times(1.084), times(47.3)
    ('3.4', '1.08', '47')
    """
    if ratio < 2:
        return f'{ratio:.2f}'
    return f'{ratio:.1f}' if ratio < 10 else number(ratio, 2)


def folded(label: str, width: int = 20, lines: int = 2, *, widest: int = 0) -> str:
    r"""Return a long name in *lines* lines at most; where that is too short, without its middle.

    Lines are of *width* letters, or more where a name needs them, up to *widest*.

    Examples
    --------
    >>> folded('median, with a rather long name indeed')
    'median, with a\n... long name indeed'
    >>> folded('median, with a rather long name indeed', widest=30)
    'median, with a rather\nlong name indeed'
    """
    letters = width
    while len(found := wrap(label, letters)) > lines and letters < widest:
        letters += 1
    if len(found) <= lines:
        return '\n'.join(found)
    end = label[3 - letters :].split(' ', 1)[-1]
    return '\n'.join([*found[: lines - 1], f'... {end}'])


def listed(items: Sequence[str], word: str = 'and') -> str:
    """Return *items* as a sentence lists them.

    Examples
    --------
    >>> listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])
    ('a', 'a and b', 'a, b and c')
    """
    if len(items) < 2:
        return ''.join(items)
    return f'{", ".join(items[:-1])} {word} {items[-1]}'


def kind_of(name: str) -> Kind:
    """Return the kind of a figure by its name.

    Examples
    --------
    >>> kind_of('simulated_seconds'), kind_of('bytes_per_round'), kind_of('test_accuracy')
    ('seconds', 'bytes', 'share')
    >>> kind_of('messages'), kind_of('bus_bytes_per_second'), kind_of('time_to_target')
    ('number', 'bytes_per_second', 'seconds')
    """
    if name.endswith(('bytes_per_second', 'bandwidth')):
        return 'bytes_per_second'
    words = name.split('_')
    if name.endswith('_per_second'):
        return 'number'
    if 'seconds' in words or 'time' in words:
        return 'seconds'
    if 'bytes' in words:
        return 'bytes'
    return 'share' if any(word in words for word in _SHARES) else 'number'
