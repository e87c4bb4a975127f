"""How good aggregates are, round by round, seen with the eyes of who knows the liars."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from simulator.learning.arrays import Floats
from simulator.robust.aggregation import Outcome
from simulator.robust.measures import Closeness, byzantine_share
from simulator.training.scoreboard import Scoreboard

__all__ = ['Quality']


class Quality:
    """Measures what becomes of the vectors of a round, slice by slice, and records it.

    Parameters
    ----------
    scoreboard : Scoreboard
    liars : collection of int
        Numbers of the Byzantine senders.
    shards : int
        Slices of a vector.

    Attributes
    ----------
    figures : dict
        Means over the rounds, for the summary.
    """

    def __init__(self, scoreboard: Scoreboard, liars: Collection[int], shards: int):
        self._scoreboard = scoreboard
        self._liars = set(liars)
        self._latest: list[Closeness | None] = [None] * shards
        self._selected: list[float] = [math.nan] * shards
        self._sums: dict[str, tuple[float, int]] = {}

    def look(self, shard: int, vectors: Floats, senders: Sequence[int], outcome: Outcome) -> None:
        """Measure the aggregate of vectors (n, d) of a slice.

        Parameters
        ----------
        shard : int
        vectors : array, shape (n, d)
        senders : sequence of int
            The number of each one's sender.
        outcome : Outcome
            What the rule made of them.
        """
        honest = [row for row, sender in enumerate(senders) if sender not in self._liars]
        lying = set(range(len(senders))) - set(honest)
        if honest:
            true = vectors if len(honest) == len(vectors) else vectors[honest]
            self._latest[shard] = Closeness.of(outcome.vector, true)
        if outcome.selected is not None and len(outcome.selected):
            self._selected[shard] = byzantine_share(outcome.selected, lying)

    def round_done(self) -> None:
        """Record what was measured of all slices in the round that has just been counted."""
        parts = [each for each in self._latest if each is not None]
        if len(parts) == len(self._latest):
            whole = parts[0]
            for part in parts[1:]:
                whole = whole + part
            self._record('aggregate_distance', whole.distance)
            self._record('aggregate_angle', whole.angle)
            self._record('variance_to_norm', whole.variance_to_norm)
        share = float(np.mean(self._selected))
        self._record('byzantine_share', share)

    @property
    def figures(self) -> dict[str, float]:
        """Means over the rounds, where they are finite, and how many rounds a second there were."""
        board = self._scoreboard
        pace = {'rounds_per_second': board.rounds / max(board.now, 1e-12)}
        return pace | {name: total / count for name, (total, count) in self._sums.items()}

    def _record(self, name: str, value: float) -> None:
        if math.isnan(value):
            return
        self._scoreboard.metric(name, value)
        if math.isfinite(value):
            total, count = self._sums.get(name, (0.0, 0))
            self._sums[name] = total + value, count + 1
