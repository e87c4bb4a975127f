"""Executions of placed graphs: what made their time, and what they moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes

from analysis.figures.style import ACTIVITY_COLOURS, INK, MUTED, beside, measure, name_rows
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics.placement import placed
from analysis.statistics import estimate
from analysis.text import Kind, quantity

__all__ = ['MADE_OF', 'makespan_bars', 'placement_bars']

MADE_OF = {'compute': 'critical_compute_seconds', 'transfer': 'critical_transfer_seconds'}
"""What the critical path of an execution consists of, by its colour."""


def makespan_bars(
    ax: Axes, groups: Sequence[Group], labels: Sequence[str], *, least: float = float('nan')
) -> Axes:
    """Draw the makespan of each group as a bar, made of what is on its critical path.

    Parameters
    ----------
    ax : Axes
    groups : sequence of Group
    labels : sequence of str
        Their names beside the bars.
    least : float
        What no placement can be faster than, s: an upright line.
    """
    for row, g in enumerate(groups):
        left = 0.0
        for colour, key in MADE_OF.items():
            width = estimate([placed(run, key) for run in g.runs]).mean
            ax.barh(row, width, 0.62, left, color=ACTIVITY_COLOURS[colour], linewidth=0)
            left += width
        _spread(ax, row, g, lambda run: placed(run, 'makespan'), 'seconds')
    if least == least:  # known
        ax.axvline(least, color=INK, linewidth=1, linestyle=(0, (3, 2)))
    return _rows(ax, labels, 'seconds', 'makespan')


def placement_bars(
    ax: Axes, groups: Sequence[Group], labels: Sequence[str], *, key: str, kind: Kind, axis: str
) -> Axes:
    """Draw a figure of the study, such as `bytes`, as a bar for each group."""
    for row, g in enumerate(groups):
        value = estimate([placed(run, key) for run in g.runs])
        ax.barh(row, value.mean, 0.62, color=ACTIVITY_COLOURS['wait'], linewidth=0)
        _spread(ax, row, g, lambda run: placed(run, key), kind)
    return _rows(ax, labels, kind, axis)


def _spread(ax: Axes, row: int, g: Group, figure: Callable[[Run], float], kind: Kind) -> None:
    """Write the mean beside a bar, and draw the range of the seeds."""
    value = estimate([figure(run) for run in g.runs])
    if value.seeds > 1:
        ax.plot([value.low, value.high], [row, row], color=MUTED, linewidth=2)
    beside(ax, max(value.mean, value.high), row, quantity(value.mean, kind))


def _rows(ax: Axes, labels: Sequence[str], kind: Kind, axis: str) -> Axes:
    name_rows(ax, labels)
    ax.set_xlim(0, 1.25 * ax.get_xlim()[1])  # room for the figures beside the bars
    measure(ax, 'x', kind, axis)
    return ax
