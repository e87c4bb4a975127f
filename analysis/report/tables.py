"""The tables of a report: variants side by side, and predictions beside measurements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from analysis.groups import Group
from analysis.load import Run
from analysis.metrics import (
    Target,
    bus_bandwidth,
    call_seconds,
    final,
    is_collective,
    levels,
    predictions,
    reach,
    simulated_seconds,
)
from analysis.metrics.placement import least_seconds, placed
from analysis.metrics.robustness import condition, resilience
from analysis.metrics.splits import bubble_share, peak_memory
from analysis.report.study import Study
from analysis.statistics import Estimate, estimate, paired_difference
from analysis.text import Kind, kind_of, quantity, spread

__all__ = [
    'COLUMNS',
    'Cell',
    'Column',
    'Row',
    'Table',
    'level_table',
    'level_tables',
    'prediction_table',
    'prediction_tables',
    'series_table',
    'summary',
]


class Cell(NamedTuple):
    """A cell of a table.

    Attributes
    ----------
    text : str
    range : str
        The range of the seeds, beneath it.
    best : bool
        Whether it is the best of its column.
    estimate : Estimate, optional
        The figure itself, in SI base units, where the text is one.
    """

    text: str
    range: str = ''
    best: bool = False
    estimate: Estimate | None = None

    @property
    def value(self) -> float | None:
        """What the table is sorted by; None for a text, or where there is no figure."""
        known = self.estimate is not None and not np.isnan(self.estimate.mean)
        return float(f'{self.estimate.mean:.6g}') if self.estimate and known else None


Row = tuple[int, str, Sequence[Cell]]


class Table(NamedTuple):
    """A table: a title, headings, rows that begin with a group's index and name, a note."""

    title: str
    head: Sequence[str]
    rows: Sequence[Row]
    note: str = ''


class Column(NamedTuple):
    """A figure of each run, as a column of the table of variants.

    Attributes
    ----------
    title : str
    figure : callable
        Returns it for a run, NaN where there is none.
    kind : str
        How it is written.
    better : int
        1 where more is better, -1 where less is, 0 where neither.
    """

    title: str
    figure: Callable[[Run], float]
    kind: Kind
    better: int = 0


def summary(study: Study) -> Table:
    """Return the variants side by side: mean and spread over seeds of their main figures."""
    columns = [c for make in COLUMNS for c in make(study) if _any(study, c)]
    rows = _rows(study, columns, study.groups)
    rows = [
        (i, label, [Cell(str(len(g.runs))), *cells])
        for (i, label, cells), g in zip(rows, study.groups, strict=True)
    ]
    note = (
        'Mean ± standard deviation over seeds; below it, the least and the greatest seed. Bold: '
        'better than every other variant by more than the luck of the seeds explains (95 % '
        'bootstrap interval of the paired difference).'
    )
    return Table('', ['seeds', *(column.title for column in columns)], rows, note)


def series_table(study: Study) -> Table:
    """Return the time of a call of each series along its varied number."""
    lines = study.series
    values = sorted({value for one in lines for value in one.values})
    found = {
        one: {
            value: estimate([call_seconds(run) for run in g.runs])
            for value, g in zip(one.values, one.groups, strict=True)
        }
        for one in lines
    }
    least = {v: min(known[v].mean for known in found.values() if v in known) for v in values}
    rows = [
        (one.index, one.label, [_point(known.get(v), best=least[v]) for v in values])
        for one, known in found.items()
    ]
    head = [quantity(value, lines[0].kind) for value in values]
    return Table('', head, rows, f'Time of a call by {lines[0].axis}. Bold: the shortest of all.')


def level_table(study: Study) -> Table:
    """Return the simulated time to several levels of accuracy, not only to the target."""
    wanted = [Target('test_accuracy', level, given=False) for level in levels(study.learning)]
    columns = [
        Column(f'{target.value:.2f}', _reaching(target, 'seconds'), 'seconds', -1)
        for target in wanted
    ]
    title = 'Simulated time to levels of test accuracy'
    return Table(title, [c.title for c in columns], _rows(study, columns, study.learning))


def level_tables(study: Study) -> list[Table]:
    """Return the table of levels where there is something to compare."""
    if len(study.learning) < 2:
        return []
    table = level_table(study)
    return [table] if len(table.head) > 1 else []


def prediction_tables(study: Study) -> list[Table]:
    """Return the table of predictions; it is shown where its figure is."""
    return [prediction_table(study)]


def _rows(study: Study, columns: Sequence[Column], groups: Sequence[Group]) -> list[Row]:
    found = {column: study.estimates(column.figure) for column in columns}
    return [
        (
            g.index,
            g.label,
            [_cell(found[c][g], c.kind, best=_best(study, c, g)) for c in columns],
        )
        for g in groups
    ]


def prediction_table(study: Study) -> Table:
    """Return what the closed forms promised beside what was measured."""
    rows = []
    for g in study.groups:
        for name, row in predictions(g).iterrows():
            kind = kind_of(str(name))
            off = 100 * (float(row['ratio']) - 1)
            cells = [
                Cell(str(name).replace('_', ' ')),
                Cell(quantity(float(row['predicted']), kind, 6)),
                Cell(quantity(float(row['measured']), kind, 6)),
                Cell('–' if np.isnan(off) else f'{off:+.3g} %' if abs(off) >= 5e-5 else '0 %'),
            ]
            rows.append((g.index, g.label, cells))
    return Table('', ['figure', 'closed form', 'measured', 'deviation'], rows)


def _resilience(study: Study) -> list[Column]:
    """Return what was measured and published of rules at fixed parameters."""
    if not study.resilience:
        return []
    return [
        Column('|E[F] − g| / |g|', partial(resilience, key='relative'), 'number', -1),
        Column('bound / |g|', partial(resilience, key='promised'), 'number'),
        Column('angle, degrees', partial(resilience, key='degrees'), 'number', -1),
        Column('leeway, σ', partial(resilience, key='leeway'), 'number', -1),
        Column('√d σ / |g|', lambda run: float(np.sqrt(condition(run).typical)), 'number'),
    ]


def _outcome(study: Study) -> list[Column]:
    if len(study.resilience) + len(study.placements) == len(study.groups):
        return []  # the accuracy at their parameters is no outcome
    accuracy = Column('final accuracy', lambda run: final(run, 'test_accuracy'), 'share', 1)
    loss = Column('final test loss', lambda run: final(run, 'test_loss'), 'number', -1)
    return [accuracy if _any(study, accuracy) else loss]


def _language(study: Study) -> list[Column]:
    """Return perplexity and size where tokens are predicted, and grams where they are counted."""
    perplexity = Column('final perplexity', lambda run: final(run, 'test_perplexity'), 'number', -1)
    if not _any(study, perplexity):
        return []
    return [
        perplexity,
        Column('parameters', _parameters, 'number'),
        Column('grams counted', lambda run: final(run, 'grams'), 'number'),
        Column('grams unseen', lambda run: final(run, 'unseen_grams'), 'share'),
    ]


def _parameters(run: Run) -> float:
    model = run.manifest.get('model')
    count = model.get('parameters') if isinstance(model, dict) else None
    return float('nan') if count is None else float(count)


def _to_target(study: Study) -> list[Column]:
    if study.target is None:
        return []
    to = f'to {study.target.value:.2f}' if study.target.rising else 'to target'
    return [
        Column(f'time {to}', _reaching(study.target, 'seconds'), 'seconds', -1),
        Column(f'rounds {to}', _reaching(study.target, 'rounds'), 'number', -1),
        Column(f'bytes {to}', _reaching(study.target, 'bytes'), 'bytes', -1),
    ]


def _calls(study: Study) -> list[Column]:
    if not study.collectives:
        return []
    return [
        Column('time of a call', _call, 'seconds', -1),
        Column('bus bandwidth', _bus, 'bytes_per_second', 1),
    ]


def _placements(study: Study) -> list[Column]:
    if not study.placements:
        return []
    return [
        Column('makespan', partial(placed, key='makespan'), 'seconds', -1),
        Column('times the least', lambda r: placed(r, 'makespan') / least_seconds(r), 'number', -1),
        Column('devices used', partial(placed, key='devices'), 'number'),
        Column('bytes moved', partial(placed, key='bytes'), 'bytes', -1),
    ]


def _splits(study: Study) -> list[Column]:
    return [
        Column('bubble', bubble_share, 'share', -1),
        Column('peak memory', peak_memory, 'bytes', -1),
    ]


def _totals(study: Study) -> list[Column]:
    if len(study.resilience) + len(study.placements) == len(study.groups):
        return []  # they take no time, or have told it
    return [
        *([Column('time per round', _pace, 'seconds', -1)] if study.learning else []),
        Column('simulated time', simulated_seconds, 'seconds'),
        Column('bytes sent', lambda run: _of(run, 'bytes'), 'bytes'),
        Column('messages', lambda run: _of(run, 'messages'), 'number'),
    ]


def _asynchrony(study: Study) -> list[Column]:
    """Return what tells of servers that wait for nobody, where there are any."""
    runs = [run for g in study.groups for run in g.runs]
    if not any(_of(run, 'mean_staleness') > 0 for run in runs):
        return []
    return [
        Column('updates a second', lambda run: _of(run, 'updates_per_second'), 'number'),
        Column('mean staleness', lambda run: _of(run, 'mean_staleness'), 'number'),
    ]


def _agreement(study: Study) -> list[Column]:
    """Return how well the graph of gossiping peers mixes, and how far apart their models end."""
    return [
        Column('spectral gap', lambda run: _of(run, 'spectral_gap'), 'number'),
        Column('distance to the average', lambda run: _of(run, 'consensus'), 'number'),
    ]


def _compression(study: Study) -> list[Column]:
    return [Column('compression', lambda run: _of(run, 'compression_ratio'), 'number')]


COLUMNS: Final[tuple[Callable[[Study], list[Column]], ...]] = (
    _resilience,
    _outcome,
    _language,
    _to_target,
    _calls,
    _placements,
    _splits,
    _totals,
    _asynchrony,
    _agreement,
    _compression,
)
"""The columns of the table of variants; one without a figure of any run is left out."""


def _reaching(target: Target, axis: str) -> Callable[[Run], float]:
    return lambda run: float(getattr(reach(run, target), axis))


def _call(run: Run) -> float:
    return call_seconds(run) if is_collective(run) else float('nan')


def _bus(run: Run) -> float:
    return bus_bandwidth(run) if is_collective(run) else float('nan')


def _of(run: Run, key: str) -> float:
    value = run.summary.get(key)
    return float('nan') if value is None else float(value)


def _pace(run: Run) -> float:
    rounds = _of(run, 'rounds')
    return simulated_seconds(run) / rounds if rounds > 0 else float('nan')


def _any(study: Study, column: Column) -> bool:
    return any(not np.isnan(one.mean) for one in study.estimates(column.figure).values())


def _best(study: Study, column: Column, g: Group) -> bool:
    """Whether a variant is better than every other beyond what luck of seeds explains."""
    if not column.better or len(study.groups) < 2:
        return False
    own = g.by_seed(column.figure)
    for other in study.groups:
        if other is g:
            continue
        difference = paired_difference(own, other.by_seed(column.figure))
        if not (difference.tells_apart and difference.value * column.better > 0):
            return False
    return True


def _point(one: Estimate | None, *, best: float) -> Cell:
    if one is None:
        return Cell('–')
    return Cell(spread(one.mean, one.deviation, 'seconds'), '', one.mean == best, one)


def _cell(one: Estimate, kind: Kind, *, best: bool) -> Cell:
    if one.seeds < 2 or one.high == one.low:
        return Cell(quantity(one.mean, kind), '', best, one)
    ends = [quantity(value, kind) for value in (one.low, one.high)]
    return Cell(spread(one.mean, one.deviation, kind), ' to '.join(ends), best, one)
