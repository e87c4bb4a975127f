"""Epidemic learning: in each round, each peer sends its model to a few others drawn at random."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import ceil, log2
from typing import Annotated, Any

from annotated_types import Ge, Gt

from simulator.training.gossip.dpsgd import joined
from simulator.training.gossip.inbox import Inbox
from simulator.training.gossip.neighbours import Neighbourhood
from simulator.training.gossip.swarm import Letter, Program, Swarm
from simulator.transport import Message
from simulator.units import Seconds

__all__ = ['Epidemic', 'epidemic_models', 'epidemic_traffic']


class Epidemic:
    """Step, send the model to s random neighbours, average what has come.

    In each round a peer takes its local steps, sends what they lead to to s of its neighbours
    drawn at random, and averages its model with all it receives, each with the same weight. Who
    sends to whom follows from a seed that all share, so that each peer knows whom to wait for.

    Where a model is missing (its device is down and *timeout* is over, or the message was given
    up), the peer averages the others. A peer that comes back from a crash takes over the model
    and the round of the first neighbour it hears of.

    Parameters
    ----------
    receivers : int, optional
        s; log2 of the number of peers by default, as the paper advises; at most all neighbours.
    timeout : time, optional
        How long a peer that is ready waits for the others' models; by default for ever. A
        neighbour that was late is not waited for again until it is heard of.

    References
    ----------
    .. [1] De Vos et al., "Epidemic Learning: Boosting Decentralized Learning with Randomized
       Communication", NeurIPS 2023, arXiv:2310.01972.
    """

    def __init__(
        self,
        swarm: Swarm,
        *,
        receivers: Annotated[int, Ge(1)] | None = None,
        timeout: Annotated[Seconds, Gt(0)] | None = None,
    ):
        self.swarm = swarm
        self.receivers = receivers or advised(swarm.count)
        self.timeout = timeout
        self.drawn = lru_cache(maxsize=4)(self._drawn)

    def programs(self, number: int) -> Iterator[Program]:
        """Yield the programs that run at peer *number*."""
        yield self.peer(number)

    def peer(self, number: int) -> Program:
        """Take the local steps, send the model, average."""
        swarm, inbox = self.swarm, Inbox(self.swarm, number, self.timeout)
        present = yield from joined(swarm, number, inbox)
        for round_ in inbox.rounds(present):
            targets, sources = self.drawn(round_)
            walk = swarm.train(number, swarm.models[number], round_)
            yield swarm.compute(number, round_)
            yield from swarm.compress(number, round_)
            sent, size = swarm.pack(number, walk)
            swarm.tell(targets[number], Letter(number, round_, sent), size)
            yield from inbox.wait(round_, sources[number])
            received = [each.content for each in inbox.read(round_) if each.round == round_]
            if received:
                yield swarm.mixing_work(number, 1 + len(received), round_)
            share = 1.0 / (1 + len(received))
            swarm.models[number] = swarm.mix(walk, received, [share] * len(received))
            swarm.rounds.finished(number, round_, walk)

    def lost(self, message: Message) -> None:
        """Do nothing: who misses a model averages the others."""

    def forget(self, number: int) -> None:
        """Do nothing: all that a peer holds is its model."""

    def _drawn(self, round_: int) -> tuple[list[list[int]], list[list[int]]]:
        """Return to whom each peer sends in a round, and from whom each receives."""
        rng = self.swarm.experiment.cluster.seeds.stream('receivers', round=round_)
        near = self.swarm.near.of(round_).targets
        targets = [
            [near[peer][k] for k in rng.permutation(len(near[peer]))[: self.receivers].tolist()]
            for peer in range(self.swarm.count)
        ]
        sources: list[list[int]] = [[] for _ in targets]
        for peer, drawn in enumerate(targets):
            for target in drawn:
                sources[target].append(peer)
        return targets, sources


def advised(peers: int) -> int:
    """Return how many receivers a round the paper advises.

    Examples
    --------
    >>> advised(100), advised(1)
    (7, 1)
    """
    return max(1, ceil(log2(peers)))


def epidemic_traffic(
    near: Neighbourhood, size: float, *, receivers: int | None = None, **_: Any
) -> tuple[int, float]:
    """Return the messages of a round, and the bytes of each: a model to each receiver."""
    most = receivers or advised(near.count)
    return sum(min(most, len(targets)) for targets in near.targets), size


def epidemic_models(near: Neighbourhood, *, receivers: int | None = None, **_: Any) -> int:
    """Return how many models a peer mixes on average, its own among them."""
    return 1 + min(receivers or advised(near.count), near.count - 1)
