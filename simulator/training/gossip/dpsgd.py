"""Decentralized parallel SGD: in each round, all peers mix with all their neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from annotated_types import Gt

from simulator.learning.arrays import Floats
from simulator.training.gossip.inbox import Inbox
from simulator.training.gossip.neighbours import Neighbourhood, Weighting
from simulator.training.gossip.swarm import Letter, Program, Swarm
from simulator.transport import Message
from simulator.units import Seconds

__all__ = ['Dpsgd', 'dpsgd_models', 'dpsgd_traffic', 'moved']


class Dpsgd:
    """Mix with all neighbours each round, by weights from the graph; then take one's own step.

    In a round a peer sends its model to all neighbours, computes a gradient meanwhile, mixes the
    models it has received with its own, and applies the gradient:
    x_i <- sum_j W_ij x_j - eta G_i(x_i).
    W is symmetric and doubly stochastic, so that the average of the peers moves by the average
    gradient alone.

    With compression, a peer mixes C(x), its own too, and adds what its own has lost, x - C(x):
    the average is kept.

    A peer mixes what it has: where a neighbour's model is missing (its device is down and
    *timeout* is over, or the message was given up), the peer's own model takes its weight. Rows
    of W still sum to 1. A device that is down misses its neighbours as they miss it, so that W
    stays doubly stochastic among the others, and their average is kept; a message lost one way
    moves the average by its weight times the difference of the two models. A peer that comes back
    from a crash takes over the model and the round of the first neighbour it hears of.

    Parameters
    ----------
    weights : {'metropolis', 'max_degree'}
        W_ij = 1 / (1 + the larger degree of the two), or 1 / (1 + the largest of all).
    overlap : bool, optional
        Whether models travel while their owners compute, as above. Else local steps come first,
        and what they lead to is sent and mixed: x <- sum_j W_ij (x_j after its steps). By default
        with one local step, and not with more.
    timeout : time, optional
        How long a peer that is ready waits for the others' models; by default for ever. A
        neighbour that was late is not waited for again until it is heard of.

    References
    ----------
    .. [1] Lian et al., "Can Decentralized Algorithms Outperform Centralized Algorithms? A Case
       Study for Decentralized Parallel Stochastic Gradient Descent", NeurIPS 2017,
       arXiv:1705.09056.
    """

    def __init__(
        self,
        swarm: Swarm,
        *,
        weights: Weighting = 'metropolis',
        overlap: bool | None = None,
        timeout: Annotated[Seconds, Gt(0)] | None = None,
    ):
        self.swarm = swarm
        self.weights = weights
        self.overlap = swarm.settings.steps.are_plain if overlap is None else overlap
        self.timeout = timeout

    def programs(self, number: int) -> Iterator[Program]:
        """Yield the programs that run at peer *number*."""
        yield self.peer(number)

    def peer(self, number: int) -> Program:
        """Send the model, compute, mix it with the neighbours', move on."""
        swarm, inbox = self.swarm, Inbox(self.swarm, number, self.timeout)
        present = yield from joined(swarm, number, inbox)
        for round_ in inbox.rounds(present):
            near = swarm.near.of(round_)
            start = swarm.models[number]
            walk = swarm.train(number, start, round_)
            if not self.overlap:
                yield swarm.compute(number, round_)
            yield from swarm.compress(number, round_)
            sent, size = swarm.pack(number, start if self.overlap else walk)
            swarm.tell(near.targets[number], Letter(number, round_, sent), size)
            if self.overlap:
                yield swarm.compute(number, round_)
            yield from inbox.wait(round_, near.sources[number])
            received = [each for each in inbox.read(round_) if each.round == round_]
            if received:
                yield swarm.mixing_work(number, 1 + len(received), round_)
            share = near.weights(self.weights)[number]
            mixed = swarm.mix(
                sent, [each.content for each in received], [share[each.source] for each in received]
            )
            if sent is not walk:
                mixed = swarm.ledger.derive(moved, mixed, walk, sent)
            swarm.models[number] = mixed
            swarm.rounds.finished(number, round_, walk)

    def lost(self, message: Message) -> None:
        """Do nothing: who misses a model goes on with what it has."""

    def forget(self, number: int) -> None:
        """Do nothing: all that a peer holds is its model."""


def joined(swarm: Swarm, number: int, inbox: Inbox) -> Program:
    """Let a newcomer take over the model and the round of the first neighbour it hears of.

    Returns
    -------
    int
        The round to begin with.
    """
    if number not in swarm.newcomers:
        return 1
    letter: Letter = yield from inbox.first()
    swarm.models[number] = letter.content
    swarm.newcomers.discard(number)
    return letter.round


def moved(model: Floats, end: Floats, start: Floats) -> Floats:
    """Return *model* (d,), moved as far as local steps have led from *start* to *end*.

    Examples
    --------
    >>> import numpy as np
    >>> moved(np.array([5.0]), np.array([1.5]), np.array([1.0]))
    array([5.5])
    """
    return model + (end - start)


def dpsgd_traffic(near: Neighbourhood, size: float, **_: Any) -> tuple[int, float]:
    """Return the messages of a round, and the bytes of each: a model to every neighbour."""
    return near.messages, size


def dpsgd_models(near: Neighbourhood, **_: Any) -> int:
    """Return how many models the peer with the fewest neighbours mixes, its own among them."""
    return 1 + min(map(len, near.sources))
