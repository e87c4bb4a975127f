"""What a report is about: the groups of runs, and the level they are compared by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analysis.grids import Grid, arrange_grid, arrange_liars
from analysis.groups import Group, group, superseded
from analysis.load import Loaded, Run, Skipped
from analysis.metrics import Reach, Target, choose_target, final, is_collective, reach
from analysis.metrics.placement import is_placement
from analysis.metrics.robustness import is_resilience
from analysis.series import Series, arrange
from analysis.statistics import Estimate, estimate

__all__ = ['Study']

PANELS = 6
"""Groups of which figures of a single group are drawn."""

LINES = 14
"""Groups that can be told apart in one figure, a line each."""


@dataclass(frozen=True, eq=False)
class Study:
    """Runs to be told of in one page.

    Attributes
    ----------
    groups : tuple of Group
        All of them. Runs that did not finish are among them only where a variant has none
        that did.
    aside : tuple of Run
        Other runs that did not finish.
    lost : tuple of str
        Variants of which nothing is known, for none of their runs got anywhere.
    skipped : tuple of Skipped
        Folders that are not part of it, and why.
    """

    groups: tuple[Group, ...]
    aside: tuple[Run, ...]
    lost: tuple[str, ...]
    skipped: tuple[Skipped, ...]

    @classmethod
    def of(cls, found: Loaded) -> Study:
        """Group the runs found, older ones of the same scenario and seed set aside."""
        runs, older = superseded(found.runs)
        all_groups = group(runs)
        complete = {run for g in all_groups for run in _finished(g)}
        kept = [run for run in runs if run in complete]
        aside = tuple(run for run in runs if run not in complete)
        lost = tuple(g.label for g in all_groups if not complete.intersection(g.runs))
        return cls(_coloured(group(kept)), aside, lost, (*found.skipped, *older))

    @property
    def runs(self) -> list[Run]:
        """All runs, group by group."""
        return [run for g in self.groups for run in g.runs]

    @property
    def unfinished(self) -> list[Run]:
        """Runs whose figures are not final."""
        return [run for run in self.runs if not run.finished]

    @cached_property
    def target(self) -> Target | None:
        """The level of accuracy or loss by which learning is compared."""
        return choose_target(self.learning) if self.learning else None

    @cached_property
    def learning(self) -> tuple[Group, ...]:
        """Groups that train a model."""
        others = {*self.collectives, *self.resilience, *self.placements}
        return tuple(g for g in self.groups if g not in others)

    @cached_property
    def placements(self) -> tuple[Group, ...]:
        """Groups that execute placed graphs without learning."""
        return tuple(g for g in self.groups if is_placement(g.first))

    @cached_property
    def resilience(self) -> tuple[Group, ...]:
        """Groups that study an aggregation rule at fixed parameters."""
        return tuple(g for g in self.groups if is_resilience(g.first))

    @cached_property
    def grid(self) -> Grid | None:
        """Groups that learn as a table of rules and attacks, if they make one."""
        return arrange_grid(self.learning)

    @cached_property
    def liar_lines(self) -> dict[str, tuple[Group, ...]]:
        """Groups that learn along their number of liars, by what they have in common."""
        return arrange_liars(self.learning)

    def name(self, g: Group) -> str:
        """Return what a sentence calls a group: among many, its rule or line; else its label."""
        if len(self.learning) <= LINES:
            return g.label
        if self.grid is None:
            lines = (name for name, line in self.liar_lines.items() if g in line)
            return next(lines, g.label)
        rows = {cell: row for (row, _), cell in self.grid.cells.items()}
        return self.grid.rules[rows[g]] if g in rows else g.label

    @cached_property
    def drawn(self) -> tuple[Group, ...]:
        """The groups that learn of which figures draw a line each.

        All of them; but where many rules met many attacks, the worst case of each rule, and along
        the number of liars, those with the most.
        """
        if len(self.learning) <= LINES:
            return self.learning
        if self.grid is None:
            return tuple(line[-1] for line in self.liar_lines.values()) or self.learning
        return self.grid.worst_cases(lambda run: final(run, 'test_accuracy'))

    @cached_property
    def resilience_grid(self) -> Grid | None:
        """Groups that study a rule as such a table."""
        return arrange_grid(self.resilience)

    @cached_property
    def collectives(self) -> tuple[Group, ...]:
        """Groups that time collectives without learning."""
        return tuple(g for g in self.groups if is_collective(g.first))

    @cached_property
    def series(self) -> tuple[Series, ...]:
        """Groups of collectives along their varied number."""
        return arrange(self.collectives) if len(self.collectives) > 1 else ()

    @cached_property
    def lines(self) -> tuple[Series, ...]:
        """Groups that learn, along their varied number; () where they are no such lines."""
        if len(self.learning) < 2 or self.grid is not None or self.liar_lines:
            return ()
        found = arrange(self.learning)
        alone = len({label.label for label in found}) < len(found)
        points = sum(len(one.groups) for one in found)
        if alone or points < len(self.learning):
            return ()
        # looks of their own: a line is none of the groups on it
        return tuple(replace(one, index=len(self.groups) + one.index) for one in found)

    @cached_property
    def shown(self) -> tuple[Group, ...]:
        """The groups of which figures of a single group are drawn: `PANELS` at most.

        Where a number is varied, those with the middle value of each series, for one picture
        of each algorithm says more than seven sizes of the first.
        """
        chosen = [one.groups[len(one.groups) // 2] for one in self.series]
        chosen = chosen if len(chosen) > 1 else list(self.drawn or self.groups)
        places = np.unique(np.linspace(0, len(chosen) - 1, PANELS).round().astype(int))
        return tuple(chosen[place] for place in places) if len(chosen) > PANELS else tuple(chosen)

    @cached_property
    def seeds(self) -> list[int]:
        """Seeds used anywhere."""
        return sorted({run.seed for run in self.runs})

    def reaches(self, g: Group) -> dict[int, Reach]:
        """Return what each seed of a group took to the target, by seed."""
        target = self.target
        return {} if target is None else {run.seed: reach(run, target) for run in g.runs}

    def reached(self, g: Group) -> bool:
        """Whether every seed of a group reached the target."""
        found = self.reaches(g)
        return bool(found) and not any(np.isnan(one.seconds) for one in found.values())

    def estimates(self, figure: Callable[[Run], float]) -> Mapping[Group, Estimate]:
        """Return *figure* over the seeds of each group."""
        return {g: estimate([figure(run) for run in g.runs]) for g in self.groups}


def _finished(g: Group) -> tuple[Run, ...]:
    """Return the finished runs of a group; where there are none, those that got somewhere."""
    finished = tuple(run for run in g.runs if run.finished)
    return finished or tuple(run for run in g.runs if run.rows('metrics'))


def _coloured(groups: tuple[Group, ...]) -> tuple[Group, ...]:
    """Return *groups*; those of one line of collectives, or of one rule, all get the same look."""
    looks = {
        g: one.index
        for one in arrange([g for g in groups if is_collective(g.first)])
        for g in one.groups
    }
    if len(groups) > LINES and (grid := arrange_grid(groups)) is not None:
        looks = {g: rule for (rule, _), g in grid.cells.items()}
    elif len(groups) > LINES:
        lines = arrange_liars(groups).values()
        looks |= {g: index for index, line in enumerate(lines) for g in line}
    return tuple(replace(g, index=looks.get(g, g.index)) for g in groups)
