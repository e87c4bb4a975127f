"""How servers make one vector of those they have collected, and what is measured of that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.learning.arrays import Floats
from simulator.robust.aggregation import Outcome, flops, problems
from simulator.robust.arrays import stacked_rows
from simulator.training.aggregating import Aggregator
from simulator.training.experiment import Experiment
from simulator.training.pushes import Pushed
from simulator.training.quality import Quality
from simulator.training.settings import Settings

__all__ = ['Combiner']


class Combiner:
    """The rules of all slices at work.

    Parameters
    ----------
    experiment : Experiment
    settings : Settings

    Attributes
    ----------
    quality : Quality or None
        What is measured each round, where somebody may lie or a rule is on guard.
    """

    def __init__(self, experiment: Experiment, settings: Settings):
        self._choice, self._slices = settings.aggregation, settings.slices
        self._weighted = settings.weighted
        seeds, shards = experiment.cluster.seeds, range(len(settings.slices))
        self._rules = [Aggregator(self._choice, seeds.stream('rule', shard=k)) for k in shards]
        self._trials = seeds.stream('trials')
        self._flops: dict[tuple[int, int], float] = {}
        self._is_mean = self._choice.name == 'mean'
        liars = experiment.adversary.among(experiment.workers)
        watched = bool(liars) or not self._is_mean
        board = experiment.scoreboard
        self.quality = Quality(board, liars, len(settings.slices)) if watched else None

    @property
    def figures(self) -> dict[str, float]:
        """Means of what was measured each round, for the summary; {} where nothing was."""
        return self.quality.figures if self.quality is not None else {}

    def least(self, most: int) -> int:
        """Return how many vectors the rule takes at least; *most*, if it takes no fewer."""
        fit = (n for n in range(1, most) if not any(problems(self._choice, n)))
        return next(fit, most)

    def flops(self, shard: int, count: int) -> float:
        """Return what aggregating so many vectors of a slice costs."""
        if (shard, count) not in self._flops:
            part = self._slices[shard]
            self._flops[shard, count] = flops(self._choice, count, part.stop - part.start)
        return self._flops[shard, count]

    def combined(self, shard: int, collected: Sequence[Pushed]) -> Floats:
        """Return what the rule makes of what was collected for a slice, (d,)."""
        part = self._slices[shard]
        if len(collected) == 1 and self._is_mean and self.quality is None:
            return collected[0].received(shard, part)
        vectors = [each.received(shard, part) for each in collected]
        samples = np.array([each.samples for each in collected]) if self._weighted else None
        received = stacked_rows(vectors)
        outcome = self._made(shard, received, samples)
        if self.quality is not None:
            self.quality.look(shard, received, [each.worker for each in collected], outcome)
        return outcome.vector

    def _made(self, shard: int, vectors: Floats, samples: Floats | None) -> Outcome:
        if len(vectors) == 1 and self._is_mean:
            return Outcome(vectors[0])
        return self._rules[shard].outcome(vectors, samples)

    def tried(self, vectors: Floats, samples: Floats | None = None) -> Floats:
        """Return what the servers would make of whole vectors (n, d): for who tries it out."""
        known = samples if self._weighted else None
        return np.concatenate(
            [
                rule.trial(vectors[:, part], self._trials, known)
                for part, rule in zip(self._slices, self._rules, strict=True)
            ]
        )
