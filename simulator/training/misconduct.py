"""How Byzantine workers of a parameter server behave in time: when they push, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from simulator.robust.attacks import HONEST, Conduct
from simulator.training.experiment import Experiment
from simulator.training.lives import Program

__all__ = ['Misconduct', 'Sending']

MARGIN = 1e-6
"""Seconds by which a message that is held back is to be in time."""


class Sending(NamedTuple):
    """One message: what it is called in the traces, and its bytes."""

    kind: str
    bytes: float


class Misconduct:
    """The adversary's plan for when workers push.

    Who withholds what a server waits for gets no further model: it is silent from then on.

    Parameters
    ----------
    experiment : Experiment

    Attributes
    ----------
    deadline : float, optional
        Until when servers take what belongs to the present round, simulated seconds.
    """

    def __init__(self, experiment: Experiment):
        self._experiment = experiment
        self._draws = experiment.cluster.seeds.stream('silence')
        self._now: dict[int, Conduct] = {}
        self.deadline: float | None = None

    def begins(self, device: int, step: int) -> Conduct:
        """Return how a worker's device behaves in its round number *step*, from 1."""
        now = self._experiment.clock.now
        conduct = self._experiment.adversary.conduct(device, step - 1, now)
        self._now[device] = conduct
        return conduct

    def held_back(self, device: int, homes: Sequence[int], elements: int) -> Program:
        """Wait for as long as a push of so many parameters to each of *homes* is held back."""
        size = self._experiment.wire_bytes(elements)
        seconds = max(self.hold(device, home, size) for home in homes)
        if seconds:
            yield self._experiment.clock.timeout(seconds)

    def hold(self, device: int, home: int, size: float) -> float:
        """Return for how many seconds a push of so many bytes is held back."""
        conduct = self._now.get(device, HONEST)
        if not conduct.delays:
            return 0.0
        if conduct.delay is not None or self.deadline is None:
            return conduct.delay or 0.0
        left = self.deadline - self._experiment.clock.now
        return max(0.0, left - self._travel(device, home, size) - MARGIN)

    def sendings(self, device: int, size: float) -> Iterator[Sending]:
        """Yield what is sent in place of one push of so many bytes."""
        conduct = self._now.get(device, HONEST)
        if conduct.silence and self._draws.random() < conduct.silence:
            return
        yield Sending('gradient', size)
        more = size if conduct.bytes is None else conduct.bytes
        for _ in range(conduct.copies):
            yield Sending('flood', more)

    def _travel(self, source: int, target: int, size: float) -> float:
        """Return how long a message takes where it has all links to itself."""
        cluster = self._experiment.cluster
        table = cluster.fabric.table
        route = table.of(source, target)
        slowest = float(cluster.network.bandwidth[table.links_of(route)].min())
        return float(table.routes['latency'][route]) + size / slowest
