"""Studies of resilience at fixed parameters: their answer and their figures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from markupsafe import Markup

from analysis.figures.robustness import against_number, heat_map, heat_map_size
from analysis.grids import Grid
from analysis.groups import Group
from analysis.metrics.robustness import aggregation, bound, condition, resilience
from analysis.report.blocks import HALF, Block, Mark, Panel, draw, sample
from analysis.report.study import Study
from analysis.report.words import bold, names, say, series
from analysis.series import Series, arrange
from analysis.statistics import estimate
from analysis.text import listed, number, quantity

__all__ = [
    'resilience_blocks',
    'resilience_evidence',
    'resilience_headlines',
]

_RELATIVE = '|E[F] − g| / |g|'


def resilience_headlines(study: Study) -> list[Markup]:
    """Return which rule stays nearest to the full gradient, or how its leeway grows."""
    if not study.resilience:
        return []
    if lines := _lines(study.resilience):
        return [_growth(lines)]
    if (grid := study.resilience_grid) is not None:
        return [_worst_cases(_ordered(grid))]
    return [_one_by_one(study.resilience)]


def resilience_evidence(study: Study) -> list[Markup]:
    """Return what was promised, and whether the condition of the promise holds."""
    if not study.resilience:
        return []
    told = [say('An estimate is off by about {} |g| (standard error).', _errors(study))]
    # along a number the condition changes from point to point: the table tells it
    conditions = [] if _lines(study.resilience) else _conditions(study.resilience)
    return [*told, *conditions, *_within(study.resilience)]


def resilience_blocks(study: Study) -> list[Block]:
    """Return the heat maps of distance and angle, or the leeway against the dimension."""
    blocks = []
    if lines := _lines(study.resilience):
        blocks.append(_leeway(lines))
    if (grid := study.resilience_grid) is not None:
        blocks.append(_maps(_ordered(grid)))
    return blocks


def _ordered(grid: Grid) -> Grid:
    """Return the grid with the rule first whose worst case is best."""
    table = grid.values(partial(resilience, key='relative'))
    return grid.ordered([-float(np.nanmax(row)) for row in table])


def _maps(grid: Grid) -> Block:
    panels = []
    for key, title in (('relative', _RELATIVE), ('degrees', 'angle to g, degrees')):
        table = grid.values(partial(resilience, key=key))
        figure = partial(
            heat_map, values=table, rows=grid.rules, columns=grid.attacks, kind='number',
            rising=False,
        )  # fmt: skip
        told = [
            f'{rule} {number(float(np.nanmax(row)), 2)}'
            for rule, row in zip(grid.rules, table, strict=True)
        ]
        alternative = f'{title}, worst case: {listed(told)}.'
        size = heat_map_size(grid.rules, grid.attacks)
        panels.append(Panel(draw(f'resilience-{key}', alternative, figure, size), title))
    caption = say(
        'How far, and at which angle, the mean result E[F] of a rule is from the gradient g of all '
        'training samples: the darker, the nearer. At the right the worst attack of each rule, '
        'which orders them. Above an angle of 90 degrees, steps lead uphill.'
    )
    return Block('resilience', 'Each rule against each attack', caption, panels, columns=2)


def _worst_cases(grid: Grid) -> Markup:
    table = grid.values(partial(resilience, key='relative'))
    (first, how), (last, far) = _case(grid, table, 0), _case(grid, table, len(grid.rules) - 1)
    text = (
        'Over {} attacks, the mean result of {} stays nearest to the full gradient g: in the worst '
        'case {} |g| away ({}). That of {} strays furthest: {}.'
    )
    worst, least = (float(np.nanmax(table[row])) for row in (0, -1))
    away = f'{number(least, 2)} |g|', far
    told = say('{} ({})', *away)
    return say(text, len(grid.attacks), bold(first), number(worst, 2), how, bold(last), told)


def _case(grid: Grid, table: np.ndarray, row: int) -> tuple[str, str]:
    """Return a rule and the attack that is worst for it."""
    return grid.rules[row], grid.attacks[int(np.nanargmax(table[row]))]


def _one_by_one(groups: Sequence[Group]) -> Markup:
    parts = [
        say('{} is {} |g| away, at {} degrees', bold(g), _mean(g, 'relative'), _mean(g, 'degrees'))
        for g in groups[:6]
    ]
    return say('Of the full gradient g, the mean result of {}.', series(parts))


def _mean(g: Group, key: str) -> str:
    return number(estimate([resilience(run, key) for run in g.runs]).mean, 2)


def _errors(study: Study) -> str:
    runs = [run for g in study.resilience for run in g.runs]
    errors = [resilience(run, 'distance_error') / resilience(run, 'norm') for run in runs]
    return number(float(np.nanmedian(errors)), 2)


def _conditions(groups: Sequence[Group]) -> list[Markup]:
    """Tell for which rules the published condition holds, and how far it is off for the others."""
    rules: dict[str, Group] = {}
    for g in groups:
        if not np.isnan(bound(g.first)):
            rules.setdefault(next(iter(aggregation(g.first) or {})), g)
    held = [name for name, g in rules.items() if condition(g.first).held == 1]
    broken = {name: g for name, g in rules.items() if name not in held}
    parts = []
    if held:
        text = 'The published condition, c √d σ &lt; |g|, holds for {}: what they promise is sure.'
        parts.append(say(text, names(held)))
    if broken:
        wanted = [
            say('{} ({} times)', bold(name), number(_more(g), 2)) for name, g in broken.items()
        ]
        text = (
            'It does not hold for {}: nothing is promised of them here. It would with mini-batches '
            'so many times as large.'
            if held
            else 'The published condition, c √d σ &lt; |g|, holds for no rule, so nothing is '
            'promised here; it would with mini-batches larger by so much: {}.'
        )
        parts.append(say(text, series(wanted)))
    return parts


def _more(g: Group) -> float:
    """Return by how much mini-batches would have to be larger for the condition to hold."""
    found = condition(g.first)
    return found.typical / found.bound


def _within(groups: Sequence[Group]) -> list[Markup]:
    """Tell how far the measured distances stay below the published bounds."""
    shares = {
        g: resilience(g.first, 'distance') / resilience(g.first, 'bound')
        for g in groups
        if resilience(g.first, 'bound') > 0
    }
    if not shares:
        return []
    most = max(shares, key=lambda g: shares[g])
    if shares[most] > 1:
        text = '{} strays {} times as far as is published of it: that needs an explanation.'
        return [say(text, bold(most), number(shares[most], 3))]
    text = 'No measured distance exceeds its published bound; nearest to it comes {}, with {:.0%}.'
    return [say(text, bold(most), shares[most])]


def _lines(groups: Sequence[Group]) -> list[Series]:
    """Return the groups along a varied number that changes the dimension, if there is one."""
    lines = [one for one in arrange(groups) if len(one.groups) > 2]
    sizes = {resilience(g.first, 'parameters') for one in lines for g in one.groups}
    return lines if len(sizes) > 2 else []


def _leeway(lines: Sequence[Series]) -> Block:
    drawn = [(one.groups[0], _sizes(one), one.groups) for one in lines]
    figure = partial(
        against_number, lines=drawn, figure=partial(resilience, key='leeway'),
        x='parameters d', y='leeway in one coordinate, σ', log=True,
    )  # fmt: skip
    alternative = f'Leeway against dimension: {_growth(lines).striptags()}'
    caption = say(
        'The largest coordinate of E[F] − g, in standard deviations σ of a coordinate of an honest '
        'gradient. Both axes are logarithmic: a power of d is a straight line. What does not grow '
        'in this unit falls as 1/√d beside the whole deviation, √d σ.'
    )
    panels = [Panel(draw('leeway', alternative, figure, HALF))]
    legend = [Mark(sample(one.groups[0].index), one.label) for one in lines]
    return Block('leeway', 'Leeway in one coordinate', caption, panels, legend, columns=1)


def _sizes(one: Series) -> list[float]:
    return [resilience(g.first, 'parameters') for g in one.groups]


def _growth(lines: Sequence[Series]) -> Markup:
    """Tell with which power of the dimension the leeway of each rule grows."""
    parts = []
    for one in lines[:6]:
        leeway = [estimate([resilience(r, 'leeway') for r in g.runs]).mean for g in one.groups]
        slope = float(np.polyfit(np.log(_sizes(one)), np.log(leeway), 1)[0])
        ends = (quantity(leeway[k], 'number', 2) for k in (0, -1))
        written = f'{slope:+.2f}'.replace('-', '−')
        parts.append(say('{} as d^{} (from {} σ to {} σ)', bold(one.label), written, *ends))
    sizes = _sizes(lines[0])
    low, high = (quantity(size, 'number') for size in (sizes[0], sizes[-1]))
    text = 'From {} to {} parameters d, the leeway in one coordinate changes: {}.'
    return say(text, low, high, series(parts))
