"""Groups as a table of rules and attacks, or along the number of liars."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.groups import Group, differences, plain, setting
from analysis.load import Run
from analysis.metrics.robustness import aggregation, attacks, liars
from analysis.statistics import estimate

__all__ = ['HONEST', 'Grid', 'arrange_grid', 'arrange_liars']

FILLED = 0.6
"""Share of the cells that has to be there."""

HONEST = 'no attack'
"""The column of those without."""

Choice = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Grid:
    """Groups by rule and attack.

    Attributes
    ----------
    rules, attacks : tuple of str
        Names of rows and columns, as short as tells them apart.
    cells : mapping of (int, int) to Group
        By row and column.
    """

    rules: tuple[str, ...]
    attacks: tuple[str, ...]
    cells: Mapping[tuple[int, int], Group]

    def values(self, figure: Callable[[Run], float]) -> NDArray[np.float64]:
        """Return *figure* over the seeds of each cell, (rules, attacks); NaN where none is."""
        table = np.full((len(self.rules), len(self.attacks)), np.nan)
        for place, g in self.cells.items():
            table[place] = estimate([figure(run) for run in g.runs]).mean
        return table

    def worst_cases(self, figure: Callable[[Run], float]) -> tuple[Group, ...]:
        """Return the group of each rule whose *figure* is least, rule by rule."""
        table = self.values(figure)
        least = [int(np.nanargmin(row)) if not np.isnan(row).all() else -1 for row in table]
        return tuple(self.cells[place] for place in enumerate(least) if place in self.cells)

    def ordered(self, key: Sequence[float]) -> Grid:
        """Return the same with the rules by falling *key* (rules,); NaN goes last."""
        falling = [-np.inf if np.isnan(value) else value for value in key]
        order = sorted(range(len(key)), key=lambda row: -falling[row])
        moved = {(order.index(row), column): g for (row, column), g in self.cells.items()}
        return Grid(tuple(self.rules[row] for row in order), self.attacks, moved)


def arrange_liars(groups: Sequence[Group]) -> dict[str, tuple[Group, ...]]:
    """Return groups along their number of liars, by what they have in common.

    Lines of fewer than three numbers are left out.
    """
    lines: dict[str, list[Group]] = {}
    for g in groups:
        lines.setdefault(_common(g), []).append(g)
    return {
        name: tuple(sorted(line, key=lambda g: liars(g.first)))
        for name, line in lines.items()
        if len({liars(g.first) for g in line}) > 2
    }


def _common(g: Group) -> str:
    """Return the name of a group without what counts liars."""
    kept = {key: value for key, value in g.vary.items() if not _counts(key)}
    parts = [g.first.variant, *(setting(key, value) for key, value in kept.items())]
    return ', '.join(part for part in parts if part) or g.first.name


def _counts(key: str) -> bool:
    return key.startswith('adversary.') and key.endswith(('.count', '.nodes'))


def arrange_grid(groups: Sequence[Group]) -> Grid | None:
    """Return *groups* as a grid; None where they are not each rule against each attack.

    They are where every group has a rule, no two have the same rule and attack, there are two of
    each at least, and most of the cells are there.
    """
    rules = [aggregation(g.first) for g in groups]
    if len(groups) < 4 or None in rules:
        return None
    rows = _numbered([(rule,) for rule in rules if rule is not None])
    columns = _numbered([attacks(g.first) for g in groups])
    places = list(zip(rows.numbers, columns.numbers, strict=True))
    size = len(rows.names) * len(columns.names)
    if min(len(rows.names), len(columns.names)) < 2 or len(set(places)) < len(places):
        return None
    if len(places) < FILLED * size:
        return None
    return Grid(rows.names, columns.names, dict(zip(places, groups, strict=True)))


@dataclass(frozen=True)
class _Numbered:
    names: tuple[str, ...]
    numbers: tuple[int, ...]


def _numbered(chosen: Sequence[tuple[Choice, ...]]) -> _Numbered:
    """Return names of what was chosen, each different one once, and the number of each."""
    keys = [json.dumps(each, sort_keys=True, default=str) for each in chosen]
    different = dict(zip(keys, chosen, strict=True))
    order = list(different)
    names = _names(list(different.values()))
    return _Numbered(tuple(names), tuple(order.index(key) for key in keys))


def _names(chosen: Sequence[tuple[Choice, ...]]) -> list[str]:
    """Return a name for each, with such options as are needed to tell them apart."""
    short = [' + '.join(map(_name, each)) or HONEST for each in chosen]
    names = []
    for name, each in zip(short, chosen, strict=True):
        alike = [other for other, its in zip(chosen, short, strict=True) if its == name]
        names.append(name if len(alike) == 1 else f'{name} ({_telling(each, alike)})')
    return names


def _name(choice: Choice) -> str:
    """Return the name of a choice; of a wrapper, with that of the rule inside."""
    ((name, options),) = choice.items()
    inside = options.get('rule') if isinstance(options, Mapping) else None
    if inside is None:
        return str(name)
    return f'{name} of {_name(inside) if isinstance(inside, Mapping) else inside}'


def _telling(own: tuple[Choice, ...], alike: Sequence[tuple[Choice, ...]]) -> str:
    """Return the options in which a choice differs from others of its name."""
    as_settings = [{str(k): choice for k, choice in enumerate(each)} for each in alike]
    place = list(alike).index(own)
    told = differences(as_settings).items()
    return ', '.join(f'{key.rpartition(".")[2]} {plain(values[place])}' for key, values in told)
