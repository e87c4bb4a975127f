"""Measured against what a closed form promised."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from analysis.figures.style import MUTED, look
from analysis.groups import Group
from analysis.metrics import predictions
from analysis.text import kind_of, number, quantity

__all__ = ['prediction_bars']


def prediction_bars(ax: Axes, groups: Sequence[Group]) -> Axes:
    """Draw measured / predicted as bars from 1, one for each variant and figure."""
    rows = [(g, str(name), row) for g in groups for name, row in predictions(g).iterrows()]
    for y, (g, _, row) in enumerate(rows):
        ax.barh(y, row['ratio'] - 1, 0.6, left=1, color=look(g.index).colour, linewidth=0)
        ax.plot(row['ratio'], y, look(g.index).marker, color=look(g.index).colour)
    names = [f'{g.label}\n{name.replace("_", " ")}' for g, name, _ in rows]
    ax.set_yticks(range(len(rows)), names)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.axvline(1, color=MUTED, linewidth=1.2)
    _widen(ax, [float(row['ratio']) for _, _, row in rows])
    for y, (_, name, row) in enumerate(rows):
        _beside(ax, y, name, row['measured'], row['ratio'])
    ax.grid(axis='y', visible=False)
    ax.set_xlabel('measured / closed form')
    return ax


def _widen(ax: Axes, ratios: list[float]) -> None:
    """Keep 1 and every ratio inside, and enough around them that 1.001 looks like 1."""
    low, high = min(1.0, *ratios), max(1.0, *ratios)
    room = max(0.1, high - low)
    ax.set_xlim(low - 0.15 * room, high + 0.6 * room)


def _beside(ax: Axes, y: int, name: str, measured: float, ratio: float) -> None:
    text = f'  {number(ratio, 4)} × ({quantity(measured, kind_of(name))})'
    ax.text(max(1.0, ratio), y, text, va='center', ha='left', fontsize=9)
