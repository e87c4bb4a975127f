"""What was simulated, with what: settings in common, settings that differ, versions, runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from analysis.groups import Group, differences, plain
from analysis.load import Run
from analysis.report.study import Study

__all__ = ['differing', 'facts', 'runs', 'versions']

_FEW = 6  # variants that can be named one by one
_FACTS: Final = {
    'topology': ['cluster.topology'],
    'links': ['cluster.link.bandwidth', 'cluster.link.latency'],
    'sharing': ['cluster.sharing'],
    'devices': ['cluster.device.speed'],
    'stragglers': ['cluster.stragglers'],
    'data': ['learning.data', 'learning.partition'],
    'model': ['learning.model'],
    'optimizer': ['learning.optimizer'],
    'batch': ['learning.batch'],
    'stands for': ['learning.stands_for'],
    'training': ['training'],
    'adversary': ['adversary'],
    'stop': ['stop'],
}


def differing(groups: Sequence[Group]) -> dict[str, list[tuple[Sequence[Group], str]]]:
    """Return each setting in which the variants differ: its values, and who has each.

    Of many variants only the values are told: their names say the rest.
    """
    if len(groups) < 2:
        return {}
    found = differences([g.scenario for g in groups])
    told: dict[str, list[tuple[Sequence[Group], str]]] = {}
    for path, values in found.items():
        members: dict[str, list[Group]] = {}
        for g, value in zip(groups, values, strict=True):
            members.setdefault(plain(value), []).append(g)
        if len(groups) > _FEW:
            told[path] = [([], ' · '.join(members))]
        else:
            told[path] = [(having, text) for text, having in members.items()]
    return told


def facts(study: Study) -> dict[str, str]:
    """Return what all variants have in common, setting by setting, for a reader in a hurry."""
    scenarios = [g.scenario for g in study.groups]
    common: dict[str, str] = {}
    for name, paths in _FACTS.items():
        parts = [_same(scenarios, path) for path in paths]
        if text := ', '.join(part for part in parts if part):
            common[name] = text
    seeds = ', '.join(str(seed) for seed in study.seeds[:12])
    common['seeds'] = seeds + (', ...' if len(study.seeds) > 12 else '')
    return common


def runs(study: Study, page: Path) -> list[tuple[str, Run, str]]:
    """Return every run with the name of its variant and its folder as seen from the *page*."""
    here = page.resolve().parent
    known = [(g.label, run) for g in study.groups for run in g.runs]
    known += [(run.variant or run.name, run) for run in study.aside]
    return [
        (label, run, Path(os.path.relpath(run.folder.resolve(), here)).as_posix())
        for label, run in known
    ]


def versions(study: Study) -> dict[str, str]:
    """Return with what, and on what, the runs were computed."""
    found: dict[str, dict[str, None]] = {}
    for run in study.runs:
        told: Mapping[str, Any] = run.manifest.get('versions') or {}
        data: Mapping[str, Any] = run.manifest.get('data') or {}
        entries = {**told, 'platform': plain(run.manifest.get('platform'))}
        entries |= {f'data {name}, sha256': sha for name, sha in data.items()}
        for name, value in entries.items():
            found.setdefault(name, {})[str(value)] = None
    return {name: ' or '.join(values) for name, values in found.items()}


def _same(scenarios: Sequence[Mapping[str, Any]], path: str) -> str:
    """Return as much of the setting *path* as all scenarios agree on; '' for nothing."""
    common = _common([_at(scenario, path) for scenario in scenarios])
    return '' if common is None or common == {} else plain(_without_nothing(common))


def _common(values: Sequence[Any]) -> Any:
    """Return what *values* have in common: all of it, or the mapping of what is; else None."""
    if all(value == values[0] for value in values):
        return values[0]
    if not all(isinstance(value, Mapping) for value in values):
        return None
    shared = {key: _common([value.get(key) for value in values]) for key in values[0]}
    return {key: value for key, value in shared.items() if value not in (None, {})}


def _at(scenario: Mapping[str, Any], path: str) -> Any:
    value: Any = scenario
    for key in path.split('.'):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _without_nothing(value: Any) -> Any:
    """Return a setting without its empty options, which say nothing."""
    if not isinstance(value, Mapping):
        return value
    return {key: _without_nothing(inner) for key, inner in value.items() if inner is not None}
