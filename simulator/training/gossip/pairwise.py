"""Asynchronous gossip: each peer averages with one neighbour at a time, and both keep the mean."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from simpy.events import Event

from simulator.learning.arrays import Floats
from simulator.training.gossip.dpsgd import moved
from simulator.training.gossip.swarm import Letter, Program, Swarm
from simulator.training.promises import Model
from simulator.transport import Message

__all__ = ['Pairwise']


class Answer(NamedTuple):
    """What a peer answers an offer with.

    Attributes
    ----------
    average : array, shape (d,), or Promise
        Of the two models; all that is sent.
    own : array, shape (d,), or Promise
        What the answering peer had before: to undo it, where the answer is lost.
    """

    average: Model
    own: Model


class Pairwise:
    """Compute, average with a random neighbour, apply the gradient; nobody waits for the others.

    A peer computes a gradient at its model, offers the model to a neighbour drawn at random, who
    answers with the average of the two; then both have it, and the peer applies the gradient. An
    averaging is atomic: a peer that awaits an answer averages with nobody else meanwhile. It lets
    offers of peers with lower numbers wait, and refuses those of others (they go on to their next
    step), so that no circle of peers ever waits for each other. So the sum of all models changes
    by gradients alone.

    Offers and answers are not sent again. Where one is lost, the averaging has not taken place,
    for either of the two: a neighbour that is gone changes nothing, and the sum is kept. A peer
    that comes back from a crash takes over the model of the first it meets.

    References
    ----------
    .. [1] Boyd et al., "Randomized Gossip Algorithms", IEEE Transactions on Information Theory
       52(6), 2006.
    .. [2] Lian et al., "Asynchronous Decentralized Parallel Stochastic Gradient Descent", ICML
       2018, arXiv:1710.06952.
    """

    def __init__(self, swarm: Swarm):
        self.swarm = swarm
        self.awaited: list[Event | None] = [None] * swarm.count
        self.offers: list[deque[Letter]] = [deque() for _ in range(swarm.count)]

    def programs(self, number: int) -> Iterator[Program]:
        """Yield the programs that run at peer *number*."""
        yield self.active(number)
        yield self.passive(number)

    def active(self, number: int) -> Program:
        """Compute, average with a random neighbour, apply the gradient."""
        swarm = self.swarm
        for round_ in count(1):
            start = swarm.models[number]
            walk = swarm.train(number, start, round_)
            yield swarm.compute(number, round_)
            neighbours = swarm.near.of(round_).targets[number]
            if neighbours:
                partner = swarm.partners[number].one_of(neighbours)
                yield from self.average_with(partner, number, round_)
            if number in swarm.newcomers:
                continue  # its steps led from nowhere
            swarm.models[number] = swarm.ledger.derive(moved, swarm.models[number], walk, start)
            swarm.rounds.updated(walk)

    def average_with(self, partner: int, number: int, round_: int) -> Program:
        """Offer one's model, take the average that is answered; then serve those who waited."""
        swarm, since = self.swarm, self.swarm.clock.now
        self.awaited[number] = answered = swarm.receive(number, 'answer')
        model = None if number in swarm.newcomers else swarm.models[number]
        self.post(partner, Letter(number, round_, model), 'offer', full=model is not None)
        message = yield answered
        if message is not None and message.payload.content is not None:
            self.keep(number, self.since(number, model, message.payload.content.average))
        self.awaited[number] = None
        while self.offers[number]:
            self.answer(number, self.offers[number].popleft())
        swarm.waited(number, 'answer', round_, since)

    def passive(self, number: int) -> Program:
        """Answer the offers of others, or let them wait while one awaits an answer oneself."""
        while True:
            message = yield self.swarm.receive(number, 'offer')
            offer: Letter = message.payload
            if self.awaited[number] is None:
                self.answer(number, offer)
            elif offer.source < number:
                self.offers[number].append(offer)
            else:
                self.post(offer.source, Letter(number, offer.round, None), 'answer', full=False)

    def answer(self, number: int, offer: Letter) -> None:
        """Take the average of one's own model and the one offered, and send it back."""
        own = None if number in self.swarm.newcomers else self.swarm.models[number]
        models = [model for model in (offer.content, own) if model is not None]
        content = None
        if models:
            average = models[0] if len(models) == 1 else self.swarm.ledger.derive(middle, *models)
            content = Answer(average, average if own is None else own)
            self.keep(number, average)
        letter = Letter(number, offer.round, content)
        self.post(offer.source, letter, 'answer', full=content is not None)

    def since(self, number: int, offered: Model | None, average: Model) -> Model:
        """Return the average; where an older answer of the peer was lost meanwhile, that undone."""
        model = self.swarm.models[number]
        if offered is None or model is offered:
            return average
        return self.swarm.ledger.derive(moved, model, average, offered)

    def keep(self, number: int, model: Model) -> None:
        """Let a peer have a model."""
        self.swarm.models[number] = model
        self.swarm.newcomers.discard(number)

    def post(self, target: int, letter: Letter, kind: str, *, full: bool) -> None:
        """Send a letter, with a model or without; it is not sent again."""
        self.swarm.send(target, letter, None if full else 0, kind=kind, reliable=False)

    def lost(self, message: Message) -> None:
        """Undo an averaging of which one end will not hear."""
        letter: Letter = message.payload
        if message.tag == 'offer':
            self.give_up(letter.source)
            return
        if letter.content is not None:
            average, own = letter.content
            number, ledger = letter.source, self.swarm.ledger
            self.swarm.models[number] = ledger.derive(
                moved, self.swarm.models[number], own, average
            )
        self.give_up(self.swarm.number_of(message.target))

    def forget(self, number: int) -> None:
        """Let those go on whose offers the peer has not answered."""
        self.awaited[number] = None
        while self.offers[number]:
            self.give_up(self.offers[number].popleft().source)

    def give_up(self, number: int) -> None:
        """Let a peer wait no longer for an answer."""
        awaited = self.awaited[number]
        if awaited is not None and not awaited.triggered:
            self.swarm.experiment.transport.cancel(self.swarm.devices[number], awaited)
            awaited.succeed(None)


def middle(one: Floats, other: Floats) -> Floats:
    """Return the average of two models."""
    return (one + other) * one.dtype.type(0.5)
