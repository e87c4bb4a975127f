"""Models that are split over devices: the bubble of pipelines, and what a device holds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from analysis.figures.along import along
from analysis.figures.style import MUTED
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics.splits import bubble_share, least_bubble_share, peak_memory
from analysis.report.answer import mean_of
from analysis.report.blocks import HALF, Block, Panel, draw, variant_legend
from analysis.report.study import Study
from analysis.report.words import bold, capital, clauses, say, series
from analysis.series import Series
from analysis.text import Kind, quantity, share

__all__ = ['split_blocks', 'split_evidence', 'split_headlines']

_MOST = 8  # variants that a sentence can bear


def split_headlines(study: Study) -> list[Markup]:
    """Return how much of a step devices stand still along a varied number of a pipeline."""
    lines = [one for one in study.lines if all(_known(g, bubble_share) for g in one.groups)]
    if not lines or len(lines) < len(study.lines):
        return []
    told = [_bubble_along(one) for one in lines]
    if len({text for _, text in told}) == 1:  # whatever the variant
        return [capital(say('{}.', told[0][1]))]
    return [capital(say('{}.', clauses([say('with {} {}', *each) for each in told])))]


def split_evidence(study: Study) -> list[Markup]:
    """Return what stands still where nothing is varied, and the memory that a device needs."""
    found = []
    pipelines = [g for g in study.learning if _known(g, bubble_share)]
    if pipelines and not study.lines:
        told = series([say('{} with {}', _bubble(g), bold(g)) for g in pipelines[:_MOST]])
        found.append(say('Of a step, devices wait for their pipeline to fill and drain: {}.', told))
    parts = [*map(_memory_along, study.lines)] if study.lines else [*map(_memory, study.learning)]
    known = [part for part in parts if part is not None]
    if known:
        found.append(say('At most, a device holds {}.', series(known[:_MOST])))
    return found


def split_blocks(study: Study) -> list[Block]:
    """Return bubble and memory along the varied number."""
    panels = []
    figures: list[tuple[Callable[[Run], float], str, Kind, str]] = [
        (bubble_share, 'share of a step that devices stand still', 'share', 'bubble'),
        (peak_memory, 'most that a device holds', 'bytes', 'memory'),
    ]
    lines = [one for one in study.lines if all(_known(g, peak_memory) for g in one.groups)]
    for figure, label, kind, key in figures:
        if not lines or not all(_known(g, figure) for one in lines for g in one.groups):
            continue
        told = '; '.join(f'{one.label} {_ends(one, figure, kind)}' for one in lines)
        drawing = partial(_drawn, lines=lines, figure=figure, kind=kind, label=label)
        alternative = f'{capital(Markup.escape(label))} by {lines[0].axis}: {told}.'
        panels.append(Panel(draw(f'split-{key}', alternative, drawing, HALF), label))
    if not panels:
        return []
    caption = say(
        '{} Dashed, grey: the bubble with equal stages and free links, (p - 1) / (m + p - 1).'
        if len(panels) == len(figures)
        else '{}',
        Markup(' ').join([*split_headlines(study), *split_evidence(study)]),
    )
    data = pd.DataFrame(_rows(lines))
    title, legend = 'What a split costs', variant_legend(lines)
    return [Block('splits', title, caption, panels, legend, columns=2, data=data)]


def _drawn(
    ax: Axes, lines: list[Series], figure: Callable[[Run], float], kind: Kind, label: str
) -> Axes:
    along(ax, lines, figure=figure, kind=kind, label=label)
    if figure is bubble_share:
        for one in lines:
            least = [_mean(g, least_bubble_share) for g in one.groups]
            ax.plot(one.values, least, color=MUTED, linestyle='--', linewidth=1, zorder=0)
    return ax


def _rows(lines: list[Series]) -> list[dict[str, object]]:
    return [
        {
            'variant': one.label,
            one.axis: value,
            'seed': run.seed,
            'bubble_share': bubble_share(run),
            'bubble_share_closed_form': least_bubble_share(run),
            'peak_memory': peak_memory(run),
        }
        for one in lines
        for value, g in zip(one.values, one.groups, strict=True)
        for run in g.runs
    ]


def _bubble_along(one: Series) -> tuple[Markup, Markup]:
    """Return the name of a line, and what its bubble comes to at both ends."""
    (few, many), axis = (one.groups[0], one.groups[-1]), one.axis
    values = [quantity(value, one.kind) for value in (one.values[0], one.values[-1])]
    text = 'devices stand still for {} of a step with {} = {}, and for {} with {}'
    return bold(one.label), say(text, _bubble(few), axis, values[0], _bubble(many), values[1])


def _bubble(g: Group) -> str:
    """Return the measured bubble, beside the closed form where they differ."""
    measured, least = (share(_mean(g, figure)) for figure in (bubble_share, least_bubble_share))
    return measured if measured == least else f'{measured} ({least} with equal stages, free links)'


def _memory_along(one: Series) -> Markup | None:
    if not all(_known(g, peak_memory) for g in one.groups):
        return None
    return say('{} with {}', _ends(one, peak_memory, 'bytes'), bold(one.label))


def _memory(g: Group) -> Markup | None:
    if not _known(g, peak_memory):
        return None
    return say('{} with {}', quantity(_mean(g, peak_memory), 'bytes'), bold(g))


def _ends(one: Series, figure: Callable[[Run], float], kind: Kind) -> str:
    """Return a figure at both ends of a line, once where it stays the same."""
    ends = [quantity(_mean(one.groups[k], figure), kind) for k in (0, -1)]
    if ends[0] == ends[1]:
        return ends[0]
    values = [quantity(one.values[k], one.kind) for k in (0, -1)]
    return f'{ends[0]} ({one.axis} {values[0]}) to {ends[1]} ({values[1]})'


def _known(g: Group, figure: Callable[[Run], float]) -> bool:
    return not np.isnan(_mean(g, figure))


def _mean(g: Group, figure: Callable[[Run], float]) -> float:
    return mean_of(g.by_seed(figure))
