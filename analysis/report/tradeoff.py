"""What is gained for what: the front of accuracy, time and bytes, and what variants differ in."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from markupsafe import Markup

from analysis.figures import front, traffic_matrix
from analysis.figures.style import USE_COLOURS
from analysis.figures.tradeoff import MATRIX
from analysis.groups import Group, differences
from analysis.metrics import AXES, costs, matrix, whole
from analysis.report.blocks import HALF, Block, Panel, draw, each, use_legend, variant_legend
from analysis.report.study import Study
from analysis.report.words import bold, names, say, series
from analysis.text import quantity

__all__ = ['difference_evidence', 'front_blocks', 'matrix_blocks']

_PATHS = 6  # settings that a sentence can bear


def difference_evidence(study: Study) -> list[Markup]:
    """Return in what the variants differ: a comparison is fair where that is what was asked."""
    if len(study.groups) < 2:
        return []
    found = [code(path) for path in differences([g.scenario for g in study.groups])]
    if not found:
        return [Markup('The scenarios of the variants differ in nothing.')]
    rest = [f'{len(found) - _PATHS} more settings'] if len(found) > _PATHS else []
    return [
        say('The variants differ in {}, and in nothing else.', series([*found[:_PATHS], *rest]))
    ]


def code(text: str) -> Markup:
    """Return a setting as it stands in a sentence."""
    return say('<code>{}</code>', text)


def front_blocks(study: Study) -> list[Block]:
    """Return accuracy against time and bytes, where several variants have one."""
    found = costs(study.learning)
    if len(found) < 2:
        return []
    on = [g for g, cost in found.items() if cost.efficient]
    off = [g for g in found if g not in on]
    panels = []
    for x in ('seconds', 'bytes'):
        told = '; '.join(
            f'{g.label} {quantity(c.score, "share")} for {quantity(getattr(c, x), x)}'
            for g, c in list(found.items())[:8]
        )
        alternative = f'Final test accuracy against {AXES[x]}: {told}.'
        figure = partial(front, costs=found, x=x)
        picture = draw(f'front-{x}', alternative, figure, HALF)
        panels.append(Panel(picture, f'against {AXES[x]}', x))
    data = pd.DataFrame([{'variant': g.label, **c._asdict()} for g, c in found.items()])
    caption = _fronts(on, off)
    legend = variant_legend(list(found))
    title = 'What is gained for what'
    return [Block('front', title, caption, panels, legend, columns=2, data=data)]


def matrix_blocks(study: Study) -> list[Block]:
    """Return who sent how much to whom, where all messages were recorded and nodes are few."""
    groups = [g for g in study.shown if whole(g.first) and len(matrix(g.first)) <= MATRIX]
    if not groups:
        return []
    most = max(float(matrix(g.first).max(initial=0.0)) for g in groups)
    panels, row = each(
        'matrix',
        groups,
        lambda ax, g: traffic_matrix(ax, g.first, most=most),
        _pairs,
        lambda g: 380.0 if len(groups) <= 4 else 300.0,
    )
    caption = say(
        'Bytes from the host of a row to that of a column, seed {}; the colour is the share of the '
        'most that any pair exchanges, {}.',
        groups[0].first.seed,
        quantity(most, 'bytes'),
    )
    steps = np.linspace(0, most, len(USE_COLOURS))
    legend = use_legend(['none', *(f'≤ {quantity(float(s), "bytes", 2)}' for s in steps[1:])])
    return [Block('matrix', 'Who sends to whom', caption, panels, legend, row)]


def _pairs(g: Group) -> Markup:
    table = matrix(g.first)
    pairs, most = int((table > 0).sum()), float(table.max(initial=0.0))
    text = 'with {} {} ordered pairs of hosts exchange messages, {} at most'
    return say(text, bold(g), f'{pairs:,}', quantity(most, 'bytes'))


def _fronts(on: list[Group], off: list[Group]) -> Markup:
    text = (
        'Final accuracy, simulated time and bytes sent, means of the seeds. Full marks are on the '
        'Pareto front, on which no other is at least as good in all three and better in one: {}.{}'
    )
    rest = (
        say(' Hollow, for another is better in one and worse in none: {}.', names(off))
        if off
        else ''
    )
    return say(text, names(on), rest)
