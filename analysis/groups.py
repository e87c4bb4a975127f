"""Runs that repeat one another under other seeds, grouped and named.

Two runs belong together when their resolved scenarios are equal but for the seed. A group is
named by its variant and by the values of its varied keys, as far as these tell groups apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.load import Run, Skipped

__all__ = ['Group', 'differences', 'flatten', 'group', 'plain', 'setting', 'superseded']

_NAMES = ('seed', 'name', 'question')  # say nothing about what is simulated


@dataclass(frozen=True, eq=False)
class Group:
    """Runs of one variant that differ in their seed only.

    Attributes
    ----------
    label : str
        Its name in figures and tables, unique in a report.
    runs : tuple of Run
        By seed.
    index : int
        Its place in the report: gives its colour and line style.
    """

    label: str
    runs: tuple[Run, ...]
    index: int

    @property
    def first(self) -> Run:
        """The run with the least seed: it stands for all where one picture must do."""
        return self.runs[0]

    @property
    def scenario(self) -> dict[str, Any]:
        """The resolved scenario of the first run."""
        return self.first.scenario

    @property
    def vary(self) -> dict[str, Any]:
        """The varied keys and their values, without the seed."""
        return self.first.vary

    def by_seed(self, figure: Callable[[Run], float]) -> dict[int, float]:
        """Return *figure* of each run, by seed."""
        return {run.seed: figure(run) for run in self.runs}


def group(runs: Iterable[Run]) -> tuple[Group, ...]:
    """Return *runs* as groups, in the order in which each first appears."""
    cells: dict[str, list[Run]] = {}
    for run in runs:
        cells.setdefault(_key(run), []).append(run)
    if not cells:
        return ()
    members = [tuple(sorted(cell, key=lambda run: (run.seed, run.id))) for cell in cells.values()]
    labels = _labels([cell[0] for cell in members])
    return tuple(
        Group(label, cell, index)
        for index, (label, cell) in enumerate(zip(labels, members, strict=True))
    )


def superseded(runs: Iterable[Run]) -> tuple[tuple[Run, ...], tuple[Skipped, ...]]:
    """Split *runs* into those to show and older ones of the very same scenario and seed.

    A scenario that was run again with newer code leaves two folders; the later one counts.
    """
    latest: dict[tuple[str, int], Run] = {}
    listed = list(runs)
    for run in listed:
        key = (_key(run), run.seed)
        if key not in latest or _age(run) > _age(latest[key]):
            latest[key] = run
    kept = [run for run in listed if latest[_key(run), run.seed] is run]
    older = [
        Skipped(run.folder, f'an older run of the same scenario and seed as {newer.id}')
        for run in listed
        if (newer := latest[_key(run), run.seed]) is not run
    ]
    return tuple(kept), tuple(older)


def flatten(settings: Mapping[str, Any], prefix: str = '') -> dict[str, Any]:
    """Return nested *settings* as one mapping with dotted keys.

    Examples
    --------
    >>> flatten({'cluster': {'link': {'latency': 5e-05}}, 'seed': 7})
    {'cluster.link.latency': 5e-05, 'seed': 7}
    """
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f'{prefix}{key}.')
        else:
            flat[f'{prefix}{key}'] = value
    return flat


def differences(scenarios: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the settings in which *scenarios* differ: the value in each, None where absent.

    A choice (a mapping of one key, such as `{ring: {}}`) that has another name somewhere is
    one difference, not one for each of its options.

    Examples
    --------
    >>> a, b = {'rule': {'krum': {'f': 2}}, 'n': 9}, {'rule': {'mean': {}}, 'n': 9}
    >>> differences([a, b])
    {'rule': [{'krum': {'f': 2}}, {'mean': {}}]}
    """
    keys = dict.fromkeys(key for scenario in scenarios for key in scenario if key not in _NAMES)
    return {
        path: values
        for key in keys
        for path, values in _differing(key, [scenario.get(key) for scenario in scenarios]).items()
    }


def plain(value: Any) -> str:
    """Return a setting the way a scenario writes it, on one line.

    Examples
    --------
    >>> plain({'krum': {'f': 2}}), plain({'mean': {}}), plain([64, 32]), plain(None)
    ('krum: {f: 2}', 'mean', '[64, 32]', 'none')
    """
    if value is None:
        return 'none'
    if isinstance(value, Mapping):
        return ', '.join(_item(key, inner) for key, inner in value.items()) or '{}'
    if isinstance(value, list | tuple):
        return '[' + ', '.join(plain(item) for item in value) + ']'
    return str(value).lower() if isinstance(value, bool) else str(value)


def _item(key: Any, value: Any) -> str:
    if value in ({}, None):
        return str(key)
    return f'{key}: {{{plain(value)}}}' if isinstance(value, Mapping) else f'{key}: {plain(value)}'


def _differing(path: str, values: list[Any]) -> dict[str, list[Any]]:
    """Return where *values* of the setting *path* differ, as deep as they are alike in kind."""
    if all(value == values[0] for value in values):
        return {}
    mappings = [value for value in values if isinstance(value, Mapping)]
    names = {tuple(mapping) for mapping in mappings if len(mapping) == 1}
    another_choice = len(names) > 1 and all(len(mapping) == 1 for mapping in mappings)
    if len(mappings) < len(values) or another_choice:
        return {path: values}
    keys = dict.fromkeys(key for mapping in mappings for key in mapping)
    return {
        inner: found
        for key in keys
        for inner, found in _differing(f'{path}.{key}', [m.get(key) for m in mappings]).items()
    }


def _key(run: Run) -> str:
    settings = {key: value for key, value in run.scenario.items() if key not in _NAMES}
    # the variant's name too: an author may well compare a variant with itself
    return json.dumps([run.variant, settings], sort_keys=True, default=str)


def _age(run: Run) -> tuple[bool, str, str]:
    return run.finished, str(run.manifest.get('started') or ''), run.id


def _labels(firsts: Sequence[Run]) -> list[str]:
    """Return a unique name for each of *firsts*, the first runs of the groups."""
    varied = _telling([run.vary for run in firsts])
    names = _telling([{'scenario': run.name, 'variant': run.variant} for run in firsts])
    labels = [
        _label(run, tells, values) for run, tells, values in zip(firsts, names, varied, strict=True)
    ]
    if len(set(labels)) < len(labels):
        settings = differences([run.scenario for run in firsts])
        labels = [
            ', '.join([label, *(setting(key, values[i]) for key, values in settings.items())])
            for i, label in enumerate(labels)
        ]
    return _numbered(labels)


def _telling(mappings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return *mappings* without the keys whose value is the same in all."""
    alike = {key for key in mappings[0] if all(m.get(key) == mappings[0][key] for m in mappings)}
    return [{key: value for key, value in m.items() if key not in alike} for m in mappings]


def _label(run: Run, names: Mapping[str, Any], varied: Mapping[str, Any]) -> str:
    parts = [str(value) for value in names.values() if value]
    parts += [setting(key, value) for key, value in varied.items()]
    return ', '.join(parts) or run.variant or run.name


def setting(key: str, value: Any) -> str:
    """Return `ring` for a name, `bytes 100 MB` for what needs to be told what it is."""
    text = plain(value)
    speaks = text[:1].isalpha() and not isinstance(value, bool) and value is not None
    return text if speaks else f'{key.rpartition(".")[2].replace("_", " ")} {text}'


def _numbered(labels: list[str]) -> list[str]:
    """Return *labels* with a number added to those that occur more than once."""
    seen: dict[str, int] = {}
    unique: list[str] = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        unique.append(label if seen[label] == 1 else f'{label} ({seen[label]})')
    return unique
