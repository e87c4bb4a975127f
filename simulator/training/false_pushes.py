"""What Byzantine workers push to a parameter server in place of what they have computed.

An attack acts on the whole vector that a worker is about to push, whatever slices it is cut into,
before it is compressed; what honest workers push, the adversary sees before it is compressed.

When it is omniscient, it sees in a synchronous round what every honest worker computes from the
same model, if it has been asked for by the time the lie is due, which is when the server
aggregates: liars lose nothing by waiting until then, for the server does the same. Under an
asynchronous clock it sees, of each honest worker, what was asked for last when the liar pushes.
There a server makes many updates of few vectors; the adversary counts those of a round, one a
worker, when it has to know among how many it hides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from simulator.learning.arrays import Floats
from simulator.robust.arrays import stacked_rows
from simulator.training.clocks import Rule
from simulator.training.experiment import Experiment
from simulator.training.pushes import Pushed, Vector

__all__ = ['FalsePushes']


class Asked(NamedTuple):
    """What was asked for last for a worker: from which slices, its value, samples behind it."""

    versions: tuple[int, ...]
    vector: Vector
    samples: int


class FalsePushes:
    """The adversary's hand on what workers push.

    Parameters
    ----------
    experiment : Experiment
    synchronous : bool
        Whether an update is a round.
    n : int
        How many vectors the adversary hides among.
    rule : callable
        ``(n, d), samples (n,) or None -> (d,)``, to be tried out.
    weighted : bool
        Whether vectors count as often as their senders took samples.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        synchronous: bool,
        n: int,
        rule: Callable[[Floats, Floats | None], Floats],
        weighted: bool = False,
    ):
        self._experiment = experiment
        self._adversary = experiment.adversary
        self._synchronous = synchronous
        self._n = n
        self._rule = rule
        self._weighted = weighted
        self._liars = set(self._adversary.among(experiment.workers))
        self._asked: dict[int, Asked] = {}
        self._told: dict[int, Floats] = {}  # lies of one synchronous round, by worker
        self._round: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        experiment: Experiment,
        clock: Rule,
        rule: Callable[[Floats, Floats | None], Floats],
        *,
        weighted: bool,
    ) -> FalsePushes | None:
        """Return the hand on those workers that are Byzantine; None where none is."""
        if not experiment.adversary.among(experiment.workers):
            return None
        many = clock.collects if clock.synchronous else len(experiment.workers)
        synchronous = clock.synchronous
        return cls(experiment, synchronous=synchronous, n=many, rule=rule, weighted=weighted)

    def begun(self, pushed: Pushed) -> None:
        """Take note of what has been asked for."""
        versions = tuple(pushed.versions)
        self._asked[pushed.worker] = Asked(versions, pushed.truth, pushed.samples)

    def rushing(self, pushed: Pushed) -> None:
        """Put what a worker knows without computing in place of what it would have computed."""
        sees = self._adversary.liars['workers'].knowledge == 'all'
        known = [each.vector for k, each in sorted(self._asked.items()) if k not in self._liars]
        size = self._experiment.parameters
        pushed.lie = Once(partial(_mean, known if sees else [], size))
        own = Asked(tuple(pushed.versions), pushed.lie, pushed.samples)
        self._asked[pushed.worker] = own

    def sending(self, pushed: Pushed, step: int) -> None:
        """Put a lie in place of what a worker is about to push in its round *step*, from 1."""
        if pushed.worker not in self._liars:
            return
        device = self._experiment.workers[pushed.worker]
        if not self._adversary.attacks(device, 'values', step - 1, self._experiment.clock.now):
            return
        if self._synchronous:
            pushed.lie = Once(partial(self._in_round, pushed.worker, self._asked[pushed.worker]))
        else:
            pushed.lie = Once(partial(self._alone, pushed.worker, dict(self._asked), step))

    def _in_round(self, worker: int, own: Asked) -> Floats:
        """Return the lie of a worker; those of all who have read the same model are made at once.

        One that comes so late that all others have read a newer one sees what those compute.
        """
        if self._round != own.versions:
            self._round, self._told = own.versions, {}
        if worker not in self._told:
            asked = self._asked
            known = {k: each for k, each in asked.items() if each.versions == own.versions}
            known = (known if known.keys() - self._liars else asked) | {worker: own}
            for liar, lie in self._made(known, own.versions[0], 'round').items():
                self._told.setdefault(liar, lie)
        return self._told[worker]

    def _alone(self, worker: int, known: Mapping[int, Asked], step: int) -> Floats:
        return self._made(known, step, f'worker {worker}')[worker]

    def _made(self, known: Mapping[int, Asked], step: int, place: str) -> dict[int, Floats]:
        liars = sorted(known.keys() & self._liars)
        honest = sorted(known.keys() - self._liars)
        own = stacked_rows([known[worker].vector() for worker in liars])

        def seen() -> Floats:
            vectors = [known[worker].vector() for worker in honest]
            return stacked_rows(vectors) if vectors else own[:0]

        samples = np.array([known[worker].samples for worker in (*honest, *liars)], float)

        def tried(vectors: Floats) -> Floats:
            return self._rule(vectors, samples if len(samples) == len(vectors) else None)

        lies = self._adversary.lies(
            'workers',
            own,
            seen,
            n=self._n,
            rule=tried,
            step=step,
            place=place,
            weights=samples if self._weighted else None,
        )
        return dict(zip(liars, lies, strict=True))


def _mean(vectors: list[Vector], size: int) -> Floats:
    """Return the mean of vectors (d,) as float32; zeros, where there is none."""
    if not vectors:
        return np.zeros(size, np.float32)
    return np.asarray(np.mean([each() for each in vectors], axis=0), np.float32)


class Once:
    """A vector that is made when somebody looks at it, and then kept."""

    __slots__ = ('_make', '_vector')

    def __init__(self, make: Vector):
        self._make: Vector | None = make
        self._vector: Floats | None = None

    def __call__(self) -> Floats:
        """Return the vector."""
        if self._make is not None:
            self._vector, self._make = self._make(), None  # lets go of all that it was made of
        assert self._vector is not None  # noqa: S101 - made
        return self._vector
