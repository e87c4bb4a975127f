"""What Byzantine servers hand out in place of the slices they keep.

A server that lies goes on as if it did not: it collects, aggregates and updates its slice; but
workers, and whoever asks for the model of the run, are handed what its attacks make of it. There
is nobody else who keeps that slice, so no honest vector to be seen: attacks that want to look at
any look at the server's own.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.catalogue import Choice
from simulator.learning import frozen
from simulator.learning.arrays import Floats
from simulator.training.experiment import Experiment

__all__ = ['FalseModels']


class Told(NamedTuple):
    """A lie that all receivers are told, and what it was made of."""

    model: Floats
    attacks: tuple[Choice, ...]
    lie: Floats


class FalseModels:
    """The adversary's hand on what servers send.

    Parameters
    ----------
    experiment : Experiment
    a_round : int
        Updates that make a round.
    """

    def __init__(self, experiment: Experiment, a_round: int):
        self._experiment = experiment
        self._a_round = a_round
        self._told: dict[int, Told] = {}

    def shown(
        self, shard: int, home: int, version: int, model: Floats, target: int | None = None
    ) -> Floats:
        """Return what a server hands out in place of a slice (d,) after so many updates.

        Parameters
        ----------
        shard, home : int
            Which slice, and the device that keeps it.
        version : int
        model : array, shape (d,)
            Read-only.
        target : int, optional
            Number of the worker; None is somebody who looks from outside.
        """
        adversary, now = self._experiment.adversary, self._experiment.clock.now
        attacks = adversary.attacks(home, 'values', version // self._a_round, now)
        if not attacks:
            return model
        if target is not None and any(each.beside('per_receiver') for each in attacks):
            return self._lie(shard, version, model, target)
        told = self._told.get(shard)
        if told is None or told.model is not model or told.attacks != attacks:
            told = Told(model, attacks, self._lie(shard, version, model))
            self._told[shard] = told
        return told.lie

    def _lie(self, shard: int, version: int, model: Floats, target: int | None = None) -> Floats:
        lies = self._experiment.adversary.lies(
            'servers',
            model[None],
            lambda: model[None][:0],
            n=1,
            step=version,
            target=target,
            place=f'slice {shard}',
        )
        return frozen(lies[0])
