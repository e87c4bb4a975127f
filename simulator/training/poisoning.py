"""Attacks on data at work: poisoned samples in place of a worker's own, and what they want."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from simulator.catalogue import Choice
from simulator.learning import Learning
from simulator.learning.data import Samples
from simulator.robust.attacks import Shard

__all__ = ['poisoned', 'wanted']


def poisoned(
    learning: Learning, worker: int, attacks: Sequence[Choice], rng: np.random.Generator
) -> Samples:
    """Return what attacks, one after another, make of the samples of a worker."""
    rows, train = learning.shards[worker], learning.data.train
    own = Shard(train.inputs[rows], train.targets[rows], learning.data.task.outputs)
    for attack in attacks:
        own = attack(own, rng)
    return Samples(own.inputs, own.targets)


def wanted(learning: Learning, attacks: Sequence[Choice]) -> Iterator[Samples]:
    """Yield, for each attack that wants something of test samples, those, with its answers.

    The share of them that a model answers so is the success rate of the attack.
    """
    test = Shard(*learning.data.test, learning.data.task.outputs)
    for attack in attacks:
        measures = attack.beside('measures')
        found = None if measures is None else measures(test, **attack.options)
        if found is not None and len(found.targets):
            yield Samples(found.inputs, found.targets)
