"""From the tree of a file to its runs: merge, validate and check each, gather all problems."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from pydantic import ValidationError

from simulator.catalogue import Fault, Shape, dotted, faults
from simulator.errors import Problem, ScenarioError
from simulator.scenario.document import Node
from simulator.scenario.inputs import anchored
from simulator.scenario.merge import merge, nested, settled
from simulator.scenario.schema import Scenario, ScenarioFile
from simulator.scenario.search import Search
from simulator.scenario.spec import RunSpec
from simulator.scenario.tuning import read_tuning
from simulator.scenario.vary import MOST_RUNS, Cell, read_grid, read_variants

__all__ = ['SHAPE', 'Assigned', 'Checks', 'expand', 'split_key']

SHAPE = Shape(ScenarioFile)

Checks = Callable[[Scenario], Iterable[Fault]]


_RUNS = ('variants', 'vary', 'search')


class Assigned(NamedTuple):
    """A key set on the command line, in each run or in the grid of runs."""

    key: str
    node: Node

    @property
    def decides_runs(self) -> bool:
        """Whether it changes which runs there are, rather than each of them."""
        return self.path[0] in _RUNS

    @property
    def path(self) -> list[str]:
        """The parts of the key; those of a varied or searched key stay together."""
        first, _, rest = self.key.partition('.')
        if self.key.startswith('search.over.'):
            return ['search', 'over', self.key.removeprefix('search.over.')]
        return [first, rest] if first == 'vary' and rest else split_key(self.key)

    def upon(self, tree: Node) -> Node:
        """Return *tree* with the key set."""
        return merge(tree, nested(self.path, self.node, self.node.mark), SHAPE)


def split_key(key: str) -> list[str]:
    """Return the parts of a dotted key; the two dots of a range stay together.

    Examples
    --------
    >>> split_key('cluster.overrides.devices.0..7.speed')
    ['cluster', 'overrides', 'devices', '0..7', 'speed']
    """
    return re.split(r'(?<!\.)\.(?!\.)', key)


def expand(
    root: Node, assigned: Iterable[Assigned], checks: Checks, problems: Iterable[Problem] = ()
) -> list[RunSpec]:
    """Return the runs of a file.

    Parameters
    ----------
    root : Node
        The file's mapping.
    assigned : iterable of Assigned
        Keys from the command line; they go before everything.
    checks : callable
        Yields what does not fit together in a run.
    problems : iterable of Problem
        What was wrong with the file before.

    Raises
    ------
    ScenarioError
        With all that is wrong, in all runs.
    """
    each_run = [each for each in assigned if not each.decides_runs]
    for each in assigned:
        root = each.upon(root) if each.decides_runs else root
    expansion = _Expansion(root, each_run, checks)
    expansion.problems.extend(problems)
    specs = expansion.specs()
    if expansion.problems:
        raise ScenarioError(expansion.problems)
    return specs


class _Expansion:
    """The runs of one file, and what is wrong with them."""

    def __init__(self, root: Node, assigned: list[Assigned], checks: Checks):
        self.problems: list[Problem] = []
        self._misfits: dict[Problem, dict[str, bool]] = {}  # and the variants that have them
        self._assigned = assigned
        self._checks = checks
        self._root = root
        self._base = replace(root, value={k: v for k, v in root.value.items() if k not in _RUNS})
        self._variants = read_variants(root.value.get('variants'), self.problems)
        self._grid = read_grid(root.value.get('vary'), self.problems)
        self._tuning = read_tuning(root.value.get('search'), self.problems)
        for each in assigned:
            self._grid = self._grid.without(each.key)

    def specs(self) -> list[RunSpec]:
        """Return all runs that are right."""
        count = len(self._variants) * self._grid.size()
        if count > MOST_RUNS:
            self._note(self._root, Fault(('vary',), f'makes {count} runs; at most {MOST_RUNS}'))
            return []
        cells = [(name, cell) for name in self._variants for cell in self._grid.cells(name)]
        if not cells and not self.problems:
            self._note(self._root, Fault(('vary', 'exclude'), 'leaves no run'))
        found = [self._spec(name, cell) for name, cell in cells]
        self._tell_misfits()
        if self._tuning is not None and not self.problems:
            self.problems.extend(self._tuning.unused())
        return [spec for spec in found if spec is not None]

    def _spec(self, name: str, cell: Cell) -> RunSpec | None:
        """Return one run, or note what is wrong with it."""
        tree = self._merged(name, cell)
        try:
            scenario = Scenario.model_validate(anchored(settled(tree, SHAPE)).plain())
        except ValidationError as error:
            for fault in faults(error, SHAPE):
                self._note(tree, fault)
            return None
        misfits = [_problem(tree, fault) for fault in self._checks(scenario)]
        for misfit in misfits:
            self._misfits.setdefault(misfit, {})[name] = True
        if misfits:
            return None
        vary = {key: node.plain() for key, node in cell.items()}
        search = self._searched(tree, scenario)
        return RunSpec(name, vary, scenario.seed, scenario, scenario.resolved(), search)

    def _searched(self, tree: Node, scenario: Scenario) -> Search | None:
        """Return how a run is tuned, having looked whether the ends of each axis may stand."""
        if self._tuning is None:
            return None
        self.problems.extend(self._tuning.misfits(scenario))
        concerned = [key for key in self._tuning.axes if not _detour(tree, split_key(key))]
        for key in concerned:
            for node in self._tuning.ends(key):
                tried = merge(tree, nested(split_key(key), node, node.key or node.mark), SHAPE)
                try:
                    Scenario.model_validate(anchored(settled(tried, SHAPE)).plain())
                except ValidationError as error:
                    for fault in faults(error, SHAPE):
                        self._note(tried, fault)
        return self._tuning.over(concerned)

    def _merged(self, name: str, cell: Cell) -> Node:
        """Return the tree of one run: the base, the variant, varied keys, the command line's."""
        tree = merge(self._base, self._variants[name], SHAPE)
        for key, node in cell.items():
            path, mark = split_key(key), node.key or node.mark
            if other := _detour(tree, path):
                message = f'{other!r} is chosen there in variant {name!r}; exclude it'
                self.problems.append(Problem(message, f'vary.{key}', *mark))
                continue
            tree = merge(tree, nested(path, node, mark), SHAPE)
        for each in self._assigned:
            tree = each.upon(tree)
        return tree

    def _tell_misfits(self) -> None:
        """Note what does not fit together, and where only some variants are concerned, in which."""
        for misfit, names in self._misfits.items():
            some = len(names) < len(self._variants)
            where = f' (variant {", ".join(map(repr, names))})' if some else ''
            self.problems.append(misfit._replace(message=misfit.message + where))

    def _note(self, tree: Node, fault: Fault) -> None:
        self.problems.append(_problem(tree, fault))


def _problem(tree: Node, fault: Fault) -> Problem:
    """Return the problem at the place in the file that is nearest to the fault's."""
    trail = tree.trail(fault.place)
    node, further = trail[-1], fault.place[len(trail) - 1 :]
    # `digits` is `{digits: {}}`: the key is the value
    at_key = (fault.at_key or further) and [node.value] != [*further[:1]]
    mark = node.key if at_key and node.key is not None else node.mark
    return Problem(fault.message, dotted(fault.place), *mark)


def _detour(tree: Node, path: list[str]) -> str:
    """Return what is chosen where *path* goes through something else, or ''.

    Else a varied option of one algorithm would silently replace another.
    """
    shape = SHAPE
    for key, node in zip(path, tree.trail(tuple(path)), strict=False):
        if shape.catalogue is not None and key in shape.names:
            chosen = [node.value] if isinstance(node.value, str) else list(node.value or ())
            if chosen and key not in chosen and chosen[0] in shape.names:
                return str(chosen[0])
        shape = shape.at(key)
    return ''
