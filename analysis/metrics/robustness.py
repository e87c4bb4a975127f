"""Rules, liars and attacks of a run, and what was measured of a rule's promise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.load import Run
from analysis.metrics.curves import curve
from analysis.metrics.memory import once

__all__ = [
    'Condition',
    'aggregation',
    'attacks',
    'bound',
    'condition',
    'is_resilience',
    'liars',
    'promises',
    'resilience',
    'told',
    'voters',
    'voting_liars',
]

RATIO = 'variance_to_norm'
"""The metric that the conditions of rules bound."""


def is_resilience(run: Run) -> bool:
    """Whether a run studies a rule at fixed parameters, without training."""
    return 'resilience' in _training(run)


def aggregation(run: Run) -> Mapping[str, Any] | None:
    """Return the rule that was chosen, as `{name: options}`; None where there is none."""
    for options in _training(run).values():
        if isinstance(options, Mapping) and options.get('aggregation'):
            return _choice(options['aggregation'])
    return None


def attacks(run: Run) -> tuple[Mapping[str, Any], ...]:
    """Return the attacks of a run, as `{name: options}`, in the order in which they act."""
    study = _training(run).get('resilience')
    if isinstance(study, Mapping):
        return (_choice(study['attack']),) if study.get('attack') else ()
    found: list[Mapping[str, Any]] = []
    for section in _roles(run).values():
        if _count(section):
            named = section.get('attack') or []
            found += [_choice(each) for each in (named if isinstance(named, list) else [named])]
    return tuple(found)


def liars(run: Run) -> int:
    """Return how many nodes of a run are Byzantine."""
    study = _training(run).get('resilience')
    if isinstance(study, Mapping):
        return int(study.get('liars') or 0)
    known = run.manifest.get('byzantine')
    if isinstance(known, Mapping):
        return sum(len(role['nodes']) for role in known.values())
    return sum(_count(section) for section in _roles(run).values())


def voting_liars(run: Run) -> int:
    """Return how many of those whose vectors a rule aggregates are Byzantine: servers are not.

    Where each node aggregates what its neighbours send, it is the number of the one worst off.
    """
    if promises(run).get('liars') is not None:
        return int(promises(run)['liars'])
    known = run.manifest.get('byzantine')
    servers = known.get('servers', {}).get('nodes', []) if isinstance(known, Mapping) else []
    return liars(run) - len(servers)


def told(run: Run) -> int | None:
    """Return the number of liars that the rule was told of; None where it takes none."""
    if 'f' in promises(run):
        return None if promises(run)['f'] is None else int(promises(run)['f'])
    rule: Any = aggregation(run)
    while isinstance(rule, Mapping) and len(rule) == 1:
        (options,) = rule.values()
        if not isinstance(options, Mapping):
            return None
        if isinstance(options.get('f'), int):
            return int(options['f'])
        rule = options.get('rule')
    return None


def promises(run: Run) -> Mapping[str, Any]:
    """Return what the manifest says that the rule promises; empty where it says nothing."""
    known = run.manifest.get('promises')
    return known if isinstance(known, Mapping) else {}


def voters(run: Run) -> int | None:
    """Return how many vectors the rule aggregates at a time; None where that is not known."""
    count = promises(run).get('n')
    return None if count is None else int(count)


def bound(run: Run) -> float:
    """Return the variance-to-norm ratio below which the rule's published promise holds, else NaN.

    It is 1 / c^2, with the rule's published constant c.
    """
    constant = (run.summary.get('predicted') or {}).get('constant')
    if constant is None:
        constant = promises(run).get('constant')
    if constant is None:
        return float('nan')
    return 1 / float(constant) ** 2 if constant else float('inf')


def resilience(run: Run, key: str) -> float:
    """Return a figure of a study of resilience; NaN where there is none.

    Besides those of the summary there are `relative`, the distance as a share of |g|,
    `promised`, the published bound as such a share, and `degrees`.
    """
    found: Any = run.summary.get('resilience') or {}
    if key == 'degrees':
        return float(np.degrees(resilience(run, 'angle')))
    if key in ('relative', 'promised'):
        part = resilience(run, 'distance' if key == 'relative' else 'bound')
        return part / resilience(run, 'norm')
    value = found.get(key)
    return float('nan') if value is None else float(value)


class Condition(NamedTuple):
    """How the published condition of a rule fared in a run.

    Attributes
    ----------
    typical : float
        Median over rounds of the variance-to-norm ratio; NaN where it was not measured.
    bound : float
        Below which the promise holds; NaN where none is published.
    held : float
        Share of the rounds in which it did; NaN where one of the two is not known.
    """

    typical: float
    bound: float
    held: float


@once
def condition(run: Run) -> Condition:
    """Return how the published condition of the run's rule fared."""
    ratios, limit = _ratios(run), bound(run)
    if not len(ratios):
        return Condition(float('nan'), limit, float('nan'))
    held = float('nan') if np.isnan(limit) else float(np.mean(ratios < limit))
    return Condition(float(np.median(ratios)), limit, held)


def _ratios(run: Run) -> NDArray[np.float64]:
    """Return the variance-to-norm ratio of the honest gradients, round by round."""
    if is_resilience(run):
        ratio = (resilience(run, 'deviation') / resilience(run, 'norm')) ** 2
        return np.array([] if np.isnan(ratio) else [ratio])
    records = curve(run)
    known = records[RATIO].dropna() if RATIO in records else ()
    return np.asarray(known, float)


def _training(run: Run) -> Mapping[str, Any]:
    training = run.scenario.get('training')
    return training if isinstance(training, Mapping) else {}


def _roles(run: Run) -> Mapping[str, Mapping[str, Any]]:
    section = run.scenario.get('adversary')
    return section if isinstance(section, Mapping) else {}


def _count(section: Any) -> int:
    """Return how many nodes a role's section names, as far as the scenario tells."""
    if not isinstance(section, Mapping):
        return 0
    nodes = section.get('nodes')
    if isinstance(nodes, list):
        return len(nodes)
    return int(section.get('count') or (nodes is not None))


def _choice(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {str(value): {}}
