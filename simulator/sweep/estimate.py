"""What runs will take, found out by trying: each kind of run is begun, and stopped soon."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from simulator.recording import Progress, RunFolder
from simulator.sweep.job import Execute, Job
from simulator.sweep.one import one_thread

__all__ = ['MOST_TRIALS', 'Estimate', 'estimate', 'total_seconds', 'trial']

MOST_TRIALS = 24
"""Runs that are tried at the most; the others are taken to be like the one tried before them."""


class Estimate(NamedTuple):
    """What one run takes.

    Attributes
    ----------
    seconds : float, optional
        Of wall clock; None where nothing tells how much of the run was done.
    bytes : float, optional
        On disk.
    """

    seconds: float | None
    bytes: float | None


class Enough(Exception):  # noqa: N818 - no error
    """The trial has lasted long enough."""


@dataclass
class Gauge:
    """Listens to a run's progress, and stops it after *patience* seconds since its first word."""

    patience: float
    started: float = field(default_factory=monotonic)
    first: tuple[float, float] | None = None
    last: tuple[float, float] | None = None

    def __call__(self, progress: Progress) -> None:
        """Take note of the progress.

        Raises
        ------
        Enough
            When it has listened long enough.
        """
        now = monotonic()
        self.last = (now, progress.share or 0.0)
        if self.first is None:
            self.first = self.last  # what went before, compiling for one, happens once
        elif now - self.first[0] > self.patience:
            raise Enough

    def whole(self) -> float | None:
        """Return the seconds that the whole run would take; None if it said too little."""
        if self.first is None or self.last is None or self.last[1] <= self.first[1]:
            return None
        pace = (self.last[0] - self.first[0]) / (self.last[1] - self.first[1])
        return self.first[0] - self.started + pace * (1 - self.first[1])


def trial(job: Job, execute: Execute, patience: float = 1.5) -> Estimate:
    """Begin *job* in a temporary folder, and return what the whole of it would take.

    Raises
    ------
    BosphorusError
        What the run itself raises: it would fail.
    """
    gauge = Gauge(patience)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / 'run'
        ended = False
        with suppress(Enough), one_thread(), RunFolder(folder).writing(job.identity) as run:
            run.finish(execute(job.spec, folder, progress=gauge))
            ended = True
        written = sum(path.stat().st_size for path in folder.rglob('*') if path.is_file())
    if ended:
        return Estimate(monotonic() - gauge.started, written)
    share = gauge.last[1] if gauge.last else 0.0
    return Estimate(gauge.whole(), written / share if share else None)


def estimate(jobs: Sequence[Job], execute: Execute, patience: float = 1.5) -> list[Estimate]:
    """Return what each of *jobs* takes; of runs that differ in the seed alone, one is tried.

    Parameters
    ----------
    jobs : sequence of Job
    execute : Execute
    patience : float
        Seconds that a trial may last.
    """
    kinds = list(dict.fromkeys(_kind(job) for job in jobs))
    step = -(-len(kinds) // MOST_TRIALS) or 1
    tried: dict[str, Estimate] = {}
    for number, kind in enumerate(kinds):
        if number % step:
            tried[kind] = tried[kinds[number - number % step]]
            continue
        job = next(job for job in jobs if _kind(job) == kind)
        tried[kind] = trial(job, execute, patience)
    return [tried[_kind(job)] for job in jobs]


def _kind(job: Job) -> str:
    """Return what tells runs apart but for their seeds."""
    which = job.identity
    varied = {key: value for key, value in which.vary.items() if key != 'seed'}
    return f'{which.scenario}/{which.variant}/{varied}'


def total_seconds(estimates: Sequence[Estimate], processes: int) -> float | None:
    """Return the wall clock that runs take in so many processes; None if one is not known.

    Examples
    --------
    >>> total_seconds([Estimate(3.0, 1.0), Estimate(1.0, 1.0), Estimate(1.0, 1.0)], 2)
    3.0
    """
    known = [each.seconds for each in estimates if each.seconds is not None]
    if len(known) < len(estimates):
        return None
    return max(sum(known) / processes, max(known, default=0.0))
