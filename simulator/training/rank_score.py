"""What is measured beside lying ranks: how far a lie spreads, and how good each honest one is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.learning.arrays import Floats
from simulator.training.experiment import Experiment
from simulator.training.lying_ranks import Lies, spread_of
from simulator.training.nodes import record_accuracies, spread_evenly

__all__ = ['RankScore']

MOST_PIECES = 32
MOST_RANKS = 64  # in the picture
MEASURED = 10  # whose accuracy is measured one by one
WRONG = 1e-3
"""A piece of which more is wrong than this share has been reached by a lie, not by rounding."""


class RankScore:
    """Measures honest ranks beside Byzantine ones.

    In the first round in which somebody lies, the metric `error of piece k` of a rank tells how
    wrong it is about the k-th piece of the vector, as a share of that; `lie_spread` is the share
    of the pieces of honest ranks that are wrong, `lie_error` their mean error.

    Parameters
    ----------
    experiment : Experiment
    """

    def __init__(self, experiment: Experiment):
        self._experiment = experiment
        self._shown = False
        self._models: dict[int, Floats] = {}
        workers = experiment.workers
        liars = set(experiment.adversary.among(workers))
        self.honest = [number for number in range(len(workers)) if number not in liars]
        self.figures: dict[str, float] = {}
        experiment.scoreboard.observers.append(self._measure)

    def wants(self, lies: Sequence[Lies | None]) -> bool:
        """Whether the lies of a round are to be shown."""
        return not self._shown and any(each is not None for each in lies)

    def show(
        self,
        members: Sequence[int],
        step: int,
        held: Sequence[Sequence[Floats]],
        truth: Sequence[Sequence[Floats]],
    ) -> None:
        """Record how far the lies of a round have spread; *held* and *truth* by bucket and rank."""
        self._shown = True
        pieces = min(len(members), MOST_PIECES)
        wrong = spread_of(_whole(held), _whole(truth), pieces)
        score, workers = self._experiment.scoreboard, self._experiment.workers
        for rank in spread_evenly(len(members), MOST_RANKS):
            for piece, error in enumerate(wrong[rank].tolist()):
                device = workers[members[rank]]
                score.metric(f'error of piece {piece}', error, device=device, step=step)
        honest = [rank for rank, member in enumerate(members) if member in self.honest]
        self.figures = {
            'lie_spread': float((wrong[honest] > WRONG).mean()),
            'lie_error': float(np.minimum(wrong[honest], 1e9).mean()),
        }

    def left(self, number: int, model: Floats) -> None:
        """Note with which model a rank leaves a round."""
        self._models[number] = model

    def _measure(self) -> None:
        known = [number for number in self.honest if number in self._models]
        some = [known[place] for place in spread_evenly(len(known), MEASURED)]
        devices = [self._experiment.workers[number] for number in some]
        record_accuracies(self._experiment, devices, [self._models[n] for n in some], some)


def _whole(by_bucket: Sequence[Sequence[Floats]]) -> list[Floats]:
    """Return the whole vector of each rank; buckets come the last ones first."""
    return [np.concatenate(pieces[::-1]) for pieces in zip(*by_bucket, strict=True)]
