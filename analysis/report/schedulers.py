"""Placed graphs under several schedulers: what each gains beside first in, first out."""

from __future__ import annotations

import json
from functools import partial

from markupsafe import Markup

from analysis.groups import Group
from analysis.metrics.placement import placed
from analysis.report.study import Study
from analysis.report.words import bold, say, series
from analysis.statistics import paired_ratio
from analysis.text import times

__all__ = ['scheduler_headlines']

PLAIN = 'fifo'


def scheduler_headlines(study: Study) -> list[Markup]:
    """Return how long each scheduler takes beside fifo, all else being equal; none without it."""
    ratios: dict[str, list[float]] = {}
    for rivals in _rivals(study):
        if PLAIN in rivals:
            plain = rivals.pop(PLAIN).by_seed(_seconds)
            for name, g in rivals.items():
                ratio = paired_ratio(g.by_seed(_seconds), plain).value
                ratios.setdefault(name, []).append(ratio)
    if not ratios:
        return []
    told = [
        say('with {} {} times as long{}', bold(name), _range(found), _ever_behind(found))
        for name, found in ratios.items()
    ]
    text = 'Where nothing else differs, executions take beside {}: {}.'
    return [say(text, bold(PLAIN), series(told))]


def _rivals(study: Study) -> list[dict[str, Group]]:
    """Return the groups that differ in nothing but the scheduler, by its name."""
    found: dict[str, dict[str, Group]] = {}
    for g in study.placements:
        training = dict(g.scenario['training']['placement'])
        name = training.pop('scheduler', PLAIN)
        rest = {**g.scenario, 'training': training, 'seed': None}
        found.setdefault(json.dumps(rest, sort_keys=True, default=str), {})[str(name)] = g
    return list(found.values())


def _ever_behind(ratios: list[float]) -> str:
    worst = max(ratios)
    return '' if worst <= 1 else f' (at worst {(worst - 1) * 100:.2g} % longer)'


def _range(ratios: list[float]) -> str:
    least, most = times(min(ratios)), times(max(ratios))
    return least if least == most else f'{least} to {most}'


_seconds = partial(placed, key='makespan')
