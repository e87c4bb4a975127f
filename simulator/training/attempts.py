"""Steps that devices take together, and begin anew whenever one of them crashes or is back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from simpy.events import Event

from simulator.training.experiment import Experiment
from simulator.training.lives import Lives, Program

__all__ = ['Attempts']


class Attempts:
    """One step after another, each in as many attempts as it takes.

    An attempt begins when all devices are there, and is broken off when one crashes.

    Parameters
    ----------
    experiment : Experiment
    nodes : list of int
        The devices; each says once an attempt that it is `done`.
    begin : callable
        Let an attempt at a step begin, given its number.
    abandon : callable
        Give up what it has begun; programs on the devices are ended here.
    name : str
        Of what they do, for who asks why nothing goes on.

    Attributes
    ----------
    lives : Lives
    since : float
        When the present attempt began, seconds.
    left : int
        Devices that are not done with it.
    """

    def __init__(
        self,
        experiment: Experiment,
        nodes: list[int],
        *,
        begin: Callable[[int], None],
        abandon: Callable[[], None],
        name: str,
    ):
        self.lives = Lives(experiment, crashed=self._changed, returned=self._changed)
        self.since, self.left = 0.0, 0
        self._clock, self._nodes, self._name = experiment.clock, nodes, name
        self._begin, self._abandon = begin, abandon
        self._over = Event(experiment.clock)  # the present attempt, well or not
        experiment.cluster.diagnoses.append(self._diagnosis)

    def step(self, number: int) -> Program:
        """Take a step: wait until all devices are done with it."""
        self.left = len(self._nodes)
        while self.left:
            yield from self._attempt(number)

    def done(self) -> None:
        """Take note that one more device is done."""
        self.left -= 1
        if not self.left:
            self._over.succeed()

    def _attempt(self, number: int) -> Program:
        self._over, self.since = Event(self._clock), self._clock.now
        self.left = len(self._nodes)
        up = self.lives.are_up(*self._nodes)
        if up:
            self._begin(number)
        yield self._over
        if self.left and up:
            self._abandon()
            for node in self._nodes:
                self.lives.stop(node)

    def _changed(self, device: int) -> None:
        if device in self._nodes and self.left and not self._over.triggered:
            self._over.succeed()

    def _diagnosis(self) -> Iterator[str]:
        if self.left:
            yield (
                f'the {self._name} waits for {self.left} of {len(self._nodes)} devices since '
                f'{self.since:.6g} s'
            )
