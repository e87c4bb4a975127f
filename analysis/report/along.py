"""Learning along a varied number: which variant is first from where to where, and what it gains."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from markupsafe import Markup

from analysis.figures.along import along
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics import AXES, reach, scaling, workers
from analysis.metrics.curves import Axis
from analysis.report.answer import goal, mean_of, seconds_of
from analysis.report.blocks import HALF, Block, Panel, draw, variant_legend
from analysis.report.study import Study
from analysis.report.words import bold, clauses, interval, say, series, sooner
from analysis.series import Series
from analysis.statistics import Comparison, paired_ratio
from analysis.text import Kind, quantity, share, times

__all__ = ['along_blocks', 'along_headlines', 'scaling_blocks', 'scaling_evidence']


def along_headlines(study: Study) -> list[Markup]:
    """Return who is first at each value of the varied number; none where none is varied."""
    lines = study.lines
    if not lines or study.target is None:
        return []
    if len(lines) == 1:
        return [_one(study, lines[0])]
    points = sorted({value for one in lines for value in one.values})
    if all(_tied(study, lines, value) for value in points):
        text = '{} {} take equally long.'
        return [say(text, _one(study, lines[0]), series([bold(one.label) for one in lines]))]
    told = [_point(study, lines, value) for value in points]
    once = max(len(g.runs) for g in study.learning) == 1
    text = f'{"In one run each, to" if once else "To"} {{}}, by {{}}: {{}}{{}}.'
    basis = '; but one seed names no winner' if once else _basis(study)
    return [say(text, goal(study.target), lines[0].axis, clauses(told), basis)]


def along_blocks(study: Study) -> list[Block]:
    """Return what the target takes along the varied number."""
    lines, target = study.lines, study.target
    if not lines or target is None:
        return []
    panels = []
    for x in AXES:
        figure = partial(_reaching, target=target, x=x)
        if not any(figure(run) > 0 for g in study.learning for run in g.runs):
            continue
        told = '; '.join(_told(one, figure, _kind(x)) for one in lines[:8])
        alternative = f'{AXES[x]} to {goal(target)} by {lines[0].axis}: {told}.'
        drawing = partial(along, series=lines, figure=figure, kind=_kind(x), label=AXES[x])
        panels.append(Panel(draw(f'along-{x}', alternative, drawing, HALF), AXES[x], x))
    if not panels:
        return []
    caption = say(
        'What it took to {}, by {}: mean of the seeds, bars from the least to the greatest. A '
        'point is missing where a seed never got there. {}',
        goal(target),
        lines[0].axis,
        Markup(' ').join(along_headlines(study)),
    )
    title, legend = f'Along the {lines[0].axis}', variant_legend(lines)
    return [Block('along', title, caption, panels, legend, columns=2, data=_data(study))]


def scaling_evidence(study: Study) -> list[Markup]:
    """Return the speed-up from the fewest to the most workers, where their number is varied."""
    parts = []
    for one in _by_workers(study):
        table = scaling(one.groups, _seconds(study))
        last = table.iloc[-1]
        if not np.isnan(last['speed_up']):
            gain, use = times(float(last['speed_up'])), share(float(last['efficiency']))
            parts.append(say('{} with {} (efficiency {})', gain, bold(one.label), use))
    if not parts:
        return []
    few, many = (workers(_by_workers(study)[0].groups[i].first) for i in (0, -1))
    text = 'From {:,} to {:,} workers the speed-up to the target is {}.'
    return [say(text, few, many, series(parts))]


def scaling_blocks(study: Study) -> list[Block]:
    """Return speed-up and efficiency against the number of workers."""
    lines = _by_workers(study)
    tables = {one.label: scaling(one.groups, _seconds(study)) for one in lines}
    if not any(table['speed_up'].notna().sum() > 1 for table in tables.values()):
        return []
    panels = []
    for column, title in (('speed_up', 'speed-up'), ('efficiency', 'efficiency')):
        told = [f'{name} {t[column].iloc[-1]:.3g}' for name, t in tables.items()]
        alternative = f'{title.capitalize()} with the most workers: {"; ".join(told)}.'
        figure = partial(_gain, study=study, column=column)
        drawing = partial(along, series=lines, group_figure=figure, kind='number', label=title)
        panels.append(Panel(draw(f'scaling-{column}', alternative, drawing, HALF), title))
    caption = say(
        'Speed-up: how many times sooner than with the fewest workers the target is reached, seed '
        'by seed; efficiency: speed-up over the factor of workers, 1 where twice the workers take '
        'half the time. {}',
        Markup(' ').join(scaling_evidence(study)),
    )
    data = pd.concat([t.assign(variant=n) for n, t in tables.items()], ignore_index=True)
    legend = variant_legend(lines)
    return [Block('scaling', 'What more workers gain', caption, panels, legend, 2, data)]


def _by_workers(study: Study) -> list[Series]:
    """Return the lines along which the number of workers grows with the varied number."""
    if study.target is None:
        return []
    counts = {one: [workers(g.first) for g in one.groups] for one in study.lines}
    return [one for one, found in counts.items() if len(set(found)) > 1]


def _seconds(study: Study) -> Callable[[Run], float]:
    return partial(_reaching, target=study.target, x='seconds')


def _gain(g: Group, *, study: Study, column: str) -> float:
    [line] = [one for one in study.lines if g in one.groups]
    table = scaling(line.groups, _seconds(study))
    return float(table[column][table['workers'] == workers(g.first)].iloc[0])


def _reaching(run: Run, target: object, x: Axis) -> float:
    return float(getattr(reach(run, target), x))  # type: ignore[arg-type]


def _kind(x: Axis) -> Kind:
    return 'number' if x == 'rounds' else x


def _told(one: Series, figure: Callable[[Run], float], kind: Kind) -> str:
    ends = [quantity(mean_of(one.groups[i].by_seed(figure)), kind) for i in (0, -1)]
    return f'{one.label} {ends[0]} to {ends[1]}'


def _one(study: Study, line: Series) -> Markup:
    """Tell how the time to the target goes along the only line."""
    told = [
        say('{} {}', _took(study, g), _value(line, value))
        for g, value in zip(line.groups, line.values, strict=True)
    ]
    reached = [g for g in line.groups if study.reached(g)]
    text = 'To {}, by {}: {}.'
    sentence = say(text, _goal(study), line.axis, series(told))
    if len(reached) < 2:
        return sentence
    first = min(reached, key=lambda g: mean_of(seconds_of(study, g)))
    at = line.values[line.groups.index(first)]
    return say('{} The soonest is {}.', sentence, _value(line, at))


def _value(line: Series, value: float) -> str:
    """Return where on a line one is: `at 1 Gb/s`, or `with workers = 4` for a plain number."""
    text = quantity(value, line.kind)
    return f'with {line.axis} = {text}' if line.kind == 'number' else f'at {text}'


def _basis(study: Study) -> str:
    counts = [len(g.runs) for g in study.learning]
    least, most = min(counts), max(counts)
    return f' (means of {least if least == most else f"{least} to {most}"} seeds)'


def _goal(study: Study) -> str:
    return goal(study.target) if study.target else ''


def _took(study: Study, g: Group) -> str:
    return quantity(mean_of(seconds_of(study, g)), 'seconds') if study.reached(g) else 'never'


def _point(study: Study, lines: tuple[Series, ...], value: float) -> Markup:
    """Tell who is first at one value, as far as the seeds allow."""
    found = {o: o.groups[o.values.index(value)] for o in lines if value in o.values}
    reached = [o for o in found if study.reached(found[o])]
    at = _value(lines[0], value)
    if not reached:
        return say('{} none gets there', at)
    ordered = sorted(reached, key=lambda o: mean_of(seconds_of(study, found[o])))
    first = ordered[0]
    took = _took(study, found[first])
    if len(ordered) == 1:
        return say('{} only {} gets there ({})', at, bold(first.label), took)
    second = ordered[1]
    ratio = paired_ratio(*(seconds_of(study, found[one]) for one in (second, first)))
    if ratio.seeds > 1 and not ratio.tells_apart:
        text = '{} {} and {} are not told apart ({} and {})'
        return say(
            text, at, bold(first.label), bold(second.label), took, _took(study, found[second])
        )
    text = '{} {} is {} ({}, {} than {}{})'
    return say(
        text,
        at,
        bold(first.label),
        'first' if ratio.seeds > 1 else 'soonest',
        took,
        sooner(ratio.value),
        bold(second.label),
        _sure(ratio),
    )


def _tied(study: Study, lines: tuple[Series, ...], value: float) -> bool:
    """Whether all take the same time at one value, to three digits."""
    found = [one.groups[one.values.index(value)] for one in lines if value in one.values]
    return len(found) == len(lines) and len({_took(study, g) for g in found}) == 1


def _sure(ratio: Comparison) -> str:
    told = interval(ratio)
    return f', {told}' if told else ''


def _data(study: Study) -> pd.DataFrame:
    rows = [
        {'variant': one.label, one.axis: value, 'seed': seed, **found._asdict()}
        for one in study.lines
        for value, g in zip(one.values, one.groups, strict=True)
        for seed, found in study.reaches(g).items()
    ]
    return pd.DataFrame(rows)
