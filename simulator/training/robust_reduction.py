"""Ranks that add nothing up on the way: all gather all vectors, and each aggregates them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simulator.catalogue import Choice
from simulator.collectives import Schedule, chunk_sizes
from simulator.learning import frozen
from simulator.learning.arrays import Floats
from simulator.robust.aggregation import Context, aggregate, flops
from simulator.seeds import Seeds
from simulator.training.lying_ranks import Lies
from simulator.training.reductions import FLOAT32, Inputs, Phase, Reduction

__all__ = ['Aggregated', 'Recollection']


@dataclass
class Recollection:
    """What the ranks' rule remembers, for one bucket.

    Attributes
    ----------
    rule : Choice
    seeds : Seeds
        Stream ``rule``, by place and round: all ranks draw alike, so that they agree.
    place : int
        The bucket's.
    rounds : int
        Aggregated so far.
    previous : dict
        By worker, what it made last.
    """

    rule: Choice
    seeds: Seeds
    place: int
    rounds: int = 0
    previous: dict[int, Floats] = field(default_factory=dict)

    def mark(self) -> Recollection:
        """Return what is remembered now."""
        return replace(self)

    def back_to(self, mark: Recollection) -> None:
        """Forget everything since."""
        self.rounds, self.previous = mark.rounds, mark.previous

    def forget(self, number: int) -> None:
        """Let a rank begin anew: it has crashed."""
        self.previous = {m: each for m, each in self.previous.items() if m != number}

    def aggregated(self, member: int, received: Floats) -> Floats:
        """Return what a member makes of what it has got, (n, d)."""
        rng = self.seeds.stream('rule', place=f'bucket {self.place}', round=self.rounds)
        return aggregate(self.rule, received, Context(self.previous.get(member), rng))


class Aggregated(Reduction):
    """Each rank gets each vector from its owner, and aggregates them by a rule.

    Parameters
    ----------
    schedule : Schedule
        By which all send their own vectors whole.
    dimension : int
    memory : Recollection
    """

    def __init__(self, schedule: Schedule, dimension: int, memory: Recollection):
        super().__init__(_gathering(schedule), dimension)
        self._memory = memory

    def begin(self, members: Sequence[int], inputs: Inputs) -> tuple[Sequence[int], Inputs]:
        """Keep the vectors until they are due."""
        return members, inputs

    def flops(self, count: int) -> float:
        """Return what the rule costs on so many vectors."""
        return flops(self._memory.rule, count, self.dimension)

    def sent(self, exchange: tuple[Sequence[int], Inputs]) -> Iterator[Phase]:
        """Yield the bytes of a vector."""
        yield Phase(FLOAT32 * chunk_sizes(self.dimension, self.schedule.chunks, whole=True))

    def means(
        self, exchange: tuple[Sequence[int], Inputs], lies: Lies | None = None
    ) -> list[Floats]:
        """Aggregate, once for all ranks that have got the same."""
        members, inputs = exchange
        found = self._made(members, inputs, lies)
        self._memory.previous = dict(zip(members, found, strict=True))
        self._memory.rounds += 1
        return found

    def truths(self, exchange: tuple[Sequence[int], Inputs]) -> list[Floats]:
        """Return what ranks would hold, had nobody lied."""
        return self._made(*exchange, None)

    def _made(self, members: Sequence[int], inputs: Inputs, lies: Lies | None) -> list[Floats]:
        senders = [rank for rank, each in enumerate(inputs) if each.count]
        truth = np.stack([inputs[rank].mean() for rank in senders])
        known: dict[tuple[int, int], Floats] = {}
        found = []
        memory = self._memory
        for rank, member in enumerate(members):
            received = truth
            if lies is not None:
                received = lies.received(truth, senders, rank, memory.rule)
            key = id(received), id(memory.previous.get(member))
            if key not in known or received is not truth:
                made = memory.aggregated(member, received)
                known[key] = frozen(np.array(made, truth.dtype))
            found.append(known[key])
        return found


def _gathering(schedule: Schedule) -> Schedule:
    """Return the same transfers with nothing added up on arrival."""
    return replace(schedule, reduce=np.zeros(len(schedule), np.bool_))
