"""CHOCO-SGD: gossip of compressed differences to what the neighbours know already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, Any, NamedTuple

import numpy as np
from annotated_types import Gt, Le

from simulator.errors import ScenarioError
from simulator.learning import frozen
from simulator.learning.arrays import Floats
from simulator.training.gossip.inbox import Inbox
from simulator.training.gossip.neighbours import Weighting
from simulator.training.gossip.parcels import shrinking
from simulator.training.gossip.swarm import Letter, Program, Swarm
from simulator.training.promises import Model
from simulator.transport import Message
from simulator.units import Seconds

__all__ = ['Choco']


class Known(NamedTuple):
    """What is publicly known of a peer: x-hat of the paper.

    Attributes
    ----------
    version : int
        How many differences it is made of.
    model : array, shape (d,), or Promise
        All that know it hold the same.
    """

    version: int
    model: Model


class Update(NamedTuple):
    """What a letter brings: a difference that makes the last version this one, or all of it."""

    known: Known
    whole: bool


class Choco:
    """Send compressed differences to a public copy of one's model, and move towards neighbours'.

    In each round a peer takes its local steps, compresses how its model differs from its public
    copy x-hat, and sends that to all neighbours. All who know x-hat add the difference to it. The
    peer then moves towards its neighbours' copies:
    x_i <- x_i + gamma sum_j W_ij (x-hat_j - x-hat_i). The sums of both terms cancel, so that the
    average of the peers moves by gradients alone, whatever compression leaves out.

    Where a neighbour's difference has not come in time, the peer moves towards the others only;
    it adds the difference to its memory when it comes. Who has missed one for good, as a message
    was given up or a device crashed, is sent whole copies until one has arrived. A peer that
    comes back from a crash takes over the first it gets.

    Takes no error_feedback: the public copies are a memory of what was left out.

    Parameters
    ----------
    consensus_step : float, optional
        gamma. By default the part delta that the compressor promises to keep of a vector:
        ||x - C(x)||^2 <= (1 - delta) ||x||^2; often, more works better. An unbiased compressor
        with a large variance omega is scaled by 1 / (1 + omega) first, as in the paper.
    weights : {'metropolis', 'max_degree'}
        W_ij = 1 / (1 + the larger degree of the two), or 1 / (1 + the largest of all).
    timeout : time, optional
        How long a peer that is ready waits for the others; by default for ever. A neighbour that
        was late is not waited for again until it is heard of.

    References
    ----------
    .. [1] Koloskova, Stich & Jaggi, "Decentralized Stochastic Optimization and Gossip Algorithms
       with Compressed Communication", ICML 2019, arXiv:1902.00340.
    .. [2] Koloskova et al., "Decentralized Deep Learning with Arbitrary Communication
       Compression", ICLR 2020, arXiv:1907.09356.
    """

    def __init__(
        self,
        swarm: Swarm,
        *,
        consensus_step: Annotated[float, Gt(0), Le(1)] | None = None,
        weights: Weighting = 'metropolis',
        timeout: Annotated[Seconds, Gt(0)] | None = None,
    ):
        if swarm.compressing is None:
            raise ScenarioError('choco: needs compression, such as [{top_k: {share: 0.1}}]')
        self.swarm = swarm
        self.weights = weights
        self.timeout = timeout
        self.factor, delta = shrinking(swarm.compressing.compressor, swarm.parameters)
        self.step = consensus_step or delta
        # what nobody needs to be told
        same = all(start is swarm.starts[0] for start in swarm.starts)
        self.origin = Known(0, swarm.starts[0] if same else frozen(np.zeros_like(swarm.starts[0])))
        self.public = [self.origin] * swarm.count
        self.memories: list[dict[int, Memory]] = [{} for _ in range(swarm.count)]
        self.missed: set[tuple[int, int]] = set()  # (sender, receiver) of a difference

    def programs(self, number: int) -> Iterator[Program]:
        """Yield the programs that run at peer *number*."""
        yield self.peer(number)

    def peer(self, number: int) -> Program:
        """Take local steps, publish what has changed, move towards what others have published."""
        swarm, inbox = self.swarm, Inbox(self.swarm, number, self.timeout)
        present = 1
        if number in swarm.newcomers:
            present = yield from self.joined(number, inbox)
        for round_ in inbox.rounds(present):
            near = swarm.near.of(round_)
            walk = swarm.train(number, swarm.models[number], round_)
            yield swarm.compute(number, round_)
            yield from swarm.compress(number, round_)
            self.publish(number, walk, near.targets[number], round_)
            yield from inbox.wait(round_, near.sources[number])
            heard = self.remember(number, inbox.read(round_), round_)
            if heard:
                yield swarm.mixing_work(number, 1 + len(heard), round_)
            share = near.weights(self.weights)[number]
            swarm.models[number] = self.moved(number, walk, {j: share[j] for j in heard})
            swarm.rounds.finished(number, round_, walk)

    def joined(self, number: int, inbox: Inbox) -> Program:
        """Let a newcomer take over the first whole copy it gets; return its round."""
        while True:
            first: Letter = yield from inbox.first()
            if first.content.whole:
                break
        self.swarm.models[number] = first.content.known.model
        self.swarm.newcomers.discard(number)
        return first.round

    def publish(self, number: int, model: Model, targets: Sequence[int], round_: int) -> None:
        """Send neighbours how one's model differs from the public copy; add it to the copy."""
        swarm, before = self.swarm, self.public[number]
        assert swarm.compressing is not None  # noqa: S101 - see __init__
        difference = swarm.ledger.derive(np.subtract, model, before.model)
        parcel = swarm.compressing.pack(number, difference)
        copy = swarm.ledger.derive(partial(added, self.factor), before.model, parcel.model)
        self.public[number] = known = Known(before.version + 1, copy)
        for target in targets:
            whole = (number, target) in self.missed
            size = None if whole else parcel.bytes
            arrival = swarm.send(target, Letter(number, round_, Update(known, whole)), size)
            if whole and arrival.callbacks is not None:
                arrival.callbacks.append(self.acknowledged)

    def acknowledged(self, message: Any) -> None:
        """Send differences again to who has got a whole copy."""
        if message.sent >= self.swarm.experiment.cluster.born[message.target]:
            receiver = self.swarm.number_of(message.target)
            self.missed.discard((message.payload.source, receiver))

    def remember(self, number: int, letters: Sequence[Letter], round_: int) -> list[int]:
        """Add differences to what a peer knows; return of whom it has heard in this round."""
        memory = self.memories[number]
        for letter in letters:
            memory.setdefault(letter.source, Memory(self.origin)).take(letter.content)
        senders = {letter.source for letter in letters if letter.round == round_}
        return sorted(j for j in senders if not memory[j].early)

    def moved(self, number: int, model: Model, share: dict[int, float]) -> Model:
        """Return a model moved towards what is known of some neighbours."""
        if not share:
            return model
        assert self.step is not None  # noqa: S101 - `check_gossip` has seen to it
        memory, own = self.memories[number], self.public[number].model
        weights = [self.step * weight for weight in share.values()]
        others = [memory[j].known.model for j in share]
        return self.swarm.ledger.derive(partial(drawn_near, weights), model, own, *others)

    def lost(self, message: Message) -> None:
        """Let who has missed a difference get the whole copy the next time."""
        letter: Letter = message.payload
        self.missed.add((letter.source, self.swarm.number_of(message.target)))

    def forget(self, number: int) -> None:
        """Let a peer that has crashed begin anew, and be told everything."""
        swarm = self.swarm
        assert swarm.compressing is not None  # noqa: S101 - see __init__
        swarm.compressing.forget(number)
        self.public[number] = Known(self.public[number].version, self.origin.model)
        self.memories[number] = {}
        near = swarm.near.of(1)
        self.missed |= {(number, other) for other in near.targets[number]}
        self.missed |= {(other, number) for other in near.sources[number]}


class Memory:
    """What a peer knows of another; a difference that comes too early waits for those before."""

    def __init__(self, known: Known):
        self.known = known
        self.early: dict[int, Known] = {}

    def take(self, update: Update) -> None:
        """Take in what a letter brought."""
        if update.whole:
            self.known = max(self.known, update.known, key=_version)
        else:
            self.early[update.known.version] = update.known
        self.early = {v: known for v, known in self.early.items() if v > self.known.version}
        while (following := self.early.pop(self.known.version + 1, None)) is not None:
            self.known = following


def _version(known: Known) -> int:
    return known.version


def added(factor: float, copy: Floats, difference: Floats) -> Floats:
    """Return a public copy, so much of a difference added."""
    return copy + copy.dtype.type(factor) * difference


def drawn_near(weights: Sequence[float], model: Floats, own: Floats, *others: Floats) -> Floats:
    """Return *model* + sum_j weight_j (other_j - own), all arrays (d,).

    Examples
    --------
    >>> one, two = np.ones(1), 2 * np.ones(1)
    >>> drawn_near([0.5, 0.25], one, one, two, 3 * two)
    array([2.75])
    """
    mixed = model - model.dtype.type(sum(weights)) * own
    for weight, other in zip(weights, others, strict=True):
        mixed += model.dtype.type(weight) * other
    return mixed


def choco_traffic(near: Any, size: float, **_: Any) -> tuple[int, float]:
    """Return the messages of a round, and the bytes of each: a difference to every neighbour."""
    return near.messages, size
