"""When a round of gossip is over, and what the scoreboard is told then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from simulator.learning.arrays import Floats
from simulator.training.experiment import Experiment
from simulator.training.promises import Walk

__all__ = ['Rounds']


class Rounds:
    """Counts updates, and tells the scoreboard of each round that is over.

    Where peers synchronize, a round is over when every peer whose device is not down has finished
    it; where they don't, after as many updates as there are peers.

    Parameters
    ----------
    experiment : Experiment
    average : callable
        Returns the average model as it is now.
    liars : set of int
        Byzantine peers, whose updates do not count.
    """

    def __init__(
        self,
        experiment: Experiment,
        average: Callable[[], Floats],
        liars: frozenset[int] = frozenset(),
    ):
        self._experiment = experiment
        self._scoreboard = experiment.scoreboard
        self._average = average
        self._finished = [0] * len(experiment.workers)
        self._honest = [n for n in range(len(experiment.workers)) if n not in liars]
        self._behind = set(self._honest)
        self._updates: list[Walk] = []
        self._updates_of: defaultdict[int, list[Walk]] = defaultdict(list)

    def updated(self, walk: Walk) -> None:
        """Count an update of a peer that synchronizes with nobody."""
        if walk.worker not in self._honest:
            return
        self._updates.append(walk)
        if len(self._updates) == len(self._honest):
            updates, self._updates = self._updates, []
            self._over(updates)

    def finished(self, number: int, round_: int, walk: Walk) -> None:
        """Count that peer *number* has finished round *round_*."""
        if number not in self._honest:
            return
        self._updates_of[round_].append(walk)
        self._finished[number] = round_
        if round_ > self._scoreboard.rounds:
            self._behind.discard(number)
        while not self._awaited() and self._scoreboard.wants(self._scoreboard.rounds + 1):
            self._over(self._updates_of.pop(self._scoreboard.rounds + 1, ()))
            now = self._scoreboard.rounds
            self._behind = {each for each in self._honest if self._finished[each] <= now}

    def _awaited(self) -> bool:
        """Whether somebody is still to finish the present round."""
        down = self._experiment.cluster.down
        if not down:
            return bool(self._behind)
        devices = self._experiment.workers
        # a round that nobody at all has finished is not over, whoever is down
        none_yet = len(self._behind) == len(self._honest)
        return none_yet or any(devices[number] not in down for number in self._behind)

    def _over(self, updates: Sequence[Walk]) -> None:
        if not updates:  # all that are up have skipped it
            self._scoreboard.count_round()
            return
        losses = [walk.loss for walk in updates]
        samples = sum(walk.samples for walk in updates)
        self._scoreboard.round_done(self._average(), losses, samples)
