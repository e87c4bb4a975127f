"""Training among liars: what rules promise, whether that held, and what was left of accuracy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from analysis.figures.robustness import against_number, heat_map, heat_map_size, rounds_of
from analysis.grids import Grid
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics import curve, final
from analysis.metrics.robustness import liars, told
from analysis.report.blocks import HALF, Block, Mark, Panel, draw, sample, variant_legend
from analysis.report.study import LINES, Study
from analysis.report.words import bold, capital, say, series
from analysis.statistics import estimate
from analysis.text import Kind, listed, quantity

__all__ = ['robustness_blocks', 'robustness_headlines']

_accuracy = partial(final, metric='test_accuracy')


class _Measure(NamedTuple):
    """A metric of rounds, as a figure shows it."""

    metric: str
    title: str
    label: str
    kind: Kind


_MEASURES: Final = (
    _Measure('aggregate_distance', 'from the honest mean', 'distance, L2', 'number'),
    _Measure('aggregate_angle', 'angle to the honest mean', 'angle, radians', 'number'),
    _Measure('byzantine_share', 'Byzantine among the selected', 'share', 'share'),
    _Measure('variance_to_norm', 'variance to norm of the honest', 'ratio', 'number'),
)


def robustness_headlines(study: Study) -> list[Markup]:
    """Return what each rule keeps in its worst case, where each met each attack."""
    grid = study.grid
    if grid is None:
        return []
    grid = _ordered(grid)
    worst = _worst(grid)
    first, last = _case(grid, 0), _case(grid, len(grid.rules) - 1)
    text = (
        'In the worst case of {} attacks, {} keeps most: a test accuracy of {} ({}). {} keeps '
        'least: {} ({}).'
    )
    ends = [quantity(worst[k], 'share', 2) for k in (0, -1)]
    rules = bold(grid.rules[0]), capital(bold(grid.rules[-1]))
    return [say(text, len(grid.attacks), rules[0], ends[0], first, rules[1], ends[1], last)]


def robustness_blocks(study: Study) -> list[Block]:
    """Return the figures of training among liars, or with a rule that expects some."""
    groups = [g for g in study.learning if liars(g.first) or told(g.first)]
    blocks = [] if study.grid is None else [_map(_ordered(study.grid))]
    if lines := _lines(study.learning):
        blocks.append(_against_liars(lines))
    if groups:
        shown = list(study.drawn)[:LINES]
        measured = [m for m in _MEASURES if any(m.metric in curve(g.first) for g in shown)]
        if measured:
            blocks.append(_rounds(shown, measured))
    return blocks


def _worst(grid: Grid) -> list[float]:
    return [float(np.nanmin(row)) for row in grid.values(_accuracy)]


def _ordered(grid: Grid) -> Grid:
    """Return the grid with the rule first whose worst case is best."""
    return grid.ordered(_worst(grid))


def _case(grid: Grid, row: int) -> str:
    """Return the attack that is worst for a rule."""
    return grid.attacks[int(np.nanargmin(grid.values(_accuracy)[row]))]


def _map(grid: Grid) -> Block:
    table = grid.values(_accuracy)
    figure = partial(heat_map, values=table, rows=grid.rules, columns=grid.attacks)
    told_ = [
        f'{rule} {quantity(worst, "share", 2)}'
        for rule, worst in zip(grid.rules, _worst(grid), strict=True)
    ]
    size = heat_map_size(grid.rules, grid.attacks)
    alternative = f'Final test accuracy, worst case: {listed(told_)}.'
    caption = say(
        'Final test accuracy, mean of the seeds: the darker, the better. At the right the worst '
        'case of each rule, which orders them. {}',
        _beaten(grid),
    )
    panels = [Panel(draw('rules-attacks', alternative, figure, size))]
    data = pd.DataFrame(table, index=pd.Index(grid.rules, name='rule'), columns=grid.attacks)
    title = 'Each rule against each attack'
    return Block('rules-attacks', title, caption, panels, columns=1, data=data.reset_index())


def _beaten(grid: Grid) -> Markup:
    """Tell which attack does most harm, over all rules."""
    means = np.nanmean(grid.values(_accuracy), axis=0)
    text = 'The most harmful attack is {}, which leaves {} on average over the rules.'
    most = int(np.nanargmin(means))
    return say(text, bold(grid.attacks[most]), quantity(float(means[most]), 'share', 2))


def _lines(groups: Sequence[Group]) -> list[tuple[str, list[Group]]]:
    """Return groups that differ in the number of liars, by what they have in common."""
    lines: dict[str, list[Group]] = {}
    for g in groups:
        lines.setdefault(_common(g), []).append(g)
    kept = {name: sorted(line, key=_liars) for name, line in lines.items()}
    return [(k, line) for k, line in kept.items() if len({*map(_liars, line)}) > 2]


def _liars(g: Group) -> int:
    return liars(g.first)


def _common(g: Group) -> str:
    """Return the name of a group without what counts liars."""
    parts = [g.first.variant, *(str(v) for k, v in g.vary.items() if not _counts(k))]
    return ', '.join(part for part in parts if part)


def _counts(key: str) -> bool:
    return key.startswith('adversary.') and key.endswith(('.count', '.nodes'))


def _against_liars(lines: Sequence[tuple[str, list[Group]]]) -> Block:
    drawn = [(line[0], [float(_liars(g)) for g in line], line) for _, line in lines]
    figure = partial(
        against_number, lines=drawn, figure=_accuracy, x='Byzantine nodes',
        y='final test accuracy', kind='share',
    )  # fmt: skip
    parts = [_fall(name, line) for name, line in lines[:6]]
    caption = say('{}.', capital(series(parts)))
    alternative = f'Accuracy against the number of Byzantine nodes: {caption.striptags()}'
    panels = [Panel(draw('accuracy-liars', alternative, figure, HALF))]
    legend = [Mark(sample(line[0].index), name or line[0].label) for name, line in lines]
    return Block('accuracy-liars', 'As more nodes lie', caption, panels, legend, columns=1)


def _fall(name: str, line: Sequence[Group]) -> Markup:
    ends = [estimate([_accuracy(run) for run in g.runs]).mean for g in (line[0], line[-1])]
    counts = [str(_liars(g)) for g in (line[0], line[-1])]
    text = '{} goes from {} with {} to {} with {}'
    written = [quantity(end, 'share', 2) for end in ends]
    return say(text, bold(name or line[0].label), written[0], counts[0], written[1], counts[1])


def _rounds(groups: Sequence[Group], measured: Sequence[_Measure]) -> Block:
    panels = []
    for metric, title, label, kind in measured:
        having = [g for g in groups if metric in curve(g.first)]
        figure = partial(rounds_of, groups=having, y=metric, label=label, kind=kind)
        told_ = [f'{g.label} {_typical(g, metric, kind)}' for g in having]
        alternative = f'{title}, median over rounds: {listed(told_)}.'
        panels.append(Panel(draw(f'{metric}-rounds', alternative, figure, HALF), title))
    caption = Markup(' ').join(_seen(groups, measured))
    legend = variant_legend(groups)
    title = 'What the rule made of the vectors, round by round'
    return Block('aggregates', title, caption, panels, legend, columns=2)


def _seen(groups: Sequence[Group], measured: Sequence[_Measure]) -> list[Markup]:
    """Tell the medians over rounds of what is drawn."""
    texts = {
        'aggregate_distance': 'Half of the time, the aggregate is at least so far from the mean of '
        'the honest vectors: {}.',
        'byzantine_share': 'Of the vectors that rules select, so many are Byzantine on average: '
        '{}.',
    }
    told_ = []
    for metric, _, _, kind in measured:
        having = [g for g in groups if metric in curve(g.first)][:6]
        if metric in texts:
            parts = [say('{} with {}', _typical(g, metric, kind), bold(g)) for g in having]
            told_.append(say(texts[metric], series(parts)))
    return told_


def _typical(g: Group, metric: str, kind: Kind) -> str:
    """Return the median over rounds of a metric, of a share the mean; mean of the seeds."""
    middle: Callable[[Run], float] = lambda run: float(
        getattr(curve(run)[metric].dropna(), 'mean' if kind == 'share' else 'median')()
    )
    return quantity(estimate([middle(run) for run in g.runs if metric in curve(run)]).mean, kind)
