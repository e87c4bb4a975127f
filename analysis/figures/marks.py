"""What a figure tells a page about itself: whose an artist is, its value, its scales.

It is carried in the artists' own group ids (`gid`), so figures stay plain matplotlib in a notebook;
`analysis.figures.svg.inline` turns it into attributes that a page's script can read.
"""

from __future__ import annotations

import json
from typing import Any, Final, TypeVar
from urllib.parse import quote, unquote

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ['PREFIX', 'mark', 'plotted', 'read', 'told', 'trace']

PREFIX: Final = 'mark:'

A = TypeVar('A', bound=Artist)

_DIGITS = 5  # of the values a page can show
_MOST = 120  # points of a line that a page can show one by one


def mark(artist: A, *, variant: int | None = None, tip: str = '', kind: str = '') -> A:
    """Say that *artist* belongs to the variant with an index, and what its value is.

    Parameters
    ----------
    artist : Artist
    variant : int, optional
        `Group.index`: a page hides it together with all that belongs to the variant.
    tip : str
        What a page shows where the pointer rests on it.
    kind : str
        What is measured along an axis (`analysis.text.Kind`).

    Returns
    -------
    Artist
        The same.

    Examples
    --------
    >>> from matplotlib.lines import Line2D
    >>> told(mark(Line2D([], []), variant=3, tip='ring: 1.2 s'))
    {'v': 3, 'tip': 'ring: 1.2 s'}
    """
    return _tell(artist, _known(v=variant, tip=tip or None, kind=kind or None))


def trace(artist: A, *, variant: int, name: str) -> A:
    """Say that *artist* is the line of a variant, whose points a page may tell one by one."""
    return _tell(artist, {'v': variant, 'name': name})


def told(artist: Artist) -> dict[str, Any]:
    """Return what was said of *artist*; {} where nothing was."""
    gid = artist.get_gid() or ''
    if not gid.startswith(PREFIX):
        return {}
    return read(gid.removeprefix(PREFIX))


def read(text: str) -> dict[str, Any]:
    """Return what a group id tells after `PREFIX`."""
    content: dict[str, Any] = json.loads(unquote(text))
    return content


def plotted(figure: Figure) -> str:
    """Return the points of a figure's traces and its scales, as JSON; '' without traces.

    Places are points from the upper left corner, as in the SVG; values are in SI base units.
    """
    for ax in figure.axes:
        lines = [_points(line, told(line)) for line in ax.lines if 'name' in told(line)]
        if lines := [line for line in lines if line['x']]:
            box = ax.get_window_extent()
            height = figure.bbox.height
            places = [box.x0, height - box.y0, box.x1, height - box.y1]
            content = {'box': [round(float(p), 1) for p in places], 'lines': lines}
            content |= {'x': _scale(ax, 'x'), 'y': _scale(ax, 'y')}
            return json.dumps(content, separators=(',', ':'))
    return ''


def _tell(artist: A, content: dict[str, Any]) -> A:
    # quoted, for what writes the SVG has its own ways with quotes and brackets
    artist.set_gid(PREFIX + quote(json.dumps(content)))
    return artist


def _points(line: Any, content: dict[str, Any]) -> dict[str, Any]:
    x, y = (np.asarray(values, dtype=float) for values in line.get_data())
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if len(x) > _MOST:
        chosen = np.unique(np.linspace(0, len(x) - 1, _MOST).round().astype(int))
        x, y = x[chosen], y[chosen]
    return {**content, 'x': _short(x), 'y': _short(y)}


def _scale(ax: Axes, which: str) -> dict[str, Any]:
    axis, (low, high) = (ax.xaxis, ax.get_xlim()) if which == 'x' else (ax.yaxis, ax.get_ylim())
    log = (ax.get_xscale() if which == 'x' else ax.get_yscale()) == 'log'
    ends = _short(np.array([low, high]))
    return {'kind': told(axis).get('kind', 'number'), 'log': int(log), 'ends': ends}


def _short(values: Any) -> list[float]:
    numbers = [float(f'{value:.{_DIGITS}g}') for value in values]
    return [int(n) if n == int(n) and abs(n) < 1e15 else n for n in numbers]


def _known(**content: Any) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value is not None}
