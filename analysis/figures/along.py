"""A figure of runs against the number that was varied."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes

from analysis.figures.marks import mark, trace
from analysis.figures.style import look, measure, spans_decades
from analysis.groups import Group
from analysis.load import Run
from analysis.series import Series
from analysis.statistics import estimate
from analysis.text import Kind, quantity

__all__ = ['along']

_TICKS = 8  # values that can be written along an axis one by one


def along(
    ax: Axes,
    series: Sequence[Series],
    *,
    figure: Callable[[Run], float] | None = None,
    group_figure: Callable[[Group], float] | None = None,
    kind: Kind,
    label: str,
) -> Axes:
    """Draw a figure of each group against the varied number: a line a series.

    Parameters
    ----------
    ax : Axes
    series : sequence of Series
    figure : callable, optional
        Of a run; drawn is the mean over seeds where all have one, with the range of the seeds.
    group_figure : callable, optional
        Of a group, instead.
    kind : str
        How it is written.
    label : str
        What it is.
    """
    drawn: list[float] = []
    for one in series:
        seeds = [_values(g, figure, group_figure) for g in one.groups]
        means = [
            estimate(values).mean if not np.isnan(values).any() else np.nan for values in seeds
        ]
        colour, dash, marker = look(one.index)
        style = {'color': colour, 'linestyle': dash, 'marker': marker, 'label': one.label}
        [line] = ax.plot(one.values, means, **style)
        trace(line, variant=one.index, name=one.label)
        for x, values, mean in zip(one.values, seeds, means, strict=True):
            if len(values) > 1 and not np.isnan(mean):
                [bar] = ax.plot([x, x], [min(values), max(values)], color=colour, alpha=0.45)
                mark(bar, variant=one.index)
        drawn += [mean for mean in means if not np.isnan(mean)]
    numbers = [value for one in series for value in one.values]
    measure(ax, 'x', series[0].kind, series[0].axis, log=spans_decades(numbers, 1.0))
    if len(set(numbers)) <= _TICKS:
        told = sorted(set(numbers))
        ax.set_xticks(told, [quantity(value, series[0].kind) for value in told])
        ax.set_xticks([], minor=True)
    log = spans_decades(drawn, 1.0)
    if not log:
        ax.set_ylim(bottom=0)
    measure(ax, 'y', kind, label, log=log)
    return ax


def _values(
    g: Group,
    figure: Callable[[Run], float] | None,
    group_figure: Callable[[Group], float] | None,
) -> list[float]:
    if group_figure is not None:
        return [group_figure(g)]
    return [] if figure is None else [figure(run) for run in g.runs]
