"""Figures of what happens inside a model: gradients layer by layer."""

from __future__ import annotations

from functools import partial

import numpy as np

from analysis.figures.layers import Moment, gradients_by_layer, layer_norms
from analysis.groups import Group
from analysis.report.blocks import HALF, Block, Panel, draw, variant_legend
from analysis.report.study import Study
from analysis.report.words import bold, capital, say, series
from analysis.text import listed

__all__ = ['first_to_last', 'layer_blocks', 'measured']

_MOMENTS: dict[Moment, str] = {'first': 'at the first look', 'last': 'at the last look'}


def measured(study: Study) -> list[Group]:
    """Return the groups whose gradients were measured layer by layer."""
    return [g for g in study.learning if len(layer_norms(g.first, 'first')) > 1]


def layer_blocks(study: Study) -> list[Block]:
    """Return the figure of gradients by layer, where they were measured."""
    groups = measured(study)
    if not groups:
        return []
    panels = []
    for moment, title in _MOMENTS.items():
        told = [f'{g.label} {first_to_last(g, moment):.2g}' for g in groups[:8]]
        alternative = f'Gradient by layer {title}; first layer to last: {listed(told)}.'
        figure = partial(gradients_by_layer, groups=groups, moment=moment)
        panels.append(Panel(draw(f'layers-{moment}', alternative, figure, HALF), title))
    parts = [say('{} with {}', f'{first_to_last(g, "first"):.2g}', bold(g)) for g in groups[:6]]
    caption = say(
        'Length of the gradient by each layer’s weights, on training samples that are always the '
        'same; mean of the seeds. At the first look the first layer’s is that of the last times '
        '{}.',
        capital(series(parts)),
    )
    return [
        Block('layers', 'Gradients, layer by layer', caption, panels, variant_legend(groups), 2)
    ]


def first_to_last(g: Group, moment: Moment) -> float:
    """Return the length of the first layer's gradient, as a share of the last's."""
    norms = np.array([layer_norms(run, moment)[[0, -1]] for run in g.runs])
    with np.errstate(divide='ignore', invalid='ignore'):
        ratios = norms[:, 0] / norms[:, 1]
    return float(np.exp(np.mean(np.log(np.maximum(ratios, 1e-300)))))
