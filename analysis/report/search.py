"""Placements that search by trying: what they find in their budget, beside those that do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
from markupsafe import Markup

from analysis.figures.search import search_curves
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics.placement import placed
from analysis.metrics.search import best_after, budget, first_tries, last_tries, method_of, search
from analysis.report.blocks import HALF, Block, Mark, Panel, draw, sample
from analysis.report.cases import cases, name_in
from analysis.report.study import Study
from analysis.report.tables import Cell, Row, Table
from analysis.report.words import bold, capital, clauses, interval, say, series, sooner
from analysis.statistics import Comparison, estimate, paired_ratio
from analysis.text import quantity, spread, times

__all__ = ['search_blocks', 'search_headlines', 'search_tables']

RANDOM = 'random_search'

SHARES = {'a tenth': 0.1, 'half': 0.5, 'all': 1.0}
"""Of the budget, after which the table tells the best."""

HEIGHT = 290.0

LOOKS = 28  # that are distinct


class Contest:
    """The placements of one case: those that search, and those that need no execution."""

    def __init__(self, case: str, groups: Sequence[Group]):
        self.case, self.groups = case, groups
        self.searching = [g for g in groups if len(search(g.first))]
        self.others = [g for g in groups if g not in self.searching]
        self.heuristics = [g for g in self.others if method_of(g.first) != 'exhaustive']

    def name(self, g: Group) -> str:
        """Return what a placement is called here."""
        return name_in(g, self.groups)

    @property
    def levels(self) -> dict[str, float]:
        """Mean makespans of those that need no execution, s, by name."""
        return {self.name(g): _mean(g, _makespan) for g in self.others}

    @property
    def best_other(self) -> Group | None:
        """The quickest placement that needs no execution."""
        return min(self.heuristics, key=lambda g: _mean(g, _makespan), default=None)

    def random_of(self, g: Group) -> Group | None:
        """Return the search at random with the budget of a group; None for itself."""
        alike = (
            other
            for other in self.searching
            if method_of(other.first) == RANDOM and budget(other.first) == budget(g.first)
        )
        return None if method_of(g.first) == RANDOM else next(alike, None)


def search_headlines(study: Study) -> list[Markup]:
    """Return how learned placements fare against search at random, and against heuristics."""
    told = [
        _fares(contest, g)
        for contest in _contests(study)
        for g in contest.searching
        if method_of(g.first) == 'learned'
    ]
    return [say('{}.', capital(each)) for each in told]


def search_blocks(study: Study) -> list[Block]:
    """Return the best placement met, and those tried, against the executions used."""
    contests = _contests(study)
    if not contests:
        return []
    called = dict.fromkeys(c.name(g) for c in contests for g in c.searching)
    base = LOOKS * (len(study.groups) // LOOKS + 1)  # as the first look, and none of a group's own
    looks = {name: base + place for place, name in enumerate(called)}
    panels = [panel for place, c in enumerate(contests) for panel in _panels(place, c, looks)]
    caption = say(
        'Mean of the seeds, from the least to the greatest of them. Left the best placement met so '
        'far; right the mean of those tried: what has been learned shows there, where search at '
        'random stays level. Dotted levels: placements that need no execution.'
    )
    legend = [Mark(sample(index), name, index) for name, index in looks.items()]
    return [Block('search', 'Found by trying', caption, panels, legend, 2, _data(contests))]


def search_tables(study: Study) -> list[Table]:
    """Return what each search had found by how much of its budget, and whom it beats."""
    rows: list[Row] = [
        (g.index, g.label, _cells(contest, g))
        for contest in _contests(study)
        for g in contest.searching
    ]
    if not rows:
        return []
    head = ['executions', 'first tries', *(f'best after {share} of them' for share in SHARES)]
    head += ['last tries', 'against search at random', 'against the best that tries nothing']
    note = (
        'First and last tries: means of placements as the search drew them, before it had learned '
        'anything and at its end. Against others: how many times as long their makespan is, above '
        '1 where the search wins; in brackets the 95 % interval over the seeds.'
    )
    return [Table('Placements that search by trying', head, rows, note)]


def _contests(study: Study) -> list[Contest]:
    made = [Contest(case, groups) for case, groups in cases(study).items()]
    return [contest for contest in made if contest.searching]


def _fares(contest: Contest, g: Group) -> Markup:
    """Say what a learned placement has come to, and whom it beats."""
    tried, came = _mean(g, first_tries), _mean(g, _makespan)
    sentence = say(
        '{}{} comes to {} in {} executions, from {} of its first tries at random',
        f'{contest.case}, ' if contest.case else '',
        bold(contest.name(g)),
        quantity(came, 'seconds'),
        quantity(budget(g.first), 'number'),
        quantity(tried, 'seconds'),
    )
    rivals = [_against(contest, g, r) for r in (contest.random_of(g), contest.best_other) if r]
    beaten = [contest.name(o) for o in contest.heuristics if _wins(g, o)]
    if beaten and len(beaten) < len(contest.heuristics):
        rivals.append(say('it beats {} beyond luck', series([bold(name) for name in beaten])))
    elif beaten:
        rivals.append(say('it beats all that try nothing'))
    elif contest.heuristics:
        rivals.append(say('it beats none of those that try nothing beyond luck'))
    return say('{}: {}', sentence, clauses(rivals)) if rivals else sentence


def _against(contest: Contest, g: Group, other: Group) -> Markup:
    ratio = _ratio(g, other)
    at_random = method_of(other.first) == RANDOM
    what = ', which tries as often' if at_random else ', the best of those that try nothing'
    name, sure = bold(contest.name(other)), _sure(ratio)
    if ratio.seeds > 1 and not ratio.tells_apart:
        return say('not told apart from {}{}{}', name, what, sure)
    if ratio.value >= 1:
        return say('{} than {}{}{}', sooner(ratio.value), name, what, sure)
    longer = Comparison(1 / ratio.value, 1 / ratio.high, 1 / ratio.low, ratio.seeds, 1.0)
    took = times(longer.value)
    return say('it takes {} times as long as {}{}{}', took, name, what, _sure(longer))


def _panels(place: int, contest: Contest, looks: dict[str, int]) -> list[Panel]:
    labels = {name: looks[name] for name in map(contest.name, contest.searching)}
    panels = []
    for y, title in (('best_seconds', 'best so far'), ('trial_seconds', 'what it tries')):
        figure = partial(
            search_curves, groups=contest.searching, labels=labels, y=y, levels=contest.levels
        )
        heading = f'{title} {contest.case}'.strip()
        words = series([_curve(contest, g, y) for g in contest.searching]).striptags()
        picture = draw(
            f'search-{place}-{y}', f'{capital(say("{}", heading))}: {words}.', figure,
            (HALF[0], HEIGHT),
        )  # fmt: skip
        panels.append(Panel(picture, heading))
    return panels


def _curve(contest: Contest, g: Group, y: str) -> Markup:
    ends = [estimate([float(search(run)[y].iloc[i]) for run in g.runs]).mean for i in (0, -1)]
    first, last = (quantity(end, 'seconds') for end in ends)
    return say('{} from {} to {}', bold(contest.name(g)), first, last)


def _cells(contest: Contest, g: Group) -> list[Cell]:
    used = budget(g.first)
    found = [partial(best_after, executions=share * used) for share in SHARES.values()]
    seconds: list[Callable[[Run], float]] = [first_tries, *found, last_tries]
    rivals = (contest.random_of(g), contest.best_other)
    return [
        Cell(quantity(used, 'number')),
        *(_cell(g, figure) for figure in seconds),
        *(Cell(_told(contest, g, rival)) for rival in rivals),
    ]


def _cell(g: Group, figure: Callable[[Run], float]) -> Cell:
    one = estimate([figure(run) for run in g.runs])
    return Cell(spread(one.mean, one.deviation, 'seconds'), estimate=one)


def _told(contest: Contest, g: Group, other: Group | None) -> str:
    if other is None:
        return '–'
    ratio = _ratio(g, other)
    ends = f' ({times(ratio.low)} to {times(ratio.high)})' if ratio.seeds > 1 else ''
    return f'{times(ratio.value)}{ends}, {contest.name(other)}'


def _ratio(g: Group, other: Group) -> Comparison:
    """Return how many times as long another placement takes, seed by seed."""
    return paired_ratio(other.by_seed(_makespan), g.by_seed(_makespan))


def _wins(g: Group, other: Group) -> bool:
    ratio = _ratio(g, other)
    return ratio.value > 1 and (ratio.tells_apart or ratio.seeds < 2)


def _sure(ratio: Comparison) -> str:
    return f' ({interval(ratio)})' if ratio.seeds > 1 else ''


def _data(contests: Sequence[Contest]) -> pd.DataFrame:
    """Return the curves, a row an instant of a run."""
    parts = [
        search(run).assign(case=contest.case, variant=contest.name(g), seed=run.seed)
        for contest in contests
        for g in contest.searching
        for run in g.runs
    ]
    return pd.concat(parts, ignore_index=True)


def _makespan(run: Run) -> float:
    return placed(run, 'makespan')


def _mean(g: Group, figure: Callable[[Run], float]) -> float:
    return estimate([figure(run) for run in g.runs]).mean
