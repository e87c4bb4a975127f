"""Studies of collectives without learning: their answer and their figures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from markupsafe import Markup

from analysis.figures import against, call_bars, step_diagram
from analysis.figures.collectives import STEPS, steps_drawn
from analysis.groups import Group
from analysis.metrics import bus_bandwidth, call_seconds, first_call, ranks
from analysis.report.blocks import HALF, Block, Panel, draw, each, variant_legend
from analysis.report.study import Study
from analysis.report.words import bold, capital, clauses, interval, names, say, series, sooner
from analysis.series import Series
from analysis.statistics import estimate, paired_ratio
from analysis.text import quantity, times

__all__ = [
    'collective_blocks',
    'collective_evidence',
    'collective_headline',
    'collective_headlines',
]


def collective_headlines(study: Study) -> list[Markup]:
    """Return the answer of a study that times collectives."""
    return [collective_headline(study)] if study.collectives else []


def collective_headline(study: Study) -> Markup:
    """Return which collective is fastest, and where along the varied number."""
    if len(study.series) > 1:
        return _crossings(study.series)
    if len(study.series) == 1:
        return _along(study.series[0])
    ordered = sorted(study.collectives, key=_mean)
    if len(ordered) == 1:
        text = '{} takes {} a call: a bus bandwidth of {}.'
        return say(text, bold(ordered[0]), _time(ordered[0]), _bandwidth(ordered[0]))
    first, second = ordered[:2]
    ratio = paired_ratio(second.by_seed(call_seconds), first.by_seed(call_seconds))
    if ratio.seeds > 1 and not ratio.tells_apart:
        text = 'No winner: {} takes {} and {} {}; the ratio may as well be 1 ({}).'
        return say(text, bold(first), _time(first), bold(second), _time(second), interval(ratio))
    text = '{} is fastest: {} a call, {} than {}, which takes {}.'
    times = sooner(ratio.value), bold(second), _time(second)
    return say(text, bold(first), _time(first), *times)


def collective_evidence(study: Study) -> list[Markup]:
    """Return the sentences below the answer of a study of collectives."""
    if not study.collectives:
        return []
    rest = sorted(study.collectives, key=_mean)[2:8]
    parts = []
    if rest and not study.series:
        told = [say('{} takes {}', bold(g), _time(g)) for g in rest]
        parts.append(say('{}.', series(told)))
    if len(study.series) > 1:
        parts.append(_margins(study.series))
        if study.series[0].kind != 'bytes':
            parts.append(_changes(study.series))
    if study.series:
        parts.append(_best_use(study))
    counts = [len(g.runs) for g in study.collectives]
    if max(counts) == 1:
        parts.append(say('{}.', 'Each point is a single run' if study.series else 'One run each'))
    return parts


def collective_blocks(study: Study) -> list[Block]:
    """Return the figures of time, bandwidth and steps of collectives."""
    if not study.collectives:
        return []
    small = [g for g in study.shown if g in study.collectives and 1 < ranks(g.first) <= STEPS]
    drawn = [g for g in small if g.first.rows('messages')]
    return [_timing(study), *([_steps(drawn)] if drawn else [])]


def _timing(study: Study) -> Block:
    panels = []
    for y, title in (('seconds', 'time of a call'), ('bus_bandwidth', 'bus bandwidth')):
        if y == 'bus_bandwidth' and not any(bus_bandwidth(r) > 0 for r in study.runs):
            continue
        if study.series:
            figure = partial(against, series=study.series, y=y, legend=False)
            size = HALF
        else:
            figure = partial(call_bars, groups=study.collectives, y=y)
            size = (HALF[0], 70.0 + 30.0 * len(study.collectives))
        words = collective_headline(study).striptags()
        panels.append(Panel(draw(f'calls-{y}', f'{title}: {words}', figure, size), title))
    caption = say(
        '{} Bus bandwidth: what an all-reduce must move at least, 2 (m − 1) / m times the '
        'vector, divided by the time; the speed of a link is its bound.{}',
        collective_headline(study),
        ' Rings around points: the closed form.' if study.series else '',
    )
    legend = variant_legend(study.series) if study.series else ()
    return Block('calls', 'Time and bandwidth', caption, panels, legend, columns=2)


def _steps(groups: Sequence[Group]) -> Block:
    panels, row = each(
        'steps',
        groups,
        lambda ax, g: step_diagram(ax, g.first),
        lambda g: say('{}: {} ranks, {} a call', bold(g), ranks(g.first), _time(g)),
        lambda g: 80.0 + 20.0 * max(6, ranks(g.first)),
    )
    cut = [g for g in groups if steps_drawn(g.first) <= first_call(g.first)['step'].max()]
    caption = say(
        'Transfers of the first call: an arrow from the sender, when the transfer starts, to the '
        'receiver, when its last byte arrives. Colours change with the step.{}',
        say(' Only the first steps of {} are drawn.', names(cut)) if cut else '',
    )
    return Block('steps', 'Step by step', caption, panels, columns=row)


def _mean(g: Group) -> float:
    return estimate([call_seconds(run) for run in g.runs]).mean


def _time(g: Group) -> str:
    return quantity(_mean(g), 'seconds')


def _bandwidth(g: Group) -> str:
    return quantity(estimate([bus_bandwidth(run) for run in g.runs]).mean, 'bytes_per_second')


def _along(one: Series) -> Markup:
    first, last = one.groups[0], one.groups[-1]
    text = '{} takes {} at {} and {} at {} ({}).'
    low, high = (quantity(value, one.kind) for value in (one.values[0], one.values[-1]))
    return say(text, bold(one.label), _time(first), low, _time(last), high, one.axis)


def _crossings(lines: Sequence[Series]) -> Markup:
    """Tell which series is fastest from where to where along the varied number."""
    points = sorted(set.intersection(*(set(one.values) for one in lines)))
    if not points:
        return Markup('The variants were not run at the same points, so none is fastest.')
    fastest = [min(lines, key=lambda one: _mean(_at(one, point))) for point in points]
    changes = [i for i in range(1, len(points)) if fastest[i] is not fastest[i - 1]]
    starts, ends = [0, *changes], [*(i - 1 for i in changes), len(points) - 1]
    kind, axis = lines[0].kind, lines[0].axis
    parts = [
        say('{} {}', bold(fastest[i].label), _range(points[i], points[j], kind))
        for i, j in zip(starts, ends, strict=True)
    ]
    if len(parts) == 1:
        lead = bold(fastest[0].label)
        rest = [one for one in lines if one is not fastest[0]]
        ratios = [min(_mean(_at(o, p)) for o in rest) / _mean(_at(fastest[0], p)) for p in points]
        text = '{} is fastest at every {}: {} than the next at {}, {} at {}.'
        low, high = (quantity(points[i], kind) for i in (0, -1))
        return say(text, lead, axis, sooner(ratios[0]), low, sooner(ratios[-1]), high)
    return say('Which is fastest depends on the {}: {}.', axis, series(parts))


def _margins(lines: Sequence[Series]) -> Markup:
    """Tell by how much the fastest is ahead of the next at both ends."""
    points = sorted(set.intersection(*(set(one.values) for one in lines)))
    parts = []
    for point in dict.fromkeys([points[0], points[-1]] if points else []):
        first, second = sorted(lines, key=lambda one: _mean(_at(one, point)))[:2]
        ratio = _mean(_at(second, point)) / _mean(_at(first, point))
        at = quantity(point, first.kind)
        text = 'at {} {} is done after {}, {} than {}'
        took = _time(_at(first, point))
        parts.append(say(text, at, bold(first.label), took, sooner(ratio), bold(second.label)))
    return say('{}.', capital(clauses(parts)))


def _changes(lines: Sequence[Series]) -> Markup:
    """Tell by how much the time of a call grows from the better end of the varied number."""
    growing = sum(_mean(one.groups[0]) < _mean(one.groups[-1]) for one in lines)
    ends = (0, -1) if 2 * growing >= len(lines) else (-1, 0)
    parts = []
    for one in lines:
        start, end = (_mean(one.groups[k]) for k in ends)
        if abs(end - start) < 1e-9 * start:
            parts.append(say('{} not at all', bold(one.label)))
            continue
        more = f'{"−" if end < start else ""}{quantity(abs(end - start), "seconds")}'
        parts.append(say('{} {} ({} times)', bold(one.label), more, times(end / start)))
    low, high = (quantity(lines[0].values[k], lines[0].kind) for k in ends)
    text = 'From {} to {} ({}), a call takes longer by: {}.'
    return say(text, low, high, lines[0].axis, series(parts))


def _range(low: float, high: float, kind: object) -> str:
    ends = [quantity(value, kind) for value in (low, high)]  # type: ignore[arg-type]
    return f'at {ends[0]}' if low == high else f'from {ends[0]} to {ends[1]}'


def _at(one: Series, value: float) -> Group:
    return one.groups[one.values.index(value)]


def _best_use(study: Study) -> Markup:
    """Tell the greatest bus bandwidth of each series."""
    parts = []
    for one in study.series[:8]:
        rates = [estimate([bus_bandwidth(run) for run in g.runs]).mean for g in one.groups]
        if not np.isnan(rates).all():
            best = int(np.nanargmax(rates))
            rate = quantity(rates[best], 'bytes_per_second')
            parts.append(say('{} {}', bold(one.label), rate))
    return say('Greatest bus bandwidth reached: {}.', series(parts))
