"""What a round had to wait for, and how busy devices and links were over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from analysis.figures.marks import mark, trace
from analysis.figures.style import ACTIVITY_COLOURS, INK, look, measure, name_rows
from analysis.groups import Group
from analysis.metrics import ON_PATH, critical_shares, use_over_time
from analysis.text import share

__all__ = ['path_bars', 'use_curves']

_ON_COLOUR = {'wait': INK, 'transfer': '#101114', 'reduce': '#101114'}


def path_bars(ax: Axes, groups: Sequence[Group]) -> Axes:
    """Draw what the critical path of a round is made of: a bar a group."""
    for row, g in enumerate(groups):
        left = 0.0
        for name, part in critical_shares(g).items():
            activity, width = str(name), float(part)
            [bar] = ax.barh(row, width, 0.62, left, color=ACTIVITY_COLOURS[activity], linewidth=0)
            mark(bar, variant=g.index, tip=f'{g.label}: {share(width)} {ON_PATH[activity]}')
            if width > 0.09:
                style: Any = {'ha': 'center', 'va': 'center', 'fontsize': 9}
                colour = _ON_COLOUR.get(activity, '#ffffff')
                text = ax.text(left + width / 2, row, share(width), color=colour, **style)
                mark(text, variant=g.index)
            left += width
    name_rows(ax, [g.label for g in groups])
    ax.set_xlim(0, 1)
    ax.set_xticks(np.linspace(0, 1, 5), ['0 %', '25 %', '50 %', '75 %', '100 %'])
    ax.set_xlabel('share of the critical path')
    return ax


def use_curves(ax: Axes, groups: Sequence[Group], *, of: str, legend: bool = True) -> Axes:
    """Draw how busy the devices or links of the first run of each group were, over time.

    Parameters
    ----------
    ax : Axes
    groups : sequence of Group
    of : {'devices', 'links'}
    legend : bool
        Whether to name the lines in the figure.
    """
    for g in groups:
        use = use_over_time(g.first, of)
        colour, dash, _ = look(g.index)
        [line] = ax.plot(use['seconds'], use['share'], color=colour, linestyle=dash, label=g.label)
        trace(line, variant=g.index, name=g.label)
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    measure(ax, 'x', 'seconds', 'simulated time')
    measure(ax, 'y', 'share', 'share of them computing' if of == 'devices' else 'share in use')
    if legend:
        ax.legend(loc='best')
    return ax
