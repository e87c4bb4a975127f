"""Byzantine ranks of an all-reduce: what they forward in place of what they should."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np

from simulator.catalogue import Choice
from simulator.collectives import Schedule, chunk_sizes
from simulator.collectives.applied import Corrupt
from simulator.learning.arrays import Floats
from simulator.robust.aggregation import Context, aggregate
from simulator.training.experiment import Experiment

__all__ = ['Lies', 'spread_of']


class Lies:
    """The lies of one round.

    Where vectors are added up on the way, a Byzantine rank lies about every chunk it sends, with
    whatever has been added to it; where all gather all vectors, about its own.

    Parameters
    ----------
    experiment : Experiment
    liars : sequence of int
        Ranks that lie in this round.
    step : int
    place : str
        Tells the draws of buckets apart.
    """

    def __init__(self, experiment: Experiment, liars: Sequence[int], step: int, place: str = ''):
        self._adversary = experiment.adversary
        self._draws = experiment.cluster.seeds.stream('trials', place='ranks')
        self.liars = list(liars)
        self._step = step
        self._place = place
        self._same: Floats | None = None

    @classmethod
    def of(
        cls, experiment: Experiment, members: Sequence[int], step: int, place: str
    ) -> Lies | None:
        """Return the lies of those members that lie in this round; None if none does."""
        adversary, now = experiment.adversary, experiment.clock.now
        liars = [
            rank
            for rank, member in enumerate(members)
            if adversary.attacks(experiment.workers[member], 'values', step - 1, now)
        ]
        return cls(experiment, liars, step, place) if liars else None

    def corrupt(self, schedule: Schedule, truth: Floats, absent: Sequence[int] = ()) -> Corrupt:
        """Return the hook of `apply` that lies about what is forwarded of *truth* (m, d).

        The rows of ranks that are *absent* hold nothing; liars among them lie when they forward.
        """
        honest = np.delete(truth, sorted({*self.liars, *absent}), axis=0)
        where = _places(schedule, truth.shape[1])

        def lie(rank: int, step: int, target: int, chunk: Floats) -> Floats:
            part = where(rank, step, target)
            told = self._told(
                chunk[None],
                lambda: honest[:, part],
                target=target,
                place=f'{self._place} {rank} {step} {part.start}',
                n=len(truth) - len(absent),
            )
            return np.asarray(told[0])

        return lie

    def received(self, truth: Floats, senders: Sequence[int], rank: int, rule: Choice) -> Floats:
        """Return what *rank* gets of *truth* (s, d): those of liars replaced, but for its own.

        One row a sender: ranks that send nothing have none, and can't lie.
        """
        lies = [row for row, sender in enumerate(senders) if sender in self.liars]
        if not lies:
            return truth
        if not self._adversary.differs('ranks'):
            if self._same is None:
                self._same = self._gathered(truth, lies, None, rule)
            if rank not in self.liars:
                return self._same
        mine = self._gathered(truth, lies, rank, rule)
        if rank in senders:
            mine[senders.index(rank)] = truth[senders.index(rank)]
        return mine

    def _gathered(
        self, truth: Floats, lies: Sequence[int], target: int | None, rule: Choice
    ) -> Floats:
        honest, found = np.delete(truth, lies, axis=0), truth.copy()
        found[lies] = self._told(
            truth[lies],
            lambda: honest,
            target=target,
            place=self._place,
            n=len(truth),
            rule=lambda vectors: aggregate(rule, vectors, Context(rng=self._draws)),
        )
        return found

    def _told(
        self,
        own: Floats,
        honest: Callable[[], Floats],
        *,
        target: int | None,
        place: str,
        n: int,
        rule: Callable[[Floats], Floats] | None = None,
    ) -> Floats:
        if not self._adversary.differs('ranks'):
            target = None
        return self._adversary.lies(
            'ranks', own, honest, n=n, rule=rule, step=self._step, target=target, place=place
        )


def _places(schedule: Schedule, dimension: int) -> Callable[[int, int, int], slice]:
    """Return a function that tells which elements a transfer carries, by source, step, target.

    Where there are several between the same two in a step, it is asked of them in their order.
    """
    sizes = chunk_sizes(dimension, schedule.chunks, whole=True).astype(int).tolist()
    ends = [0, *accumulate(sizes)]
    rows: defaultdict[tuple[int, int, int], list[slice]] = defaultdict(list)
    columns = (
        schedule.source,
        schedule.step,
        schedule.target,
        schedule.first_chunk,
        schedule.count,
    )
    for source, step, target, first, count in zip(*(c.tolist() for c in columns), strict=True):
        rows[source, step, target].append(slice(ends[first], ends[first + count]))
    return lambda source, step, target: rows[source, step, target].pop(0)


def spread_of(held: Sequence[Floats], truth: Sequence[Floats], pieces: int) -> Floats:
    """Return how wrong each rank is about each piece of the vector: |held - truth| / |truth|.

    Parameters
    ----------
    held, truth : sequence of array, shape (d,)
        One a rank.
    pieces : int
        Into which the vector is cut.

    Returns
    -------
    array, shape (ranks, pieces)
        0 where it is right; inf where it holds no number.

    Examples
    --------
    >>> truth = [np.array([3.0, 4.0, 1.0, 0.0])] * 2
    >>> spread_of([truth[0], np.array([3.0, 4.0, 1.0, 2.0])], truth, 2)
    array([[0., 0.],
           [0., 2.]])
    """
    found = np.empty((len(held), pieces))
    with np.errstate(all='ignore'):
        for rank, (one, other) in enumerate(zip(held, truth, strict=True)):
            apart = np.subtract(one, other, dtype=np.float64)
            for piece, (a, b) in enumerate(
                zip(np.array_split(apart, pieces), np.array_split(other, pieces), strict=True)
            ):
                found[rank, piece] = np.linalg.norm(a) / max(float(np.linalg.norm(b)), 1e-30)
    return np.nan_to_num(found, nan=np.inf, posinf=np.inf)
