"""What a training algorithm is handed: the world, the learning, and who keeps the score."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import numpy as np
from simpy.events import Event

from simulator.cluster.cluster import Cluster
from simulator.errors import ScenarioError, StalledError
from simulator.learning import Learning, Optimizer, Schedule
from simulator.learning.arrays import Floats
from simulator.recording import Recorder
from simulator.training.adversary import Adversary
from simulator.training.facts import Scale
from simulator.training.scoreboard import Scoreboard
from simulator.transport import Transport

__all__ = ['ELEMENT', 'Experiment']

ELEMENT = 4  # bytes of a float32


class Experiment:
    """One cluster that trains one model.

    Parameters
    ----------
    cluster : Cluster
    recorder : Recorder
    scoreboard : Scoreboard
    learning : Learning, optional
        Missing in studies without learning.
    optimizer : Optimizer, optional
    scale : Scale
    schedule : callable, optional
        From rounds done to the factor of the optimizer's rate; by default 1 for ever.
    adversary : Adversary, optional
        Who controls the Byzantine nodes; by default there are none.

    Attributes
    ----------
    workers, servers : list of int
        Devices by role; shard i of the data lies at ``workers[i]``.
    """

    def __init__(
        self,
        cluster: Cluster,
        recorder: Recorder,
        scoreboard: Scoreboard,
        *,
        learning: Learning | None = None,
        optimizer: Optimizer | None = None,
        scale: Scale | None = None,
        schedule: Schedule | None = None,
        adversary: Adversary | None = None,
    ):
        self.cluster = cluster
        self.clock = cluster.clock
        self.transport = Transport(cluster)
        self.recorder = recorder
        self.scoreboard = scoreboard
        self.scale = scale or Scale()
        self.workers = cluster.workers
        self.servers = cluster.servers
        self._learning = learning
        self._optimizer = optimizer
        self._schedule = schedule
        self.adversary = adversary or Adversary()
        if learning is not None:
            self.adversary.poison(learning, self.workers)

    @property
    def learning(self) -> Learning:
        """The model and its data."""
        if self._learning is None:
            raise ScenarioError('this training kind needs a `learning` section')
        return self._learning

    @property
    def optimizer(self) -> Optimizer:
        """How gradients become updates."""
        if self._optimizer is None:
            raise ScenarioError('this training kind needs `learning.optimizer`')
        return self._optimizer

    def rate_factor(self, done: float) -> float:
        """Return by what the optimizer's rate is multiplied after so many rounds."""
        return 1.0 if self._schedule is None else self._schedule(done)

    def rate_factors(self, round_: int, steps: int) -> Floats | None:
        """Return the factors (steps,) of local steps in round number *round_*, from 1.

        The steps share the round out evenly. None where all are 1.
        """
        if self._schedule is None:
            return None
        return np.array([self._schedule(round_ - 1 + step / steps) for step in range(steps)])

    @cached_property
    def gradient_flops(self) -> list[float]:
        """The operations of one gradient of each worker, at the scenario's scale."""
        learning, scale = self.learning, self.scale.flops
        return [learning.gradient_flops(each) * scale for each in range(len(learning.shards))]

    @property
    def parameters(self) -> int:
        """How many parameters the model has, d."""
        return self.learning.model.dimension

    def wire_bytes(self, elements: float) -> float:
        """Return what so many parameters weigh on the wire."""
        return elements * ELEMENT * self.scale.bytes

    def gradients(self, worker: int, count: int, step: int) -> Event:
        """Let worker number *worker* compute *count* gradients; return the event of its end."""
        device, flops = self.workers[worker], self.gradient_flops[worker]
        return self.cluster.compute(device, flops, count, operation='gradient', step=step)

    def waited(self, device: int, operation: str, step: int, since: float) -> None:
        """Record that *device* has waited since then, unless it was for no time."""
        now = self.clock.now
        if now > since:
            self.recorder.span(device, 'wait', operation, step, since, now)

    def rounds(self) -> Iterator[int]:
        """Count rounds from 1 until the scenario's stop is reached."""
        number = 1
        while self.scoreboard.wants(number):
            yield number
            number += 1

    def run(self, start: Floats | None = None) -> None:
        """Run until the scoreboard says that it is over.

        Parameters
        ----------
        start : array, shape (d,), optional
            The model that training begins with, to be measured; by default that of the learning.

        Raises
        ------
        StalledError
            If nothing can proceed before that; it tells who waits for what since when.
        """
        over = self.scoreboard.over
        if self._learning is not None:
            self.scoreboard.begin(self._learning.initial if start is None else start)
        try:
            with _rare_collections(), np.errstate(all='ignore'):  # a run may diverge, as it likes
                self.clock.run(over)
        except RuntimeError as error:
            if over.triggered:
                raise
            raise StalledError(self.cluster.diagnosis()) from error

    def finish(self) -> None:
        """Hand over all traces."""
        self.cluster.fabric.flush()
        self.cluster.record_world()


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Let Python look for cycles of garbage less often: a run makes few, and holds many objects."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
