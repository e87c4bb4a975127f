"""One file, many runs: variants, and a grid over dotted keys as in CI matrices.

The grid is the product of the lists, the first key varying slowest. Then `exclude` takes away all
cells that match one of its entries, and `include` adds: an entry that agrees with a cell on the
keys of the grid gives that cell its other keys, an entry that agrees with none becomes a cell of
its own. In both, the key `variant` restricts an entry to one variant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import Any

from simulator.errors import Problem, did_you_mean
from simulator.scenario.document import Node
from simulator.scenario.schema import as_name

__all__ = ['BASE', 'MOST_RUNS', 'Cell', 'Grid', 'read_grid', 'read_variants']

MOST_RUNS = 10_000
BASE = 'base'
"""Name of the only variant of a file that has none."""

VARIANT = 'variant'
_FIXED = ('name', 'question', 'variants', 'vary', 'search')

Cell = dict[str, Node]
"""The varied keys of one run, and their values."""


@dataclass(frozen=True)
class Grid:
    """What `vary` says.

    Attributes
    ----------
    axes : dict of str to list of Node
        The values of each dotted key.
    include, exclude : list of dict
        Cells to add and to leave out.
    """

    axes: Mapping[str, list[Node]] = field(default_factory=dict)
    include: list[Cell] = field(default_factory=list)
    exclude: list[Cell] = field(default_factory=list)

    def size(self) -> int:
        """Return how many cells there are at most, before anything is built."""
        return prod(len(values) for values in self.axes.values()) + len(self.include)

    def cells(self, variant: str) -> Iterator[Cell]:
        """Yield the cells of one variant."""
        entries = [entry for entry in self.include if _is_for(entry, variant)]
        kept = [cell for cell in self._product() if not self._excluded(cell, variant)]
        own = list[Cell]()
        for entry in entries:
            keys = {key: each for key, each in entry.items() if key != VARIANT}
            shared = [key for key in keys if key in self.axes]
            matching = [cell for cell in kept if _same(keys, cell, shared)]
            if not matching:
                own.append(keys)
            for cell in matching:
                cell.update(keys)
        yield from [*kept, *own] if self.axes or own else [{}]

    def _product(self) -> Iterator[Cell]:
        if self.axes:
            for values in product(*self.axes.values()):
                yield dict(zip(self.axes, values, strict=True))

    def _excluded(self, cell: Cell, variant: str) -> bool:
        return any(
            _is_for(entry, variant) and _same(entry, cell, [k for k in entry if k != VARIANT])
            for entry in self.exclude
        )

    def without(self, key: str) -> Grid:
        """Return the grid without the axes that *key*, set on the command line, decides."""
        axes = {axis: each for axis, each in self.axes.items() if not overlaps(axis, key)}

        def rest(cells: list[Cell]) -> list[Cell]:
            left = [{k: v for k, v in c.items() if not overlaps(k, key)} for c in cells]
            return [cell for cell in left if cell]

        # an exclusion that spoke of the key has lost its meaning
        exclude = [c for c in self.exclude if not any(overlaps(k, key) for k in c)]
        return Grid(axes, rest(self.include), exclude)


def overlaps(one: str, other: str) -> bool:
    """Whether one dotted key is the other, or lies within it."""
    return f'{one}.'.startswith(f'{other}.') or f'{other}.'.startswith(f'{one}.')


def read_variants(node: Node | None, problems: list[Problem]) -> dict[str, Node]:
    """Return the variants of a file by name; note what is wrong with them."""
    if node is None or node.value is None:
        return {BASE: Node({})}
    if not isinstance(node.value, dict) or not node.value:
        problems.append(_problem('must map names to what differs', 'variants', node))
        return {}
    found = {}
    for name, each in node.value.items():
        path = f'variants.{name}'
        if wrong := _naming(name):
            problems.append(_problem(wrong, 'variants', each, key=True))
        elif each.value is None:
            found[name] = Node({}, each.mark, each.key)
        elif not isinstance(each.value, dict):
            problems.append(_problem('must be a mapping of what differs, or {}', path, each))
        else:
            found[name] = each
            problems.extend(
                _problem('can not differ between variants', f'{path}.{key}', inner, key=True)
                for key, inner in each.value.items()
                if key in _FIXED
            )
    return found


def read_grid(node: Node | None, problems: list[Problem]) -> Grid:
    """Return the grid of a file; note what is wrong with it."""
    if node is None or node.value is None:
        return Grid()
    if not isinstance(node.value, dict) or not node.value:
        problems.append(_problem('must map dotted keys to lists of values', 'vary', node))
        return Grid()
    axes = {k: each for k, each in node.value.items() if k not in ('include', 'exclude')}
    values = {key: _values(key, each, problems) for key, each in axes.items()}
    # an axis that is none must not keep the others from being looked at
    values = {key: each for key, each in values.items() if each}
    include, exclude = (
        _entries(key, node.value[key], problems) if key in node.value else []
        for key in ('include', 'exclude')
    )
    for entry in exclude:
        problems.extend(
            _problem(
                f'is not varied{did_you_mean(key, axes)}', f'vary.exclude.{key}', each, key=True
            )
            for key, each in entry.items()
            if key not in axes and key != VARIANT
        )
    return Grid(values, include, exclude)


def _values(key: str, node: Node, problems: list[Problem]) -> list[Node]:
    path = f'vary.{key}'
    if key.partition('.')[0] in _FIXED:
        problems.append(_problem('can not be varied', path, node, key=True))
        return []
    if not isinstance(node.value, list) or not node.value:
        problems.append(_problem('must be a list of values', path, node))
        return []
    seen = list[Any]()
    for each in node.value:
        value = each.plain()
        if any(value == other and type(value) is type(other) for other in seen):
            problems.append(_problem(f'lists {value!r} twice', path, each))
        seen.append(value)
    # what is wrong with the key is wrong with each value
    return [replace(each, key=node.key) for each in node.value]


def _entries(key: str, node: Node, problems: list[Problem]) -> list[Cell]:
    entries = node.value if isinstance(node.value, list) else None
    if not entries or not all(isinstance(entry.value, dict) and entry.value for entry in entries):
        what = "such as [{seed: 1, variant: 'a'}]"
        problems.append(_problem(f'must be a list of mappings {what}', f'vary.{key}', node))
        return []
    return [entry.value for entry in entries]


def _is_for(entry: Cell, variant: str) -> bool:
    return VARIANT not in entry or entry[VARIANT].value == variant


def _same(entry: Cell, cell: Cell, keys: list[str]) -> bool:
    return all(key in cell and entry[key].plain() == cell[key].plain() for key in keys)


def _naming(name: str) -> str:
    """Return what keeps *name* from being a name, or ''."""
    try:
        as_name(name)
    except ValueError as error:
        return str(error)
    return ''


def _problem(message: str, path: str, node: Node, *, key: bool = False) -> Problem:
    mark = node.key if key and node.key is not None else node.mark
    return Problem(message, path, *mark)
