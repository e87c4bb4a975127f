"""Figures of learning: accuracy and loss, and what it took to reach the target."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from markupsafe import Markup

from analysis.figures import learning, target_dots
from analysis.groups import Group
from analysis.metrics import AXES, Target, band, curve, final
from analysis.metrics.curves import Axis
from analysis.report.answer import goal, ranking
from analysis.report.blocks import HALF, Block, Panel, draw, variant_legend
from analysis.report.study import Study
from analysis.report.words import bold, capital, say, series, several
from analysis.statistics import estimate
from analysis.text import Kind, listed, quantity

__all__ = ['learning_blocks']

LARGE = 1000
"""Losses above which nobody asks for decimals."""

_TITLES = {
    'test_perplexity': 'Test perplexity',
    'test_accuracy': 'Test accuracy',
    'test_loss': 'Test loss',
    'train_loss': 'Training loss',
    'val_loss': 'Validation loss',
    'dead_units': 'Dead units',
    'consensus': 'Distance of the nodes from their average model',
}


def learning_blocks(study: Study) -> list[Block]:
    """Return the figures of what was learned by when."""
    groups, target = study.drawn, study.target
    shown = [metric for metric in _TITLES if _axes(groups, metric)]
    if 'test_perplexity' in shown:
        shown.remove('test_loss')  # its logarithm
    if {'test_loss', 'train_loss'} <= {*shown} and 'val_loss' not in shown:
        shown.remove('train_loss')  # it tells little more, and two look-alikes tire the reader
    blocks = [_curves(groups, metric, target) for metric in shown]
    if target is not None and any(study.reached(g) for g in groups):
        blocks.append(_targets(study, target))
    return blocks


def _axes(groups: Sequence[Group], metric: str) -> list[Axis]:
    """Return the axes along which some group's *metric* can be drawn."""
    return [
        x
        for x in AXES
        if any(len(band([curve(run) for run in g.runs], x, metric)) > 1 for g in groups)
    ]


def _curves(groups: Sequence[Group], metric: str, target: Target | None) -> Block:
    key = metric.replace('_', '-')
    title = _TITLES[metric]
    panels = []
    for x in _axes(groups, metric):
        figure = partial(learning, groups=groups, x=x, y=metric, target=target, legend=False)
        alternative = f'{title} against {AXES[x]}: {_ends(groups, metric)}'
        picture = draw(f'{key}-{x}', alternative, figure, HALF)
        panels.append(Panel(picture, f'against {AXES[x]}', x))
    caption, legend = _seen(groups, metric, target), variant_legend(groups)
    return Block(key, title, caption, panels, legend, columns=2, data=_points(groups, metric))


def _points(groups: Sequence[Group], metric: str) -> pd.DataFrame:
    """Return the records behind the curves, a row an evaluation."""
    rows = []
    for g in groups:
        for run in g.runs:
            records = curve(run)
            if metric not in records:
                continue  # only some runs measure it
            known = records[[c for c in (*AXES, metric) if c in records]].dropna(subset=[metric])
            rows.append(known.assign(variant=g.label, seed=run.seed))
    frame = pd.concat(rows, ignore_index=True)
    first = ['variant', 'seed']
    return frame[[*first, *(c for c in frame.columns if c not in first)]]


def _ends(groups: Sequence[Group], metric: str) -> str:
    parts = [f'{g.label} ends at {_end(g, metric)}' for g in groups[:8]]
    return listed(parts) + '.'


def _end(g: Group, metric: str) -> str:
    value = estimate([final(run, metric) for run in g.runs]).mean
    plain = value > LARGE or metric == 'consensus'
    return quantity(value, 'number' if plain else 'share')


def _seen(groups: Sequence[Group], metric: str, target: Target | None) -> Markup:
    """Return the caption of a figure of curves."""
    most = max(len(g.runs) for g in groups)
    text = 'Line: mean of the seeds; band: least to greatest seed. ' if most > 1 else ''
    if target is not None and target.metric == metric:
        text += f'Dotted level: the target, {target.value:.2f}. '
    known = [g for g in groups if _end(g, metric) != '–'][:6]
    ends = [say('{} ends at {}', bold(g), _end(g, metric)) for g in known]
    return say(text + '{}. {}', capital(series(ends)), _same_rounds(groups, metric))


def _same_rounds(groups: Sequence[Group], metric: str) -> Markup:
    """Tell whether a round teaches the same in every variant: where a difference comes from."""
    if len(groups) < 2:
        return Markup('')
    means = [band([curve(run) for run in g.runs], 'rounds', metric) for g in groups]
    means = [mean for mean in means if len(mean) > 1]
    if len(means) < len(groups):
        return Markup('')
    first, last = (f([m['rounds'].iloc[i] for m in means]) for f, i in ((max, 0), (min, -1)))
    grid = np.linspace(float(first), float(last), 100)
    values = np.array([np.interp(grid, mean['rounds'], mean['mean']) for mean in means])
    gap = float((values.max(axis=0) - values.min(axis=0)).max())
    if gap <= 0.05 * float(np.ptp(values)):
        text = (
            'Against rounds the curves coincide{}: the variants differ in how long a round takes, '
            'not in what it teaches.'
        )
        return say(
            text, f' (never more than {gap:.2g} apart)' if gap > 1e-4 * np.ptp(values) else ''
        )
    text = 'After equally many rounds they are up to {} apart.'
    return say(text, f'{gap:.2g}')


def _targets(study: Study, target: Target) -> Block:
    groups = study.drawn
    found = [one for g in groups for one in study.reaches(g).values()]
    axes = [x for x in AXES if not np.isnan([getattr(one, x) for one in found]).all()]
    size = (HALF[0], 90.0 + 34.0 * len(groups))
    panels = []
    for x in axes:
        figure = partial(target_dots, groups=groups, target=target, x=x)
        alternative = f'{AXES[x]} to {goal(target)}: {_reached(study, x)}'
        picture = draw(f'target-{x}', alternative, figure, size)
        panels.append(Panel(picture, f'{AXES[x]} to target', x))
    caption = say(
        'What it took to reach {}: a mark for each seed, a stroke at the mean. {}.',
        goal(target),
        capital(_first_ones(study)),
    )
    data = _seeds(study)
    legend = variant_legend(groups)
    return Block('target', f'To {goal(target)}', caption, panels, legend, columns=2, data=data)


def _seeds(study: Study) -> pd.DataFrame:
    """Return what each seed took to the target, a row a run."""
    rows = [
        {'variant': g.label, 'seed': seed, **one._asdict()}
        for g in study.drawn
        for seed, one in study.reaches(g).items()
    ]
    return pd.DataFrame(rows)


def _reached(study: Study, x: Axis) -> str:
    kind: Kind = 'number' if x == 'rounds' else x
    means = {
        g: estimate([getattr(one, x) for one in study.reaches(g).values()]).mean
        for g in study.drawn
    }
    return listed([f'{g.label} {quantity(mean, kind)}' for g, mean in means.items()]) + '.'


def _first_ones(study: Study) -> Markup:
    parts = []
    for g in ranking(study)[:6]:
        found = list(study.reaches(g).values())
        time = quantity(estimate([one.seconds for one in found]).mean, 'seconds')
        rounds = estimate([one.rounds for one in found]).mean
        parts.append(say('{} takes {} and {}', bold(g), time, several(round(rounds), 'round')))
    return series(parts)
