"""What the aggregation of peers promises, put to the peer that is worst off."""

from __future__ import annotations

from typing import Any

from simulator.catalogue import Choice
from simulator.robust.aggregation import RULES, promised, tolerance
from simulator.seeds import Seeds
from simulator.training.facts import Facts, nodes_with
from simulator.training.gossip.mixing import MIXES
from simulator.training.gossip.neighbours import Everyone, Neighbourhood, laid_over, linked
from simulator.training.gossip.protocols import PROTOCOLS

__all__ = ['promises_of_gossip']

RULE_OF = {
    'median': 'median',
    'trimmed_mean': 'trimmed_mean',
    'nearest_neighbour_averaging': 'monna',
}
"""By which rule of parameter servers an aggregation of peers goes."""


def promises_of_gossip(
    facts: Facts,
    *,
    protocol: Choice = PROTOCOLS.choice('dpsgd'),
    aggregation: Choice = MIXES.choice('weighted'),
    overlay: Choice | None = None,
    redraw_every: int | None = None,
    **_: Any,
) -> dict[str, Any]:
    """Return what the rule promises an honest peer; nothing where there is no rule.

    The numbers `n` of models, its own among them, and `liars` are those of the honest peer with
    the least to spare in the first round; where peers choose receivers at random, or are laid out
    anew, all liars may meet.

    Examples
    --------
    >>> from simulator.training.gossip.overlays import OVERLAYS
    >>> ring, facts = OVERLAYS.choice('ring'), Facts(workers=6, liars=2, liars_at=(0, 2))
    >>> found = promises_of_gossip(facts, aggregation=MIXES.choice('median'), overlay=ring)
    >>> found['n'], found['liars'], found['tolerance']
    (3, 2, 1)
    """
    rule = _rule_of(aggregation)
    if rule is None:
        return {}
    near = _laid(facts, overlay)
    n = int(protocol.beside('models')(near, **protocol.options))
    liars = min(facts.liars, n - 1)
    if protocol.name == 'dpsgd' and redraw_every is None:
        n, liars = _worst_off(near, rule, facts) or (n, liars)
    return promised(rule, n, liars) | {'rule': aggregation.plain(), 'liars': liars}


def _rule_of(aggregation: Choice) -> Choice | None:
    if aggregation.name == 'by_rule':
        rule: Choice = aggregation.options['rule']
        return rule
    name = RULE_OF.get(aggregation.name)
    return None if name is None else RULES.read({name: dict(aggregation.options)})


def _worst_off(near: Neighbourhood, rule: Choice, facts: Facts) -> tuple[int, int] | None:
    """Return the models, and lies among them, of the honest peer with the least to spare."""
    lying = set(facts.liars_at)
    found = [
        (1 + len(sources), len(lying.intersection(sources)))
        for peer, sources in enumerate(near.sources)
        if peer not in lying
    ]
    return min(found, key=lambda each: (tolerance(rule, each[0]) or 0) - each[1], default=None)


def _laid(facts: Facts, overlay: Choice | None) -> Neighbourhood:
    if overlay is not None:
        return laid_over(overlay, facts.workers, Seeds(facts.seed), 0)
    if facts.graph is None:
        return Everyone(facts.workers)
    return linked(facts.graph, nodes_with(facts.graph, 'worker'))
