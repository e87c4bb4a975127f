"""Studies of placements without learning: their answer, their figures, what made the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
from markupsafe import Markup

from analysis.figures import gantt
from analysis.figures.activity import lanes
from analysis.figures.placement import MADE_OF, makespan_bars, placement_bars
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics.placement import chain, least_seconds, placed
from analysis.report.blocks import HALF, Block, Mark, Panel, draw, each, swatch
from analysis.report.cases import Cases, cases, name_in
from analysis.report.study import Study
from analysis.report.tables import Cell, Row, Table
from analysis.report.words import bold, capital, clauses, interval, names, say, sooner
from analysis.statistics import estimate, paired_ratio
from analysis.text import quantity, share, times

__all__ = [
    'critical_tables',
    'placement_blocks',
    'placement_evidence',
    'placement_headlines',
]

MOST = 3
"""Cases that sentences tell of."""

ALIKE = 1.001
"""Makespans within this factor are the same."""

LEGEND = {'compute': 'operations on the critical path', 'transfer': 'transfers on it'}


def placement_headlines(study: Study) -> list[Markup]:
    """Return which placement is done first, graph by graph."""
    found = cases(study)
    if not found:
        return []
    told = [_first(name, groups) for name, groups in found.items()]
    # of many, the first and the last: the figure tells the others
    return [say('{}.', capital(clauses(told if len(told) <= MOST else [told[0], told[-1]])))]


def placement_evidence(study: Study) -> list[Markup]:
    """Return how near the best come to what is possible, and who moves most."""
    found = cases(study)
    near, most = [], []
    for name, groups in found.items():
        of = f' {name}' if name else ''
        best = min(groups, key=_makespan)
        ratio = _makespan(best) / _mean(best, least_seconds)
        if ratio == ratio:  # known
            near.append(
                say('{} takes {} times as long{}', bold(name_in(best, groups)), times(ratio), of)
            )
        if len(groups) > 1:
            heavy = max(groups, key=_bytes)
            moved = quantity(_bytes(heavy), 'bytes')
            most.append(say('{}{} ({})', bold(name_in(heavy, groups)), of, moved))
    told = []
    if 0 < len(near) <= MOST:
        text = 'Beside the longest path on the fastest devices, which no placement can beat: {}.'
        told.append(say(text, clauses(near)))
    if 0 < len(most) <= MOST:
        told.append(say('Most bytes are moved by {}.', clauses(most)))
    return told


def placement_blocks(study: Study) -> list[Block]:
    """Return bars of makespan and bytes graph by graph, and executions as they happened."""
    found = cases(study)
    if not found:
        return []
    drawn = [g for g in study.shown if g in study.placements and g.first.rows('spans')]
    return [_bars(found), *([_executions(drawn)] if drawn else [])]


def critical_tables(study: Study) -> list[Table]:
    """Return what made the time of each execution, and its longest link."""
    rows: list[Row] = [
        (g.index, g.label, _critical(g)) for g in study.placements if g.first.rows('critical')
    ]
    if not rows:
        return []
    head = ['makespan', 'computing', 'transfers', 'operations on it', 'transfers on it']
    head += ['waits for a busy device', 'longest link']
    note = (
        'The chain of operations and transfers that made the time, found backwards from what ended '
        'last. Longest link and waits: those of the first seed and execution.'
    )
    return [Table('Critical path of the execution', head, rows, note)]


def _first(case: str, groups: Sequence[Group]) -> Markup:
    # what differs by rounding only stays in the order of the scenario
    ordered = sorted(groups, key=lambda g: float(f'{_makespan(g):.6g}'))
    best = [g for g in ordered if _makespan(g) <= ALIKE * _makespan(ordered[0])]
    on = f'{case}, ' if case else ''
    took, told = quantity(_makespan(best[0]), 'seconds'), [name_in(g, groups) for g in best]
    if len(ordered) == 1:
        return say('{}{} is done after {}', on, bold(told[0]), took)
    if len(best) == len(ordered):
        return say('{}all are done at the same time, after {}', on, took)
    second, last = ordered[len(best)], ordered[-1]
    ratio = paired_ratio(second.by_seed(_seconds), best[0].by_seed(_seconds))
    sure = f' ({interval(ratio)})' if ratio.seeds > 1 else ''
    behind = say(', {} than {}{}', sooner(ratio.value), bold(name_in(second, groups)), sure)
    if last is not second:
        slowest = times(_makespan(last) / _makespan(best[0]))
        behind += say(
            ' and {} times sooner than the last, {}', slowest, bold(name_in(last, groups))
        )
    verb = 'is' if len(told) == 1 else 'are'
    return say('{}{} {} done first: after {}{}', on, names(told), verb, took, behind)


def _bars(found: Cases) -> Block:
    panels: list[Panel] = []
    for place, (name, groups) in enumerate(found.items()):
        labels = [name_in(g, groups) for g in groups]
        size = (HALF[0], 80.0 + 24.0 * len(groups))
        least = _mean(groups[0], least_seconds)
        figure = partial(makespan_bars, groups=groups, labels=labels, least=least)
        words = _first(name, groups).striptags()
        panels.append(
            Panel(
                draw(f'makespan-{place}', f'Makespan: {words}.', figure, size),
                f'makespan {name}'.strip(),
            )
        )
        figure = partial(
            placement_bars, groups=groups, labels=labels, key='bytes', kind='bytes', axis='bytes'
        )
        panels.append(
            Panel(
                draw(f'moved-{place}', f'Bytes moved {name}.', figure, size),
                f'bytes moved {name}'.strip(),
            )
        )
    caption = say(
        'A bar is as long as the makespan, made of what is on the critical path of the execution: '
        'operations and transfers. The dashed line is what no placement can be faster than.'
    )
    legend = [Mark(swatch(name), words) for name, words in LEGEND.items()]
    return Block('placements', 'Makespan and bytes', caption, panels, legend, 2, _data(found))


def _executions(groups: Sequence[Group]) -> Block:
    panels, row = each(
        'executions',
        groups,
        lambda ax, g: gantt(ax, g.first, until=placed(g.first, 'makespan'), transfers=False),
        lambda g: say('{} takes {}', bold(g), quantity(placed(g.first, 'makespan'), 'seconds')),
        lambda g: 66.0 + 11.0 * max(6, len(lanes(g.first))),
    )
    caption = say(
        'The first execution, device by device, as far as they have an operation (of many devices, '
        'some). Seed {}.',
        groups[0].first.seed,
    )
    return Block('executions', 'Executions as they happened', caption, panels, (), row)


def _data(found: Cases) -> pd.DataFrame:
    """Return what the bars show, a row a run."""
    keys = ('makespan', *MADE_OF.values(), 'bytes', 'devices', 'peak_memory')
    rows = [
        {'case': name, 'variant': name_in(g, groups), 'seed': run.seed}
        | {'least_seconds': least_seconds(run)}
        | {key: placed(run, key) for key in keys}
        for name, groups in found.items()
        for g in groups
        for run in g.runs
    ]
    return pd.DataFrame(rows)


def _critical(g: Group) -> list[Cell]:
    links = chain(g.first)
    took = links['end'] - links['start']
    longest = links.iloc[int(took.to_numpy().argmax())]
    waited = float(took[links['waited_for'] == 'device'].sum()) / max(float(took.sum()), 1e-300)
    where = (
        f'{longest["operation"]} to {longest["target"]}'
        if longest['kind'] == 'transfer'
        else f'{longest["operation"]} on {longest["target"]}'
    )
    seconds = (_makespan(g), *(_mean(g, partial(placed, key=key)) for key in MADE_OF.values()))
    counts = (
        _mean(g, partial(placed, key=key)) for key in ('critical_operations', 'critical_transfers')
    )
    return [
        *(Cell(quantity(value, 'seconds')) for value in seconds),
        *(Cell(quantity(value, 'number')) for value in counts),
        Cell(share(waited)),
        Cell(f'{where}, {quantity(float(took.max()), "seconds")}'),
    ]


def _seconds(run: Run) -> float:
    return placed(run, 'makespan')


def _makespan(g: Group) -> float:
    return _mean(g, partial(placed, key='makespan'))


def _bytes(g: Group) -> float:
    return _mean(g, partial(placed, key='bytes'))


def _mean(g: Group, figure: Callable[[Run], float]) -> float:
    return estimate([figure(run) for run in g.runs]).mean
