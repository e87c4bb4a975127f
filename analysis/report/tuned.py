"""What a search set before the comparison, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from analysis.groups import Group, plain
from analysis.report.study import Study
from analysis.report.words import bold, clauses, say

__all__ = ['tuned_evidence', 'tuning']

_FEW = 8
_FIGURES = {
    'time_to_target': 'time to the target',
    'bytes_to_target': 'traffic until the target',
    'test_loss': 'test loss',
    'test_error': 'test error',
    'train_loss': 'training loss',
    'val_loss': 'validation loss',
}


def tuning(g: Group) -> Mapping[str, Any] | None:
    """Return what was noted of the search for a group: minimize, trials, values; or None."""
    found: Mapping[str, Any] | None = g.first.manifest.get('tuned')
    return found


def tuned_evidence(study: Study) -> list[Markup]:
    """Say which variants were tuned, by what, and to what."""
    groups = [g for g in study.groups if tuning(g)]
    if not groups:
        return []
    first = tuning(groups[0]) or {}
    who = 'each variant' if len(groups) == len(study.groups) else f'{len(groups)} variants'
    told = [say('{} {}', bold(g), _values(tuning(g) or {})) for g in groups[:_FEW]]
    return [
        say(
            'Before the comparison, {} was tuned for the least {} by random search with successive '
            'halving, {} trials each, on a seed of its own: {}.',
            who if who.startswith('each') else f'each of {who}',
            _FIGURES.get(str(first.get('minimize')), str(first.get('minimize'))),
            first.get('trials'),
            clauses(told),
        )
    ]


def _values(tuned: Mapping[str, Any]) -> str:
    values: Mapping[str, Any] = tuned.get('values', {})
    return ', '.join(f'{key.rpartition(".")[2]} {_short(value)}' for key, value in values.items())


def _short(value: Any) -> str:
    return f'{value:.3g}' if isinstance(value, float) else plain(value)
