"""What the model had learned by when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.marks import mark, trace
from analysis.figures.style import MUTED, look, measure, name_rows, spans_decades
from analysis.groups import Group
from analysis.metrics import AXES, Target, band, curve, reach
from analysis.metrics.curves import Axis
from analysis.text import Kind, quantity

__all__ = ['learning', 'target_dots']

_KINDS: Final[dict[Axis, Kind]] = {'seconds': 'seconds', 'rounds': 'number', 'bytes': 'bytes'}
_LABELS: Final = {
    'test_perplexity': 'test perplexity',
    'test_accuracy': 'test accuracy',
    'test_loss': 'test loss',
    'train_loss': 'training loss',
    'consensus': 'mean distance, L2',
}


def learning(
    ax: Axes,
    groups: Sequence[Group],
    *,
    x: Axis = 'seconds',
    y: str = 'test_accuracy',
    target: Target | None = None,
    legend: bool = True,
) -> Axes:
    """Draw accuracy or loss against time, rounds or bytes: the mean and the range of seeds.

    Parameters
    ----------
    ax : Axes
    groups : sequence of Group
        One line each, in the colour and dash of the group.
    x : str
        A key of `analysis.metrics.AXES`.
    y : str
        A metric, such as `test_accuracy`, `test_loss`.
    target : Target, optional
        Drawn as a level where *y* is its metric.
    legend : bool
        Whether to name the lines in the figure.

    Examples
    --------
    In a notebook, with `runs` from `analysis.load.load(...)`::

        learning(plt.gca(), group(runs.runs), x='bytes')
    """
    bands = {g: band([curve(run) for run in g.runs], x, y) for g in groups}
    # one slow variant must not press the others into a corner
    log = spans_decades([float(b[x].iloc[-1]) for b in bands.values() if len(b)], 1.3)
    for g, mean in bands.items():
        _line(ax, g, mean[mean[x] > 0] if log else mean, x)
    if target is not None and target.metric == y:
        ax.axhline(target.value, color=MUTED, linewidth=1.0, dashes=(2, 2), zorder=1)
    shown = [b for b in bands.values() if len(b)]
    _scales(ax, shown, x, y, log=log)
    if legend:
        ax.legend(loc='best')
    return ax


def target_dots(ax: Axes, groups: Sequence[Group], target: Target, *, x: Axis = 'seconds') -> Axes:
    """Draw what it took each seed to reach *target*: a dot a seed, a bar at the mean."""
    found: list[float] = []
    for row, g in enumerate(groups):
        reached = {run.seed: getattr(reach(run, target), x) for run in g.runs}
        values = [value for value in reached.values() if not np.isnan(value)]
        _dots(ax, row, g, reached, _KINDS[x])
        found += values
        if len(values) < len(g.runs):
            note = 'never reached' if not values else f'{len(values)} of {len(g.runs)}'
            _note(ax, row, note, g)
    name_rows(ax, [g.label for g in groups])
    log = spans_decades(found)
    if not log:
        ax.set_xlim(0, 1.08 * (max(found, default=0.0) or 1.0))
    measure(ax, 'x', _KINDS[x], AXES[x], log=log)
    return ax


def _line(ax: Axes, g: Group, mean: pd.DataFrame, x: str) -> None:
    colour, dash, marker = look(g.index)
    if len(g.runs) > 1:
        ends = (mean['low'], mean['high'])
        band_ = ax.fill_between(mean[x], *ends, color=colour, alpha=0.18, linewidth=0)
        mark(band_, variant=g.index)
    [line] = ax.plot(
        mean[x],
        mean['mean'],
        color=colour,
        linestyle=dash,
        marker=marker,
        # shifted from line to line, so that markers of equal curves do not hide one another
        markevery=(g.index % 3, max(1, len(mean) // 7)),
        label=g.label,
    )
    trace(line, variant=g.index, name=g.label)


def _scales(ax: Axes, shown: Sequence[pd.DataFrame], x: Axis, y: str, *, log: bool) -> None:
    if shown and not log:
        ax.set_xlim(0, 1.02 * max(float(b[x].iloc[-1]) for b in shown))
    measure(ax, 'x', _KINDS[x], AXES[x], log=log)
    loss = y.endswith(('loss', 'perplexity', 'consensus'))
    steep = loss and any(spans_decades(b['mean'], 1.2) for b in shown)
    label = _LABELS.get(y, y.replace('_', ' '))
    measure(ax, 'y', 'number' if loss else 'share', label, log=steep)


def _dots(ax: Axes, row: int, g: Group, reached: Mapping[int, float], kind: Kind) -> None:
    colour, _, marker = look(g.index)
    known = {seed: value for seed, value in reached.items() if not np.isnan(value)}
    if not known:
        return
    values, mean = list(known.values()), float(np.mean(list(known.values())))
    lines = ax.plot([min(values), max(values)], [row, row], color=colour, alpha=0.35, linewidth=5)
    for seed, value in known.items():
        dots = ax.plot(value, row, marker, color=colour, markersize=6, alpha=0.85)
        mark(dots[0], variant=g.index, tip=f'{g.label}, seed {seed}: {quantity(value, kind)}')
    lines += ax.plot([mean] * 2, [row - 0.28, row + 0.28], color=colour, linewidth=2)
    for line in lines:
        mark(line, variant=g.index, tip=f'{g.label}, mean: {quantity(mean, kind)}')


def _note(ax: Axes, row: int, text: str, g: Group) -> None:
    note = ax.text(
        0.99, row, text, transform=ax.get_yaxis_transform(), ha='right', va='bottom', color=MUTED
    )
    mark(note, variant=g.index)
