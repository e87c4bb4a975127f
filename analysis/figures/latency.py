"""How long messages took."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.marks import trace
from analysis.figures.style import look, measure, spans_decades
from analysis.groups import Group
from analysis.metrics import PARTS, latency

__all__ = ['latencies']


def latencies(
    ax: Axes, groups: Sequence[Group], *, part: str = 'total', legend: bool = True
) -> Axes:
    """Draw which share of the messages took at most so long, over all seeds.

    Parameters
    ----------
    ax : Axes
    groups : sequence of Group
        One line each; those without a recorded message that took any time have none.
    part : str
        A key of `analysis.metrics.PARTS`: `total`, `queueing`, `serialization` or `flight`.
    legend : bool
        Whether to name the lines in the figure.
    """
    found = {g: latency(g.runs)[part].steps() for g in groups}
    known = [steps['seconds'] for steps in found.values() if len(steps)]
    every = np.concatenate(known) if known else np.array([1.0])
    log = spans_decades(every, 0.9)
    left, right = (every.min() / 1.3, every.max() * 1.3) if log else (0.0, every.max() * 1.1)
    for g, steps in found.items():
        if len(steps):
            _steps(ax, g, steps, left, right)
    ax.set_ylim(0, 1.03)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ['0 %', '25 %', '50 %', '75 %', '100 %'])
    ax.set_ylabel('share of messages')
    ax.set_xlim(left, right)
    measure(ax, 'x', 'seconds', PARTS[part], log=log)
    if legend:
        ax.legend(loc='best')
    return ax


def _steps(ax: Axes, g: Group, steps: pd.DataFrame, left: float, right: float) -> None:
    """Draw the steps of one distribution, from axis to axis."""
    colour, dash, _ = look(g.index)
    # messages that took no time at all stand before the first step
    first = float(steps['share'].iloc[0]) if len(steps) > 1 else 0.0
    at_zero = max(0.0, first - float(np.diff(steps['share'], prepend=0.0)[0]))
    x = [left, *steps['seconds'], right]
    y = [at_zero, *steps['share'], 1.0]
    style = {'color': colour, 'linestyle': dash, 'drawstyle': 'steps-post', 'label': g.label}
    [line] = ax.plot(x, y, **style)
    trace(line, variant=g.index, name=g.label)
