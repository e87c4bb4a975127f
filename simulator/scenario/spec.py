"""One run of a scenario: what is run, recorded beside the results, and can be run again."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from simulator.scenario.schema import Scenario
from simulator.scenario.search import Search

__all__ = ['RunSpec', 'to_yaml']


@dataclass(frozen=True)
class RunSpec:
    """One run of a scenario.

    Crosses a process boundary as plain data: the other side reads it again, with its own
    catalogues, so plug-ins have to be installed there too.

    Attributes
    ----------
    variant : str
        Name of the variant, ``'base'`` where the file has none.
    vary : mapping of str to plain data
        The varied keys and their values.
    seed : int
    scenario : Scenario
        The run, completely described.
    resolved : mapping
        The same as plain data; a scenario that runs as it is.
    search : Search, optional
        How this run is to be tuned before it is compared, over the keys that concern it.
    tuned : mapping
        Keys that were tuned, and their values.
    """

    variant: str
    vary: Mapping[str, Any]
    seed: int
    scenario: Scenario
    resolved: Mapping[str, Any]
    search: Search | None = None
    tuned: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        resolved: Mapping[str, Any],
        variant: str = 'base',
        vary: Mapping[str, Any] | None = None,
    ) -> RunSpec:
        """Return the run that plain data describe.

        Raises
        ------
        pydantic.ValidationError
            If they describe none.
        """
        scenario = Scenario.model_validate(resolved)
        return cls(variant, dict(vary or {}), scenario.seed, scenario, scenario.resolved())

    def with_values(self, values: Mapping[tuple[str, ...], Any]) -> RunSpec:
        """Return this run with other values at some places of the resolved scenario.

        Raises
        ------
        pydantic.ValidationError
            If one does not fit there.
        """
        resolved = deepcopy(dict(self.resolved))
        for place, value in values.items():
            _set(resolved, place, value)
        return RunSpec.of(resolved, self.variant, self.vary)

    @property
    def cell(self) -> dict[str, Any]:
        """The varied keys and their values but the seed: what its repetitions share."""
        return {key: value for key, value in self.vary.items() if key != 'seed'}

    @property
    def yaml(self) -> str:
        """The resolved scenario as a file."""
        return to_yaml(self.resolved)

    def __reduce__(self) -> tuple[Any, ...]:
        return RunSpec.of, (self.resolved, self.variant, self.vary)


def _set(data: dict[str, Any], place: tuple[str, ...], value: Any) -> None:
    """Set one value; a choice that stands alone, `sgd`, gets its options, `{sgd: {...}}`."""
    *way, last = place
    for key in way:
        inner = data.setdefault(key, {})
        if isinstance(inner, str):
            inner = data[key] = {inner: {}}
        data = inner
    data[last] = value


def to_yaml(data: Mapping[str, Any]) -> str:
    """Return plain data as YAML 1.2, keys in their order.

    Examples
    --------
    >>> print(to_yaml({'name': 'a', 'stop': {'rounds': 3}}), end='')
    name: a
    stop:
      rounds: 3
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.scalarstring import LiteralScalarString

    question = data.get('question', '')
    if '\n' in question:
        data = {**data, 'question': LiteralScalarString(question)}
    yaml = YAML()
    yaml.width = 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(dict(data), stream)
    return stream.getvalue()
