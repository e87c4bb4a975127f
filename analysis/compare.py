"""Any runs side by side: one table, what their scenarios differ in, and who is on the front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.groups import Group, differences, group, superseded
from analysis.load import Run, Skipped, load
from analysis.metrics import Target, area, choose_target, costs, final, reach, simulated_seconds
from analysis.statistics import (
    Comparison,
    bootstrap_interval,
    interquartile_mean,
    paired_difference,
    probability_of_improvement,
)

__all__ = ['Comparing', 'compare']

_RISING = ('final_accuracy', 'area')


@dataclass(frozen=True, eq=False)
class Comparing:
    """Groups of runs side by side.

    Attributes
    ----------
    groups : tuple of Group
        Runs that differ in their seed only, in the order in which they were found.
    target : Target or None
        The level of accuracy or loss by which they are compared.
    skipped : tuple of Skipped
        Folders that are not part of it, and why.
    """

    groups: tuple[Group, ...]
    target: Target | None
    skipped: tuple[Skipped, ...]

    @property
    def figures(self) -> dict[str, Callable[[Run], float]]:
        """What is compared: a function of a run for each figure."""
        # areas are compared over the time that all runs lasted
        until = min((simulated_seconds(run) for g in self.groups for run in g.runs), default=0.0)
        found: dict[str, Callable[[Run], float]] = {
            'final_accuracy': lambda run: final(run, 'test_accuracy'),
            'area': lambda run: area(run, 'test_accuracy', until=until or None),
            'simulated_seconds': simulated_seconds,
            'bytes': lambda run: final(run, 'bytes'),
        }
        if (target := self.target) is not None:
            found['seconds_to_target'] = lambda run: reach(run, target).seconds
            found['rounds_to_target'] = lambda run: reach(run, target).rounds
            found['bytes_to_target'] = lambda run: reach(run, target).bytes
        return found

    @property
    def differs_in(self) -> dict[str, list[Any]]:
        """Each setting in which the scenarios differ, with the value in each group.

        `', '.join(comparing.differs_in)` reads `training.aggregation, cluster.link.bandwidth`.
        """
        return differences([g.scenario for g in self.groups])

    def table(self) -> pd.DataFrame:
        """Return every figure of every group, with its sureness.

        Returns
        -------
        DataFrame
            A row a group and figure: `variant`, `figure`, `seeds`, `mean`, `deviation`,
            `interquartile_mean`, `low` and `high` (ends of the bootstrap interval of the mean),
            and `front`, whether the group is on the Pareto front of accuracy, time and bytes.
        """
        on = costs(self.groups)
        rows = [
            {'variant': g.label, 'figure': name, **_row(g, figure)}
            | {'front': g in on and on[g].efficient}
            for g in self.groups
            for name, figure in self.figures.items()
        ]
        return pd.DataFrame(rows)

    def difference(self, figure: str, first: str, second: str) -> Comparison:
        """Return by how much *figure* of the variant *first* exceeds that of *second*, by seed.

        `tells_apart` says whether the interval leaves out 0; only then is one better.
        """
        a, b = (self[name].by_seed(self.figures[figure]) for name in (first, second))
        return paired_difference(a, b)

    def improvement(self, figure: str, first: str, second: str) -> Comparison:
        """Return how likely a run of *first* is better in *figure* than one of *second*."""
        a, b = (self[name].by_seed(self.figures[figure]) for name in (first, second))
        return probability_of_improvement(a, b, rising=figure in _RISING)

    def __getitem__(self, label: str) -> Group:
        for g in self.groups:
            if g.label == label:
                return g
        raise KeyError(f'no variant {label!r}; there are {", ".join(g.label for g in self.groups)}')


def compare(folders: Sequence[Path] | Path) -> Comparing:
    """Return the finished runs in *folders* side by side.

    Parameters
    ----------
    folders : Path or sequence of Path
        As `analysis.load.load` takes them; of any scenarios.

    Examples
    --------
    In a notebook::

        found = compare([Path('runs/quickstart'), Path('runs/clocks-and-stragglers')])
        found.table()
        found.differs_in
        found.improvement('seconds_to_target', 'ring all-reduce', 'parameter server')
    """
    found = load(folders).checked()
    runs, older = superseded(run for run in found.runs if run.finished)
    early = tuple(
        Skipped(run.folder, f'the run is {run.status}') for run in found.runs if not run.finished
    )
    groups = group(runs)
    target = choose_target(groups) if groups else None
    return Comparing(groups, target, (*found.skipped, *early, *older))


def _row(g: Group, figure: Callable[[Run], float]) -> dict[str, float]:
    values = np.array([figure(run) for run in g.runs], dtype=float)
    values = values[~np.isnan(values)]
    low, high = bootstrap_interval(values)
    return {
        'seeds': len(values),
        'mean': float(values.mean()) if len(values) else np.nan,
        'deviation': float(values.std(ddof=1)) if len(values) > 1 else np.nan,
        'interquartile_mean': float(interquartile_mean(values)) if len(values) else np.nan,
        'low': low,
        'high': high,
    }
