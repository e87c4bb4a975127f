"""One run from claiming its folder to its last word, in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from simulator.recording import Progress, RunFolder
from simulator.recording.folder import reason
from simulator.sweep.job import Execute, Job, Outcome

__all__ = ['one_thread', 'perform']

_THREADS = (
    'OMP_NUM_THREADS',
    'OPENBLAS_NUM_THREADS',
    'MKL_NUM_THREADS',
    'BLIS_NUM_THREADS',
    'VECLIB_MAXIMUM_THREADS',
)
_TELL_EVERY = 0.2  # s of wall clock between two messages about progress


def perform(
    job: Job, execute: Execute, tell: Callable[[Progress], None], attempt: int = 1
) -> Outcome:
    """Do *job* in this process; whatever goes wrong inside it is its outcome.

    Parameters
    ----------
    job : Job
    execute : Execute
    tell : callable
        Called with the run's progress, at most five times a second.
    attempt : int
        Which attempt this is, counted from 1.
    """
    folder = RunFolder(job.folder)
    try:
        with one_thread(), folder.writing(job.identity, attempt) as run:
            figures = execute(job.spec, job.folder, progress=_throttled(tell))
            return Outcome(job, 'finished', run.finish(figures))
    except Exception as error:  # noqa: BLE001 - one run's bug must not end the others
        return Outcome.failure(job, reason(error))


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep linear algebra on one thread, here and in processes started meanwhile.

    Runs side by side would else fight for the processors, and sums split over threads
    differ in their last bits from machine to machine.
    """
    from threadpoolctl import threadpool_limits

    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, '1'))
    try:
        with threadpool_limits(1):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _throttled(tell: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """Return *tell*, deaf to what comes too soon after the last."""
    due = 0.0

    def throttled(progress: Progress) -> None:
        nonlocal due
        now = monotonic()
        if now >= due:
            due = now + _TELL_EVERY
            tell(progress)

    return throttled
