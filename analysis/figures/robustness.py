"""What rules keep under attacks: heat maps, curves, and figures against a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from analysis.figures.marks import mark, trace
from analysis.figures.style import INK, MUTED, PAPER, USE_COLOURS, look, measure, spans_decades
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics import band, curve
from analysis.statistics import estimate
from analysis.text import Kind, folded, quantity

__all__ = ['against_number', 'heat_map', 'heat_map_size', 'rounds_of']

GAP: Final = 0.35
"""Between the table and the column of worst cases, in cells."""

_DARK = 3  # from this colour on, writing is light


def heat_map(
    ax: Axes,
    values: NDArray[np.float64],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    kind: Kind = 'share',
    rising: bool = True,
    digits: int = 2,
) -> Axes:
    """Draw a table of figures, the better the darker, and each row's worst at the right.

    Parameters
    ----------
    ax : Axes
    values : array, shape (rows, columns)
        NaN where there is none.
    rows, columns : sequence of str
    kind : str
        How the figures are written.
    rising : bool
        Whether more is better.
    digits : int
    """
    worst = _worst(values, rising=rising)
    scale = _scale(values, kind)
    low, high = np.nanmin(scale(values)), np.nanmax(scale(values))
    for row in range(len(rows)):
        for column, value in enumerate([*values[row], worst[row]]):
            place = column + GAP * (column == len(columns))
            level = _level(float(scale(value)), low, high, rising=rising)
            _cell(ax, row, place, level, quantity(value, kind, digits))
    names = [folded(name.replace('_', ' '), 11, 4) for name in (*columns, 'worst case')]
    ax.set_xticks([*range(len(columns)), len(columns) + GAP], names)
    ax.set_yticks(range(len(rows)), [folded(name.replace('_', ' '), 24, 2) for name in rows])
    ax.set_xlim(-0.5, len(columns) + GAP + 0.5)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.tick_params(top=True, bottom=False, labeltop=True, labelbottom=False, length=0)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def heat_map_size(rows: Sequence[str], columns: Sequence[str]) -> tuple[float, float]:
    """Return the size, in points, of a heat map in which all can be read."""
    width, height = 130.0 + 54.0 * (len(columns) + 1), 62.0 + 27.0 * len(rows)
    return max(width, 440.0), height


def rounds_of(
    ax: Axes, groups: Sequence[Group], y: str, label: str, *, kind: Kind = 'number'
) -> Axes:
    """Draw a metric of the whole run against rounds, a line a group: the mean of the seeds."""
    shown = []
    for g in groups:
        mean = band([curve(run) for run in g.runs], 'rounds', y)
        if len(mean):
            colour, dash, marker = look(g.index)
            every = (g.index % 3, max(1, len(mean) // 7))
            style: Any = {'color': colour, 'linestyle': dash, 'marker': marker, 'markevery': every}
            [line] = ax.plot(mean['rounds'], mean['mean'], label=g.label, **style)
            trace(line, variant=g.index, name=g.label)
            shown.append(mean['mean'])
    ax.set_xlim(left=0)
    measure(ax, 'x', 'number', 'rounds')
    log = kind == 'number' and spans_decades(np.concatenate(shown), 1.5) if shown else False
    if not log:
        ax.set_ylim(bottom=0)
    measure(ax, 'y', kind, label, log=log)
    return ax


def against_number(
    ax: Axes,
    lines: Sequence[tuple[Group, Sequence[float], Sequence[Group]]],
    figure: Callable[[Run], float],
    *,
    x: str,
    y: str,
    kind: Kind = 'number',
    log: bool = False,
) -> Axes:
    """Draw a figure against a number, a line a series; bars reach from the least to the most seed.

    Parameters
    ----------
    ax : Axes
    lines : sequence of (Group, numbers, groups)
        The group whose look a line has, its numbers, and the group at each.
    figure : callable
    x, y : str
        What stands beside the axes.
    kind : str
    log : bool
        Whether both axes are logarithmic.
    """
    for like, numbers, groups in lines:
        colour, dash, marker = look(like.index)
        found = [estimate([figure(run) for run in g.runs]) for g in groups]
        means = [one.mean for one in found]
        [line] = ax.plot(numbers, means, color=colour, linestyle=dash, marker=marker)
        trace(line, variant=like.index, name=like.label)
        if any(one.seeds > 1 for one in found):
            lows, highs = [one.low for one in found], [one.high for one in found]
            bars = ax.vlines(numbers, lows, highs, color=colour, alpha=0.35, linewidth=4)
            mark(bars, variant=like.index)
    measure(ax, 'x', 'number', x, log=log)
    if not log:
        ax.set_ylim(bottom=0)
    measure(ax, 'y', kind, y, log=log)
    return ax


def _scale(values: NDArray[np.float64], kind: Kind) -> Callable[[Any], Any]:
    """Return what makes of figures something to colour by: logarithms where they vary a lot.

    Of shares, logarithms of what is missing: 0.99 is as far from 0.9 as that is from 0.
    """
    if kind == 'share':
        return lambda share: -np.log(1.01 - np.asarray(share))
    return np.log if spans_decades(values, 1.2) else np.asarray


def _worst(values: NDArray[np.float64], *, rising: bool) -> list[float]:
    pick = np.nanmin if rising else np.nanmax
    return [float(pick(row)) if not np.isnan(row).all() else float('nan') for row in values]


def _level(value: float, low: float, high: float, *, rising: bool) -> int:
    """Return the place of a figure among the colours, the best the darkest."""
    if np.isnan(value) or high <= low:
        return 0
    share = (value - low) / (high - low)
    return min(int((share if rising else 1 - share) * len(USE_COLOURS)), len(USE_COLOURS) - 1)


def _cell(ax: Axes, row: int, place: float, level: int, text: str) -> None:
    box = Rectangle((place - 0.48, row - 0.46), 0.96, 0.92, color=USE_COLOURS[level], linewidth=0)
    ax.add_patch(box)
    colour = PAPER if level >= _DARK else INK
    ax.text(place, row, text, ha='center', va='center', color=colour if text != '–' else MUTED)
