"""Measured against what a closed form promised."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from analysis.figures.marks import mark
from analysis.figures.style import MUTED, beside, look, measure, name_rows
from analysis.groups import Group
from analysis.metrics import predictions
from analysis.text import kind_of, quantity

__all__ = ['prediction_bars']


def prediction_bars(ax: Axes, groups: Sequence[Group]) -> Axes:
    """Draw what was measured (full) over what was predicted (hollow), as multiples of it."""
    rows = [(g, str(name), row) for g in groups for name, row in predictions(g).iterrows()]
    for y, (g, name, row) in enumerate(rows):
        ratio = float(row['ratio'])
        [bar] = ax.barh(y, ratio, 0.4, color=look(g.index).colour, linewidth=0)
        ax.barh(y, 1.0, 0.74, facecolor='none', edgecolor=MUTED, linewidth=1.0)
        measured, predicted = (quantity(row[c], kind_of(name)) for c in ('measured', 'predicted'))
        tip = f'{g.label}, {name.replace("_", " ")}: {measured}, predicted {predicted}'
        mark(bar, variant=g.index, tip=tip)
        text = f'{ratio:.3f} × ({measured})'
        beside(ax, max(1.0, ratio), y, text)
    name_rows(ax, [f'{g.label}\n{name.replace("_", " ")}' for g, name, _ in rows])
    # room on the right for what is written there
    ax.set_xlim(0, 1.55 * max([1.0, *(float(row['ratio']) for _, _, row in rows)]))
    measure(ax, 'x', 'number', 'measured / closed form')
    return ax
