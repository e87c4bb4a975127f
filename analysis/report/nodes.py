"""What was measured device by device: how old gradients were, how far models stand apart."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from analysis.figures.marks import trace
from analysis.figures.style import look, measure
from analysis.groups import Group
from analysis.metrics import nodes_range, staleness
from analysis.report.blocks import HALF, Block, Panel, draw, variant_legend
from analysis.report.study import Study
from analysis.report.words import bold, say, series
from analysis.statistics import estimate

__all__ = ['apart_evidence', 'staleness_blocks', 'staleness_shares']

_TOLD = 6


def staleness_blocks(study: Study) -> list[Block]:
    """Return how old gradients were when they were applied, where servers did not wait."""
    groups = [g for g in study.learning if len(staleness(g.runs))]
    if not groups:
        return []
    told = [
        say('{} with {} (at most {:,})', f'{_mean(g):.3g}', bold(g), staleness(g.runs).index.max())
        for g in groups[:_TOLD]
    ]
    sentence = say('A gradient is on average so many updates old: {}', series(told))
    figure = partial(staleness_shares, groups=groups)
    picture = draw('staleness', f'{sentence.striptags()}.', figure, HALF)
    frames = [staleness(g.runs).reset_index().assign(variant=g.label) for g in groups]
    data = pd.concat(frames, ignore_index=True)
    caption = say('{}. The curve tells what share is at most so old.', sentence)
    title, legend = 'Staleness of gradients', variant_legend(groups)
    return [Block('staleness', title, caption, [Panel(picture)], legend, columns=1, data=data)]


def staleness_shares(ax: Axes, groups: list[Group]) -> Axes:
    """Draw which share of the gradients was at most so many updates old."""
    for g in groups:
        counts = staleness(g.runs)
        colour, dash, _ = look(g.index)
        x = np.r_[-0.5, counts.index.to_numpy(float)]
        y = np.r_[0.0, counts.cumsum() / counts.sum()]
        style = {'color': colour, 'linestyle': dash, 'label': g.label}
        [line] = ax.plot(x, y, drawstyle='steps-post', **style)
        trace(line, variant=g.index, name=g.label)
    ax.set_ylim(0, 1.03)
    ax.set_xlim(left=-0.5)
    measure(ax, 'x', 'number', 'updates since the model was read')
    measure(ax, 'y', 'share', 'share of the gradients')
    return ax


def apart_evidence(study: Study) -> list[Markup]:
    """Return how far the models of the nodes differ in the end, where each was tested."""
    parts = []
    for g in study.learning[:_TOLD]:
        ends = np.array([nodes_range(run) for run in g.runs])
        if not np.isnan(ends).all():
            low, high = (estimate(column).mean for column in ends.T)
            parts.append(say('{} to {} with {}', f'{low:.3f}', f'{high:.3f}', bold(g)))
    if not parts:
        return []
    text = 'In the end the test accuracies of the single nodes range from {}.'
    return [say(text, series(parts))]


def _mean(g: Group) -> float:
    counts = staleness(g.runs)
    return float((counts.index * counts).sum() / counts.sum())
