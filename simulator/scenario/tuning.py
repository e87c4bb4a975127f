"""`search:` as it stands in a file: read, and held against the runs that it is to tune."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from typing import Any

from pydantic import BaseModel, ValidationError

from simulator.catalogue import Shape, dotted, faults
from simulator.errors import Problem
from simulator.scenario.document import Node
from simulator.scenario.schema import Scenario, ScenarioFile
from simulator.scenario.search import Search, ends

__all__ = ['Tuning', 'read_tuning']

_FIXED = ('name', 'question', 'seed', 'stop', 'variants', 'vary', 'search', 'record')


class _File(BaseModel):
    search: Search


@dataclass
class Tuning:
    """A search, with the places in the file that it comes from.

    Attributes
    ----------
    search : Search
    node : Node
        Its mapping.
    """

    search: Search
    node: Node
    _concerned: set[str] = field(default_factory=set)

    @property
    def axes(self) -> dict[str, Node]:
        """The keys to tune, and what the file says of them."""
        over: dict[str, Node] = self.node.value['over'].value
        return over

    def ends(self, key: str) -> Iterator[Node]:
        """Yield the values between which those of a key lie."""
        axis, node = self.search.over[key], self.axes[key]
        if isinstance(axis, list):
            yield from (replaced(each, key=node.key) for each in node.value)
        else:
            yield from (Node(value, node.mark, node.key) for value in ends(axis))

    def over(self, keys: Sequence[str]) -> Search:
        """Return the search over the *keys* that concern a run alone."""
        self._concerned.update(keys)
        axes = {key: self.search.over[key] for key in keys}
        return self.search.model_copy(update={'over': axes})

    def unused(self) -> Iterator[Problem]:
        """Yield a problem for each key that concerned no run."""
        for key in self.axes.keys() - self._concerned:
            message = 'concerns no variant: they all choose something else there'
            yield _problem(message, f'search.over.{key}', self.axes[key])

    def misfits(self, scenario: Scenario) -> Iterator[Problem]:
        """Yield what a run lacks that the search needs; each is told once."""
        figure, node = self.search.minimize, self.node.value.get('minimize', self.node)
        lacks = ''
        if scenario.learning is None:
            lacks = 'a run that learns; this one has no learning section'
        elif figure.endswith('_to_target') and not _has_target(scenario):
            lacks = 'a target; give evaluate.target or stop.accuracy'
        elif figure == 'val_loss' and scenario.learning.validation is None:
            lacks = 'learning.validation'
        if lacks and lacks not in self._concerned:
            self._concerned.add(lacks)
            yield _problem(f'{figure} needs {lacks}', 'search.minimize', node)


def _has_target(scenario: Scenario) -> bool:
    return scenario.evaluate.target is not None or scenario.stop.accuracy is not None


def read_tuning(node: Node | None, problems: list[Problem]) -> Tuning | None:
    """Return the search of a file, None if it has none; note what is wrong with it."""
    if node is None or node.value is None:
        return None
    file = Node({'search': node}, node.mark)
    try:
        search = _File.model_validate(file.plain()).search
    except ValidationError as error:
        problems.extend(
            _problem(fault.message, dotted(fault.place), _nearest(file, fault.place))
            for fault in faults(error, Shape(ScenarioFile))
        )
        return None
    tuning, before = Tuning(search, node), len(problems)
    for key, axis in tuning.axes.items():
        if key.partition('.')[0] in _FIXED:
            problems.append(_problem('can not be tuned', f'search.over.{key}', axis))
        problems.extend(_wrong_law(key, search.over[key], axis))
    return tuning if len(problems) == before else None


def _wrong_law(key: str, axis: Any, node: Node) -> Iterator[Problem]:
    if not isinstance(axis, list) and axis.options['low'] >= axis.options['high']:
        options = axis.options
        message = f'low(={options["low"]}) must be less than high(={options["high"]})'
        yield _problem(message, f'search.over.{key}', node)


def _nearest(tree: Node, place: Sequence[str | int]) -> Node:
    return tree.trail(tuple(place))[-1]


def _problem(message: str, path: str, node: Node) -> Problem:
    return Problem(message, path, *(node.key or node.mark))
