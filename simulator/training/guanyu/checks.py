"""What must fit together before servers and workers agree, and what their traffic is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.catalogue import Choice
from simulator.robust.aggregation import problems, promised, tolerance
from simulator.training.experiment import ELEMENT
from simulator.training.facts import Facts
from simulator.training.guanyu.numbers import Numbers, PerRole, numbers_of, problems_of

__all__ = ['check_guanyu', 'predict_guanyu', 'promises_of_guanyu']


def check_guanyu(
    facts: Facts,
    *,
    aggregation: Choice,
    byzantine: PerRole | None = None,
    quorum: PerRole | None = None,
    **_: Any,
) -> Iterator[str]:
    """Say which of the conditions do not hold, with the numbers."""
    workers = numbers_of(facts.workers, 'workers', byzantine, quorum)
    yield from problems_of(numbers_of(facts.servers, 'servers', byzantine, quorum))
    yield from problems_of(workers)
    yield from _rule_problems(aggregation, workers)


def _rule_problems(aggregation: Choice, workers: Numbers) -> Iterator[str]:
    """Say what does not fit F: it is handed q gradients, not n."""
    found = list(problems(aggregation, workers.quorum))
    if found:
        yield f'aggregates a quorum of n={workers.quorum} gradients: {"; ".join(found)}'
        return
    most = tolerance(aggregation, workers.quorum)
    if most is not None and most < workers.byzantine:
        yield (
            f'{aggregation.name} survives {max(most, 0)} Byzantine of a quorum of '
            f'q={workers.quorum} gradients, not f={workers.byzantine}; take another rule, or '
            f'byzantine: {{workers: {max(most, 0)}}}'
        )
    told = aggregation.options.get('f')
    if told is not None and told < workers.byzantine:
        yield (
            f'{aggregation.name} is told f={told}, but byzantine workers are f={workers.byzantine};'
            f' take {aggregation.name}: {{f: {workers.byzantine}}}, or '
            f'byzantine: {{workers: {told}}}'
        )


def promises_of_guanyu(
    facts: Facts,
    *,
    aggregation: Choice,
    byzantine: PerRole | None = None,
    quorum: PerRole | None = None,
    **_: Any,
) -> dict[str, Any]:
    """Return what F promises for as many gradients as are in a quorum."""
    workers = numbers_of(facts.workers, 'workers', byzantine, quorum)
    return promised(aggregation, workers.quorum, facts.liars)


def predict_guanyu(facts: Facts, *, gather_every: int = 1, **_: Any) -> dict[str, float]:
    """Return the traffic of a run of known length, if all messages of its last step are sent.

    Each step, n_ps n_wr models and as many gradients; where servers meet, n_ps (n_ps - 1) models.

    Examples
    --------
    >>> predict_guanyu(Facts(workers=6, servers=3, parameters=10, rounds=2))
    {'bytes': 3360.0, 'messages': 84.0}
    """
    if facts.rounds is None or facts.parameters is None:
        return {}
    meetings = facts.rounds // gather_every
    messages = 2 * facts.rounds * facts.servers * facts.workers
    messages += meetings * facts.servers * (facts.servers - 1)
    size = facts.parameters * ELEMENT * facts.scale.bytes
    return {'bytes': messages * size, 'messages': float(messages)}
