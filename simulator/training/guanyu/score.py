"""What is measured of GuanYu: how far apart servers are, who is in whose quorum, and accuracy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from simulator.learning.arrays import Floats
from simulator.robust.aggregation import RULES
from simulator.training.experiment import Experiment
from simulator.training.guanyu.quorum import Quorum
from simulator.training.nodes import record_accuracies
from simulator.training.promises import Model, Walk, value_of

__all__ = ['Score', 'largest_distance']

QUORUM_COLUMNS = ('time', 'step', 'node', 'kind', 'source', 'byzantine')


class Score:
    """Tells the scoreboard of rounds, and the recorder of quorums.

    A round is over when every honest server that is not down has finished that step. Its model is
    the coordinate-wise median of the models with which they leave it.

    Parameters
    ----------
    experiment : Experiment
    servers : sequence of int
        Devices of the honest ones.
    byzantine : set of int
        Devices that are Byzantine.
    """

    def __init__(
        self,
        experiment: Experiment,
        servers: Sequence[int],
        byzantine: frozenset[int] = frozenset(),
    ):
        self._experiment = experiment
        self._servers = [each for each in servers if each not in byzantine]
        self._byzantine = byzantine
        self._progress = dict.fromkeys(self._servers, 0)
        self._models: defaultdict[int, dict[int, Model]] = defaultdict(dict)
        self._walks: defaultdict[int, dict[int, Walk]] = defaultdict(dict)
        self._used: defaultdict[int, set[int]] = defaultdict(set)
        self._latest: dict[int, Model] = {}
        self._distances: list[float] = []
        self._liars: list[float] = []
        self._rows: list[tuple[Any, ...]] = []
        experiment.scoreboard.observers.append(self._measure)

    # what the programs tell

    def met(self, device: int, found: Quorum) -> None:
        """Note who is in the quorum of a device."""
        now = self._experiment.clock.now
        liars = 0
        for letter in found.letters:
            lies = int(letter.source in self._byzantine)
            liars += lies
            self._rows.append((now, found.step, device, found.kind, letter.source, lies))
        if self._byzantine and device not in self._byzantine:
            self._liars.append(liars / len(found.letters))
            self._experiment.scoreboard.metric(
                'byzantine_in_quorum', liars, device=device, step=found.step
            )

    def computed(self, device: int, step: int, walk: Walk) -> None:
        """Note what a worker has begun to compute."""
        if device not in self._byzantine:
            self._walks[step][device] = walk

    def used(self, device: int, found: Quorum) -> None:
        """Note whose gradients a server has aggregated."""
        if device not in self._byzantine:
            self._used[found.step].update(each.source for each in found.letters)

    def finished(self, device: int, step: int, model: Model) -> None:
        """Note with which model a server leaves a step."""
        if device in self._byzantine:
            return
        self._latest[device] = model
        self._models[step][device] = model
        self._progress[device] = step
        self._settle()

    def left(self, device: int) -> None:
        """Note that a server holds no model any more."""
        self._latest.pop(device, None)

    def figures(self) -> dict[str, Any]:
        """Return what the summary says."""
        self._record()
        found: dict[str, Any] = {}
        if self._distances:
            found['server_distance'] = max(self._distances)
        if self._liars:
            found['byzantine_in_quorums'] = float(np.mean(self._liars))
        return found

    # rounds

    def _settle(self) -> None:
        scoreboard = self._experiment.scoreboard
        while scoreboard.wants(scoreboard.rounds + 1) and self._is_over(scoreboard.rounds + 1):
            self._over(scoreboard.rounds + 1)

    def _is_over(self, step: int) -> bool:
        down = self._experiment.cluster.down
        awaited = [each for each in self._servers if each not in down]
        return step in self._models and all(self._progress[each] >= step for each in awaited)

    def _over(self, step: int) -> None:
        scoreboard = self._experiment.scoreboard
        models = [value_of(each) for each in self._models.pop(step).values()]
        walks = self._walks.pop(step, {})
        used = [walks[each] for each in sorted(self._used.pop(step, set())) if each in walks]
        distance = largest_distance(models)
        self._record()
        self._distances.append(distance)
        scoreboard.metric('server_distance', distance, step=step)
        samples = sum(walk.samples for walk in used)
        losses = [walk.loss for walk in used or walks.values()]
        if losses:
            scoreboard.round_done(RULES['median'](models), losses, samples)
        else:
            scoreboard.count_round()

    def _record(self) -> None:
        """Hand over who was in which quorum."""
        if self._rows:
            columns = dict(zip(QUORUM_COLUMNS, zip(*self._rows, strict=True), strict=True))
            self._experiment.recorder.extend('quorums', columns)
            self._rows.clear()

    def _measure(self) -> None:
        """Record how good each honest server is."""
        devices = sorted(self._latest)
        record_accuracies(
            self._experiment, devices, [value_of(self._latest[each]) for each in devices]
        )


def largest_distance(models: Sequence[Floats]) -> float:
    """Return the largest distance (L2) between two of some models (d,), 0 if there are no two.

    Examples
    --------
    >>> largest_distance([np.zeros(2), np.array([3.0, 4.0]), np.zeros(2)])
    5.0
    """
    apart = [
        float(np.linalg.norm(np.subtract(one, other, dtype=np.float64)))
        for one, other in combinations(models, 2)
        if one is not other
    ]
    return max(apart, default=0.0)
