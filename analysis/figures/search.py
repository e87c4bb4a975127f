"""What placements that search by trying had found, against the executions they used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Any

from matplotlib.axes import Axes

from analysis.figures.marks import mark, trace
from analysis.figures.style import MUTED, look, measure, spans_decades
from analysis.groups import Group
from analysis.metrics.curves import band
from analysis.metrics.search import search
from analysis.text import quantity

__all__ = ['search_curves']

APART = 0.062  # between names of levels, as a share of the height


def search_curves(
    ax: Axes,
    groups: Sequence[Group],
    labels: Mapping[str, int],
    *,
    y: str = 'best_seconds',
    levels: Mapping[str, float] | None = None,
) -> Axes:
    """Draw what was found against the budget: the mean of the seeds and their range.

    Parameters
    ----------
    ax : Axes
    groups : sequence of Group
        Placements that search, one line each.
    labels : mapping of str to int
        Their names, and what their looks go by.
    y : str
        `best_seconds`, of the best placement met so far, or `trial_seconds`, of those tried.
    levels : mapping of str to float, optional
        Makespans of placements that need no execution, s: level lines, by name.
    """
    levels, most = levels or {}, 0.0
    heights = list(levels.values())
    for g, (name, index) in zip(groups, labels.items(), strict=True):
        mean = band([search(run) for run in g.runs], 'executions', y)
        colour, dash, _ = look(index)
        if len(g.runs) > 1:
            ends = (mean['low'], mean['high'])
            mark(
                ax.fill_between(mean['executions'], *ends, color=colour, alpha=0.18, linewidth=0),
                variant=index,
            )
        [line] = ax.plot(mean['executions'], mean['mean'], color=colour, linestyle=dash, label=name)
        trace(line, variant=index, name=name)
        heights += [*mean['low'], *mean['high']]
        most = max(most, float(mean['executions'].max()))
    log = spans_decades(heights, 0.7)
    ax.set_xlim(0, most)
    ax.set_ylim(0.9 * min(heights), 1.05 * max(heights))
    measure(ax, 'x', 'number', 'executions')
    measure(ax, 'y', 'seconds', 'makespan', log=log)
    _levels(ax, levels, most)
    return ax


def _levels(ax: Axes, levels: Mapping[str, float], right: float) -> None:
    """Draw a line at each level and write its name at the right, none upon another."""
    style: Any = {'ha': 'left', 'va': 'center', 'fontsize': 8.5, 'color': MUTED}
    free = -1.0
    for name, height in sorted(levels.items(), key=lambda pair: pair[1]):
        line = ax.axhline(height, color=MUTED, linewidth=1.0, dashes=(2, 2), zorder=1)
        mark(line, tip=f'{name}: {quantity(height, "seconds")}')
        place = float(ax.transAxes.inverted().transform(ax.transData.transform((0, height)))[1])
        free = max(place, free + APART)
        ax.text(1.02, free, shorten(name, 18, placeholder=' ...'), transform=ax.transAxes, **style)
