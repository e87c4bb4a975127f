"""What aggregation rules promise, and whether their conditions held: tables and warnings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
from markupsafe import Markup

from analysis.groups import Group, differences
from analysis.load import Run
from analysis.metrics import final, simulated_seconds
from analysis.metrics.robustness import (
    aggregation,
    condition,
    liars,
    promises,
    told,
    voters,
    voting_liars,
)
from analysis.report.study import Study
from analysis.report.tables import Cell, Row, Table
from analysis.report.words import bold, names, say, series
from analysis.statistics import estimate
from analysis.text import number, quantity, share

__all__ = ['availability', 'condition_tables', 'robustness_evidence', 'verdict']

_PROPERTIES: Final = {
    'permutation_invariant': 'in any order',
    'translation_equivariant': 'moves with all',
    'scale_equivariant': 'scales with all',
    'returns_unanimous': 'keeps unanimity',
    'weighted_by_samples': 'weighs by samples',
}


def concerned(study: Study) -> list[Group]:
    """Return the groups of which promises are to be told: with liars, or a rule told of some."""
    groups = [g for g in (*study.learning, *study.resilience) if promises(g.first)]
    return groups if any(liars(g.first) or told(g.first) for g in groups) else []


def verdict(run: Run) -> str:
    """Return whether the promise of a run's rule covers what happened to it, in a few words."""
    tolerance, f, count = promises(run).get('tolerance'), told(run), voting_liars(run)
    if tolerance is not None and count > tolerance:
        return 'more liars than it survives'
    if f is not None and count > f:
        return 'more liars than it is told of'
    held = condition(run).held
    if np.isnan(held):
        return 'covered' if np.isnan(condition(run).bound) else 'not measured'
    return 'holds' if held == 1 else 'variance too large' if held == 0 else 'holds at times'


def robustness_evidence(study: Study) -> list[Markup]:
    """Return warnings where a rule's promise does not cover what happened, and what liars cost."""
    groups = [g for g in concerned(study) if g in study.learning]
    sentences = (
        _worst_cases(study),
        _too_many(study, groups),
        _untold(study, groups),
        _uncovered(groups),
        _pace(study, groups),
    )
    return [sentence for sentence in sentences if sentence]


def condition_tables(study: Study) -> list[Table]:
    """Return what each rule promises, and whether its conditions held in each variant."""
    groups = concerned(study)
    return [_promised(groups), _held(study, groups)] if groups else []


def availability(study: Study, g: Group) -> float:
    """Return the rounds a second of a group, as a share of the honest run's; NaN without one.

    The honest run is the group without liars that differs least in its settings.
    """
    honest = [h for h in study.learning if not liars(h.first)]
    if not liars(g.first) or not honest:
        return float('nan')
    beside = min(honest, key=lambda h: _distance(g, h))
    return _rate(g) / _rate(beside)


def _distance(g: Group, h: Group) -> tuple[bool, int]:
    return aggregation(g.first) != aggregation(h.first), len(differences([g.scenario, h.scenario]))


def _rate(g: Group) -> float:
    """Return rounds per simulated second."""
    rates = [
        float(run.summary.get('rounds') or 0) / simulated_seconds(run)
        for run in g.runs
        if simulated_seconds(run) > 0
    ]
    return estimate(rates).mean


def _promised(groups: Sequence[Group]) -> Table:
    """Return a row for each different rule: what it needs, survives, and promises."""
    rows: list[Row] = []
    known: list[object] = []
    for g in groups:
        run = g.first
        if aggregation(run) in known:
            continue
        known.append(aggregation(run))
        found = promises(run)
        cells = [
            Cell(str(found.get('needs') or '–')),
            Cell(_of(found.get('tolerance'), voters(run))),
            Cell('–' if found.get('constant') is None else number(float(found['constant']))),
            *(Cell('yes' if found.get(name) else 'no') for name in _PROPERTIES),
        ]
        rows.append((g.index, _rule(run), cells))
    head = ['needs', 'survives', 'constant c', *_PROPERTIES.values()]
    note = (
        'The published constant c bounds how far the mean result is from the true gradient, in '
        'deviations of an honest one, where all draw from the same samples: |E[F] − g| ≤ c √d σ.'
    )
    return Table('What each rule promises', head, rows, note)


def _of(part: object, whole: int | None) -> str:
    return '–' if part is None else str(part) if whole is None else f'{part} of {whole}'


def _rule(run: Run) -> str:
    chosen = aggregation(run) or {}
    name = next(iter(chosen), '')
    inside = chosen.get(name, {}).get('rule') if isinstance(chosen.get(name), dict) else None
    return f'{name} of {next(iter(inside))}' if isinstance(inside, dict) else str(name)


def _held(study: Study, groups: Sequence[Group]) -> Table:
    """Return a row for each group: liars, what the rule was told, its condition, its pace."""
    rows: list[Row] = []
    for g in groups:
        found = [condition(run) for run in g.runs]
        # ratios may be infinite, where a mean can't be told from zero: their median still says much
        typical, bound, held = (float(np.median(column)) for column in zip(*found, strict=True))
        f = told(g.first)
        cells = [
            Cell(_of(voting_liars(g.first), voters(g.first))),
            Cell('–' if f is None else str(f)),
            Cell('∞' if np.isinf(typical) else number(typical)),
            Cell(number(bound) if np.isfinite(bound) else '–' if np.isnan(bound) else 'any'),
            Cell(share(held)),
            Cell(share(availability(study, g))),
            Cell(verdict(g.first)),
        ]
        rows.append((g.index, g.label, cells))
    head = [
        'liars', 'told of', 'variance to norm', 'has to be below', 'held in', 'pace', 'its promise',
    ]  # fmt: skip
    note = (
        'Variance to norm: E|G − g|² / |g|² of the honest vectors, median over rounds; a published '
        'promise asks that it stays below 1/c². Pace: rounds a second beside the run without liars.'
    )
    return Table('Whether its conditions held', head, rows, note)


def _worst_cases(study: Study) -> Markup | None:
    """Tell what each rule keeps in its worst case, the best first."""
    if study.grid is None or len(study.grid.rules) < 3:
        return None
    accuracy = partial(final, metric='test_accuracy')
    worst = np.nanmin(study.grid.values(accuracy), axis=1)
    order = np.argsort(-worst, kind='stable')
    parts = [
        say('{} {}', bold(study.grid.rules[k]), quantity(float(worst[k]), 'share', 2))
        for k in order
    ]
    return say('Worst cases: {}.', series(parts))


def _too_many(study: Study, groups: Sequence[Group]) -> Markup | None:
    """Warn of rules that meet more liars than they can survive."""
    text = 'No promise covers {}: more lie than {} survive.'
    return _warning(study, groups, 'more liars than it survives', text, _limits)


def _limits(groups: Sequence[Group]) -> Markup:
    rules = {_rule(g.first): promises(g.first).get('tolerance') for g in groups}
    return series([say('{} ({})', rule, limit) for rule, limit in rules.items()])


def _untold(study: Study, groups: Sequence[Group]) -> Markup | None:
    """Warn of rules that are told of fewer liars than there are."""
    text = 'The rule of {} is told of too few liars ({}), so that its promise does not cover them.'
    return _warning(study, groups, 'more liars than it is told of', text, _numbers)


def _numbers(groups: Sequence[Group]) -> Markup:
    pairs = dict.fromkeys((told(g.first), voting_liars(g.first)) for g in groups)
    return series([say('{} of {}', f, count) for f, count in pairs])


def _warning(
    study: Study,
    groups: Sequence[Group],
    which: str,
    text: str,
    more: Callable[[Sequence[Group]], Markup],
) -> Markup | None:
    found = [g for g in groups if verdict(g.first) == which]
    called = list(dict.fromkeys(study.name(g) for g in found))
    return say(text, names(called), more(found)) if found else None


def _uncovered(groups: Sequence[Group]) -> Markup | None:
    """Warn where honest gradients vary more than the published condition of a rule allows."""
    if not any(liars(g.first) for g in groups):
        return None  # of liars that are not there, nothing has to be promised
    worst: dict[str, tuple[float, float, float]] = {}
    for g in groups:
        found = condition(g.first)
        if found.held < 1 and _rule(g.first) not in worst:
            worst[_rule(g.first)] = found.bound, found.held, found.typical
    if not worst:
        return None
    parts = [
        say('below {} for {} (held in {} of the rounds)', number(bound, 2), bold(rule), share(held))
        for rule, (bound, held, _) in worst.items()
    ]
    median = float(np.median([ratio for _, _, ratio in worst.values()]))
    typical = number(median, 2) if np.isfinite(median) else 'infinite (a mean like zero)'
    text = (
        'What is published asks that the variance-to-norm ratio of honest gradients stays {}; its '
        'median is {}. Where it does not, a rule may still work, but nothing is proved of it.'
    )
    return say(text, series(parts), typical)


def _pace(study: Study, groups: Sequence[Group]) -> Markup | None:
    """Tell how much slower rounds are than in the honest run, where they are."""
    rates = {g: availability(study, g) for g in groups}
    known = {g: rate for g, rate in rates.items() if not np.isnan(rate)}
    if not known:
        return None
    slow = min(known, key=lambda g: known[g])
    if known[slow] > 0.98:
        return Markup('Liars do not slow rounds down: all variants keep the honest run’s pace.')
    text = 'Beside the honest run, {} does {} as many rounds a second.'
    return say(text, bold(slow), share(known[slow]))
