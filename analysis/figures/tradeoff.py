"""Accuracy against what it costs, and traffic from whom to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from analysis.figures.marks import mark
from analysis.figures.style import PAPER, USE_COLOURS, look, measure, spans_decades
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics import AXES, Cost, matrix
from analysis.text import quantity

__all__ = ['MATRIX', 'front', 'traffic_matrix']

MATRIX = 128
"""Nodes whose traffic matrix can be drawn."""


def front(
    ax: Axes, costs: Mapping[Group, Cost], *, x: Literal['seconds', 'bytes'] = 'seconds'
) -> Axes:
    """Draw accuracy against time or bytes, a mark a group: full on the Pareto front, else hollow.

    Parameters
    ----------
    ax : Axes
    costs : mapping of Group to Cost
        As returned by `analysis.metrics.costs`.
    x : {'seconds', 'bytes'}
        What it cost.
    """
    for g, cost in costs.items():
        colour, _, marker = look(g.index)
        fill = colour if cost.efficient else PAPER
        at = getattr(cost, x)
        style: Any = {'markersize': 9, 'markeredgewidth': 1.8, 'linestyle': 'none'}
        [dot] = ax.plot(at, cost.score, marker, color=colour, markerfacecolor=fill, **style)
        told = f'{g.label}: {quantity(cost.score, "share")} for {quantity(at, x)}'
        mark(dot, variant=g.index, tip=told + (', on the front' if cost.efficient else ''))
    values = [getattr(cost, x) for cost in costs.values()]
    log = spans_decades(values, 1.0)
    if not log:
        ax.set_xlim(0, 1.08 * max(values, default=1.0))
    ax.margins(y=0.15)
    measure(ax, 'x', x, AXES[x], log=log)
    measure(ax, 'y', 'share', 'final test accuracy')
    return ax


def traffic_matrix(ax: Axes, run: Run, *, most: float | None = None) -> Axes:
    """Draw the bytes from each node (row) to each (column), of nodes that took part.

    Parameters
    ----------
    ax : Axes
    run : Run
    most : float, optional
        Bytes that have the darkest colour, the same for figures that are to be compared.
    """
    table = matrix(run)
    used = np.flatnonzero(table.sum(axis=0) + table.sum(axis=1))
    table = table[np.ix_(used, used)]
    top = most or float(table.max(initial=0.0)) or 1.0
    level = np.ceil(table / top * (len(USE_COLOURS) - 1) - 1e-9).clip(0, len(USE_COLOURS) - 1)
    for number, colour in enumerate(USE_COLOURS):
        rows, columns = np.nonzero(level == number)
        _cells(ax, rows, columns, colour)
    step = 1 + (len(used) - 1) // 16
    ticks = range(0, len(used), step)
    ax.set_xticks(ticks, [str(node) for node in used[::step]])
    ax.set_yticks(ticks, [str(node) for node in used[::step]])
    ax.set_xlim(-0.5, len(used) - 0.5)
    ax.set_ylim(len(used) - 0.5, -0.5)
    ax.set_aspect('equal')
    ax.set_xlabel('to host')
    ax.set_ylabel('from host')
    ax.grid(visible=False)
    return ax


def _cells(ax: Axes, rows: NDArray[np.intp], columns: NDArray[np.intp], colour: str) -> None:
    """Draw all cells of one colour as one path."""
    if not len(rows):
        return
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5)])
    squares = [
        Outline(corners + np.array([column, row]), closed=True)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    outline = Outline.make_compound_path(*squares)
    ax.add_artist(PathPatch(outline, facecolor=colour, linewidth=0, zorder=2))
