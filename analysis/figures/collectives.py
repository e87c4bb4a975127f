"""Collectives without learning: time and bandwidth against size or ranks, and their steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from analysis.figures.marks import mark, trace
from analysis.figures.style import MUTED, beside, look, measure, name_rows, spans_decades
from analysis.load import Run
from analysis.metrics import bus_bandwidth, call_seconds, first_call, predictions
from analysis.series import Series
from analysis.statistics import estimate
from analysis.text import Kind, quantity

__all__ = ['STEPS', 'against', 'call_bars', 'step_diagram', 'steps_drawn']

STEPS: Final = 16
"""Ranks a step diagram can show."""

_ARROWS = 240
_STEP_COLOURS = ('#0072b2', '#d55e00', '#009e73', '#cc79a7')
_FIGURES: Final[dict[str, tuple[Callable[[Run], float], Kind, str]]] = {
    'seconds': (call_seconds, 'seconds', 'time of a call'),
    'bus_bandwidth': (bus_bandwidth, 'bytes_per_second', 'bus bandwidth'),
}


def against(ax: Axes, series: Sequence[Series], *, y: str = 'seconds', legend: bool = True) -> Axes:
    """Draw the time of a call, or its bus bandwidth, against the varied key.

    Parameters
    ----------
    ax : Axes
    series : sequence of Series
        One line each, as made by `analysis.series.arrange`.
    y : str
        `seconds` or `bus_bandwidth`. The closed form, where there is one, is a ring around
        each point.
    legend : bool
        Whether to name the lines in the figure.
    """
    figure, kind, label = _FIGURES[y]
    values = []
    for one in series:
        means = [estimate([figure(run) for run in g.runs]).mean for g in one.groups]
        _line(ax, one, means)
        values += means
        if y == 'seconds':
            _promised(ax, one)
    x = [value for one in series for value in one.values]
    measure(ax, 'x', series[0].kind, series[0].axis, log=spans_decades(x, 1.0))
    log = spans_decades(values, 1.0)
    if not log:
        ax.set_ylim(bottom=0)
    measure(ax, 'y', kind, label, log=log)
    if legend:
        ax.legend(loc='best')
    return ax


def call_bars(ax: Axes, groups: Sequence[Any], *, y: str = 'seconds') -> Axes:
    """Draw the time of a call, or its bus bandwidth, as a bar for each variant."""
    figure, kind, label = _FIGURES[y]
    for row, g in enumerate(groups):
        values = estimate([figure(run) for run in g.runs])
        [bar] = ax.barh(row, values.mean, 0.6, color=look(g.index).colour, linewidth=0)
        mark(bar, variant=g.index, tip=f'{g.label}: {quantity(values.mean, kind)}')
        if values.seeds > 1:
            ax.plot([values.low, values.high], [row, row], color=MUTED, linewidth=2)
        beside(ax, values.mean, row, quantity(values.mean, kind))
    name_rows(ax, [g.label for g in groups])
    ax.set_xlim(0, 1.25 * ax.get_xlim()[1])  # room for the figures beside the bars
    measure(ax, 'x', kind, label)
    return ax


def step_diagram(ax: Axes, run: Run) -> Axes:
    """Draw the transfers of the first call as arrows from rank to rank, over time.

    Colours change with the step; a step that overlaps the next shows as crossing colours.
    Of a long collective the first steps are drawn, as many as can be told apart.
    """
    call = first_call(run)
    call = call[call['step'] < steps_drawn(run)]
    nodes = sorted({*call['source'], *call['target']})
    row = {node: place for place, node in enumerate(nodes)}
    for transfer in call.itertuples():
        _arrow(ax, transfer, row)
    ax.set_ylim(len(nodes) - 0.5, -0.5)
    ax.set_yticks(range(len(nodes)), [str(node) for node in nodes])
    ax.set_ylabel('rank')
    ax.set_xlim(float(call['start'].min()), float(call['end'].max()) * 1.01)
    ax.grid(axis='x', visible=False)
    measure(ax, 'x', 'seconds', 'simulated time')
    return ax


def _line(ax: Axes, one: Series, means: Sequence[float]) -> None:
    colour, dash, marker = look(one.index)
    style = {'color': colour, 'linestyle': dash, 'marker': marker, 'label': one.label}
    [line] = ax.plot(one.values, means, **style)
    trace(line, variant=one.index, name=one.label)


def _promised(ax: Axes, one: Series) -> None:
    tables = [predictions(g)['predicted'] for g in one.groups]
    promised = [table.get('collective_seconds', np.nan) for table in tables]
    colour = look(one.index).colour
    [rings] = ax.plot(one.values, promised, 'o', color=colour, mfc='none', markersize=10)
    mark(rings, variant=one.index)


def _arrow(ax: Axes, transfer: Any, row: dict[int, int]) -> None:
    start, end = (transfer.start, row[transfer.source]), (transfer.end, row[transfer.target])
    colour = _STEP_COLOURS[int(transfer.step) % len(_STEP_COLOURS)]
    style = {'arrowstyle': '-|>,head_width=0.14,head_length=0.28', 'color': colour, 'lw': 0.9}
    ax.annotate('', end, start, arrowprops={**style, 'shrinkA': 0, 'shrinkB': 0})


def steps_drawn(run: Run) -> int:
    """Return how many steps of the first call a step diagram shows: at least one."""
    sizes = first_call(run).groupby('step').size()
    fitting = int((sizes.cumsum() <= _ARROWS).sum())
    return int(sizes.index[max(0, fitting - 1)]) + 1 if len(sizes) else 0
