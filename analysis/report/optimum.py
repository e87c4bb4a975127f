"""How near placements come to the optimum, where one of the variants has tried everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from analysis.groups import Group
from analysis.load import Run
from analysis.metrics.placement import placed
from analysis.metrics.search import method_of
from analysis.report.cases import cases, name_in
from analysis.report.study import Study
from analysis.report.tables import Cell, Row, Table
from analysis.report.words import bold, capital, clauses, say
from analysis.statistics import estimate
from analysis.text import times

__all__ = ['optimum_headlines', 'optimum_tables']

EXACT = 1 + 1e-9
"""Of equal makespans; they are sums of the same numbers."""


class Nearness(NamedTuple):
    """A placement beside the optimum of the same seeds."""

    group: Group
    name: str
    ratios: list[float]

    @property
    def mean(self) -> float:
        """How many times as long it takes."""
        return estimate(self.ratios).mean

    @property
    def exact(self) -> int:
        """In how many seeds it is the optimum."""
        return sum(ratio <= EXACT for ratio in self.ratios)


def optimum_headlines(study: Study) -> list[Markup]:
    """Return who comes nearest to the optimum, and who stays farthest."""
    return [
        capital(_told(case, ranked))
        for case, groups in cases(study).items()
        if len(ranked := sorted(_beside(groups), key=lambda near: near.mean)) > 1
    ]


def optimum_tables(study: Study) -> list[Table]:
    """Return how near each comes, on average and at worst."""
    rows: list[Row] = [
        (near.group.index, near.group.label, _cells(near))
        for groups in cases(study).values()
        for near in _beside(groups)
    ]
    if not rows:
        return []
    head = ['times the optimum', 'at worst', 'optimal in']
    note = 'The optimum is the quickest of all placements, each tried out under the same scheduler.'
    return [Table('Beside the optimum', head, rows, note)]


def _beside(groups: Sequence[Group]) -> list[Nearness]:
    best = next((g for g in groups if method_of(g.first) == 'exhaustive'), None)
    if best is None:
        return []
    least = best.by_seed(_makespan)
    return [
        Nearness(
            g,
            name_in(g, groups),
            [took / least[seed] for seed, took in g.by_seed(_makespan).items() if seed in least],
        )
        for g in groups
        if g is not best
    ]


def _told(case: str, ranked: Sequence[Nearness]) -> Markup:
    near = [
        say('{} {} times', bold(each.name), times(each.mean))
        + f' (optimal in {each.exact} of {len(each.ratios)})' * bool(each.exact)
        for each in ranked
    ]
    text = '{}beside the optimum a placement takes as long, from the nearest on: {}.'
    return say(text, f'{case}, ' if case else '', clauses(near))


def _cells(near: Nearness) -> list[Cell]:
    worst = max(near.ratios, default=float('nan'))
    exact = f'{near.exact} of {len(near.ratios)}'
    return [Cell(f'{near.mean:.3f}'), Cell(f'{worst:.3f}'), Cell(exact)]


def _makespan(run: Run) -> float:
    return placed(run, 'makespan')
