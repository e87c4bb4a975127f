"""The adversary's hand on gossip: what Byzantine peers send to whom, and when.

A Byzantine peer takes part as the protocol asks, trains and mixes; only what it sends is not what
it holds. Lies are promised, as all models are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from simulator.catalogue import Choice
from simulator.learning.arrays import Floats
from simulator.robust.attacks import Conduct, knows
from simulator.training.adversary import Role
from simulator.training.experiment import Experiment
from simulator.training.gossip.neighbours import Neighbourhood
from simulator.training.promises import Ledger, Model

__all__ = ['LyingPeers', 'roles_of_gossip']

Mix = Callable[[Floats, Sequence[Floats], Sequence[float]], Floats]


def roles_of_gossip(
    *, protocol: Choice, compression: Sequence[Choice] = (), **_: Any
) -> dict[str, Role]:
    """Return what Byzantine nodes can be: peers, where whole models are sent to be mixed."""
    if compression or not protocol.beside('mixes'):
        return {}
    everything = Role('worker', ('values', 'data', 'time'), tries_rule=True)
    return {'peers': everything._replace(has_receiver=True, tells_apart=True)}


class LyingPeers:
    """What Byzantine peers send.

    An omniscient adversary sees the models that the receiver's honest neighbours hold now, and
    the receiver's own.

    Parameters
    ----------
    experiment : Experiment
    ledger : Ledger
    combine : callable
        ``(own, received, weights)``: how a peer mixes.
    """

    def __init__(self, experiment: Experiment, ledger: Ledger, combine: Mix):
        self._experiment = experiment
        self._adversary = experiment.adversary
        self._ledger = ledger
        self._combine = combine
        self.numbers = frozenset(self._adversary.among(experiment.workers))
        self._draws = experiment.cluster.seeds.stream('silence')
        self._same: dict[int, tuple[Model, Model]] = {}  # by liar: what it holds, and its lie

    def conduct(self, number: int, round_: int) -> Conduct:
        """Return how a peer behaves in a round, from 1."""
        device, now = self._experiment.workers[number], self._experiment.clock.now
        return self._adversary.conduct(device, round_ - 1, now)

    def is_silent(self, conduct: Conduct) -> bool:
        """Whether a message that is due now is not sent."""
        return bool(conduct.silence) and self._draws.random() < conduct.silence

    def told(
        self,
        source: int,
        target: int,
        round_: int,
        model: Model,
        models: Sequence[Model],
        near: Neighbourhood,
        weights: Mapping[int, float] | None,
    ) -> Model:
        """Return what peer *source* tells *target* in place of its *model*.

        Parameters
        ----------
        source, target : int
        round_ : int
        model : array, shape (d,), or Promise
        models : sequence of those
            What each peer holds now.
        near : Neighbourhood
        weights : mapping of int to float, optional
            What the receiver gives to each neighbour's model; equal by default.
        """
        device, now = self._experiment.workers[source], self._experiment.clock.now
        chosen = self._adversary.attacks(device, 'values', round_ - 1, now)
        if not chosen:
            return model
        alike = not self._adversary.differs('peers') and not any(map(_looks, chosen))
        if alike and source in self._same and self._same[source][0] is model:
            return self._same[source][1]
        lie = self._lie(source, target, round_, model, models, near.sources[target], weights)
        if alike:
            self._same[source] = model, lie
        return lie

    def _lie(
        self,
        source: int,
        target: int,
        round_: int,
        model: Model,
        models: Sequence[Model],
        sources: Sequence[int],
        weights: Mapping[int, float] | None,
    ) -> Model:
        around = sorted({*sources, source})
        honest = [each for each in around if each not in self.numbers]
        liars = [each for each in around if each in self.numbers]
        own = [model if each == source else models[each] for each in liars]
        shares = None
        if weights is not None:
            shares = np.array([weights.get(each, 0.0) for each in (*honest, *liars)])
        place = liars.index(source)
        made = partial(self._made, round_, target, len(liars), place, shares, f'peer {source}')
        return self._ledger.derive(made, models[target], *own, *(models[each] for each in honest))

    def _made(
        self,
        round_: int,
        target: int,
        liars: int,
        place: int,
        shares: Floats | None,
        name: str,
        receiver: Floats,
        *seen: Floats,
    ) -> Floats:
        own, honest = np.stack(seen[:liars]), seen[liars:]

        def known() -> Floats:
            return np.stack(honest) if honest else own[:0]

        def mixed(vectors: Floats) -> Floats:
            given = [1.0 / (1 + len(vectors))] * len(vectors)
            if shares is not None and len(shares) == len(vectors):
                given = shares.tolist()
            return self._combine(receiver, list(vectors), given)

        lies = self._adversary.lies(
            'peers',
            own,
            known,
            rule=mixed,
            step=round_,
            receiver=receiver,
            weights=shares if honest else None,
            target=target,
            place=name,
        )
        return np.array(lies[place])


def _looks(choice: Choice) -> bool:
    """Whether what an attack makes depends on the receiver."""
    return knows(choice) == 'all' or bool(choice.beside('needs_receiver'))
