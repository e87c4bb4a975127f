"""Training among liars: what rules promise, whether that held, and what was left of accuracy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from analysis.figures.robustness import against_number, heat_map, heat_map_size, rounds_of
from analysis.grids import HONEST, Grid
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics import curve, final
from analysis.metrics.robustness import liars, told, voters
from analysis.report.blocks import HALF, Block, Mark, Panel, draw, sample
from analysis.report.study import LINES, Study
from analysis.report.words import bold, capital, names, say, series
from analysis.statistics import estimate
from analysis.text import Kind, listed, quantity, share

__all__ = ['robustness_blocks', 'robustness_headlines']

_accuracy = partial(final, metric='test_accuracy')

HOLDS = 0.9
"""Share of the best accuracy with which a rule counts as holding out."""

_CHOSEN: Final = Markup('Of each rule the case with the least accuracy, or with most liars.')


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
    """Return what rules keep in their worst case, or how many liars they hold out against."""
    if study.grid is not None:
        return [_kept(_ordered(study.grid))]
    return [_holding(study.liar_lines)] if study.liar_lines else []


def _kept(grid: Grid) -> Markup:
    real = [name for name in grid.attacks if name != HONEST]
    worst = [quantity(value, 'share', 2) for value in _worst(grid)]
    told_ = [
        say('{}{}', worst[k], say(' ({})', _case(grid, k)) if len(real) > 1 else '')
        for k in (0, -1)
    ]
    where = (
        f'In the worst case of {len(real)} attacks'
        if len(real) > 1
        else f'Under the attack {real[0]}'
    )
    text = '{}, {} keeps most: a test accuracy of {}. {} keeps least: {}.'
    last = capital(bold(grid.rules[-1]))
    return say(text, where, bold(grid.rules[0]), told_[0], last, told_[1])


def _holding(lines: Mapping[str, Sequence[Group]]) -> Markup:
    """Tell up to how many liars each line holds out."""
    best = max(_mean(line[0]) for line in lines.values())
    found: dict[int, list[str]] = {}
    for name, line in lines.items():
        found.setdefault(_most(line, HOLDS * best), []).append(name)
    tried = max(_liars(line[-1]) for line in lines.values())
    parts = [
        say('{} with {}', names(found[count]), _up_to(count, tried))
        for count in sorted(found, reverse=True)
    ]
    text = 'Of {} workers, so many may lie while at least {} of the best accuracy remains: {}.'
    workers = voters(next(iter(lines.values()))[0].first)
    return say(text, 'the' if workers is None else workers, share(HOLDS), series(parts))


def _up_to(count: int, tried: int) -> str:
    if count < 1:
        return 'none'
    return f'{count} (the most that were tried)' if count == tried else f'{count} at most'


def _most(line: Sequence[Group], least: float) -> int:
    """Return the largest number of liars up to which a line stays above an accuracy."""
    most = -1
    for g in line:
        if not _mean(g) >= least:
            break
        most = _liars(g)
    return most


def _mean(g: Group) -> float:
    return estimate([_accuracy(run) for run in g.runs]).mean


def _liars(g: Group) -> int:
    return liars(g.first)


def robustness_blocks(study: Study) -> list[Block]:
    """Return the figures of training among liars, or with a rule that expects some."""
    groups = [g for g in study.learning if liars(g.first) or told(g.first)]
    blocks = [] if study.grid is None else [_map(_ordered(study.grid))]
    if study.liar_lines:
        blocks.append(_against_liars(study.liar_lines))
    if groups:
        shown = list(study.drawn)[:LINES]
        lying = any(liars(g.first) for g in groups)
        measured = [
            m
            for m in _MEASURES
            if any(m.metric in curve(g.first) for g in shown)
            and (lying or m.metric != 'byzantine_share')
        ]
        if measured:
            blocks.append(_rounds(study, shown, measured))
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


def _against_liars(lines: Mapping[str, Sequence[Group]]) -> Block:
    drawn = [(line[0], [float(_liars(g)) for g in line], line) for line in lines.values()]
    figure = partial(
        against_number, lines=drawn, figure=_accuracy, x='Byzantine nodes',
        y='final test accuracy', kind='share',
    )  # fmt: skip
    parts = [_fall(name, line) for name, line in list(lines.items())[:6]]
    caption = say('{}.', capital(series(parts)))
    alternative = f'Accuracy against the number of Byzantine nodes: {caption.striptags()}'
    panels = [Panel(draw('accuracy-liars', alternative, figure, HALF))]
    legend = [Mark(sample(line[0].index), name) for name, line in lines.items()]
    return Block('accuracy-liars', 'As more nodes lie', caption, panels, legend, columns=1)


def _fall(name: str, line: Sequence[Group]) -> Markup:
    ends = [_mean(g) for g in (line[0], line[-1])]
    counts = [str(_liars(g)) for g in (line[0], line[-1])]
    text = '{} goes from {} with {} to {} with {}'
    written = [quantity(end, 'share', 2) for end in ends]
    return say(text, bold(name), written[0], counts[0], written[1], counts[1])


def _rounds(study: Study, groups: Sequence[Group], measured: Sequence[_Measure]) -> Block:
    panels = []
    for metric, title, label, kind in measured:
        having = [g for g in groups if metric in curve(g.first)]
        figure = partial(rounds_of, groups=having, y=metric, label=label, kind=kind)
        told_ = [f'{study.name(g)} {_typical(g, metric, kind)}' for g in having]
        alternative = f'{title}, median over rounds: {listed(told_)}.'
        panels.append(Panel(draw(f'{metric}-rounds', alternative, figure, HALF), title))
    caption = Markup(' ').join(_seen(study, groups, measured))
    legend = [Mark(sample(g.index), study.name(g), g.index) for g in groups]
    title = 'What the rule made of the vectors, round by round'
    return Block('aggregates', title, caption, panels, legend, columns=2)


def _seen(study: Study, groups: Sequence[Group], measured: Sequence[_Measure]) -> list[Markup]:
    """Tell the medians over rounds of what is drawn."""
    texts = {
        'aggregate_distance': 'Half of the time, the aggregate is at least so far from the mean of '
        'the honest vectors: {}.',
        'byzantine_share': 'Of the vectors that rules select, so many are Byzantine on average: '
        '{}.',
    }
    told_ = [] if len(groups) == len(study.learning) else [_CHOSEN]
    for metric, _, _, kind in measured:
        having = [g for g in groups if metric in curve(g.first)][:6]
        if metric in texts:
            parts = [
                say('{} with {}', _typical(g, metric, kind), bold(study.name(g))) for g in having
            ]
            told_.append(say(texts[metric], series(parts)))
    return told_


def _typical(g: Group, metric: str, kind: Kind) -> str:
    """Return the median over rounds of a metric, of a share the mean; mean of the seeds."""
    middle: Callable[[Run], float] = lambda run: float(
        getattr(curve(run)[metric].dropna(), 'mean' if kind == 'share' else 'median')()
    )
    return quantity(estimate([middle(run) for run in g.runs if metric in curve(run)]).mean, kind)
