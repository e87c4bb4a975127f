"""Many runs: in this process, or in several; finished ones are not done again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain

from simulator.recording import RunFolder
from simulator.sweep.job import Execute, Job, Outcome, Watcher
from simulator.sweep.one import perform
from simulator.sweep.signals import stoppable
from simulator.sweep.supervisor import supervise
from simulator.sweep.table import write_summaries
from simulator.sweep.worker import Prepare, start_worker

Elsewhere = Callable[[Sequence[Job], Watcher], Generator[Outcome, None, None]]
"""Does runs on other machines: yields each outcome when it is there."""

__all__ = [
    'Elsewhere',
    'Execute',
    'Job',
    'Outcome',
    'Prepare',
    'Watcher',
    'sweep',
    'write_summaries',
]


def sweep(
    jobs: Sequence[Job],
    execute: Execute,
    *,
    processes: int = 1,
    watcher: Watcher | None = None,
    prepare: Prepare | None = None,
    elsewhere: Elsewhere | None = None,
) -> list[Outcome]:
    """Do all *jobs*; return their outcomes, in the same order.

    What a run leaves does not depend on *processes*, nor on the order in which runs end.
    A job whose folder holds its finished run is skipped, any other is done from scratch.

    Parameters
    ----------
    jobs : sequence of Job
    execute : Execute
        Does one run; a function that a new process can import.
    processes : int
        1 = in this process; more = that many spawned processes.
    watcher : Watcher, optional
        Is told what happens.
    prepare : callable, optional
        Called in each new process; its context holds while that does runs (plug-ins are
        installed). Picklable. Runs in this process live in the caller's context.

    elsewhere : callable, optional
        Does the runs in place of processes here: ``remote.distribute`` with its address.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C or SIGTERM, in an orderly way: what was recorded reads back, and the same
        call goes on where this one stopped.
    """
    watcher = watcher or Watcher()
    done = [outcome for job in jobs if (outcome := _done_before(job)) is not None]
    outcomes = {outcome.job.folder: outcome for outcome in done}
    todo = [job for job in jobs if job.folder not in outcomes]
    if elsewhere is not None:
        news = elsewhere(todo, watcher) if todo else _in_turn([], execute, watcher)
    elif processes > 1:
        start = partial(start_worker, execute, prepare)
        news = supervise(todo, start, processes, watcher)
    else:
        news = _in_turn(todo, execute, watcher)
    # closing: an interrupted loop must end its workers now, not when it is collected
    with stoppable(), closing(news):
        for outcome in chain(done, news):
            outcomes[outcome.job.folder] = outcome
            watcher.ended(outcome)
    return [outcomes[job.folder] for job in jobs]


def _done_before(job: Job) -> Outcome | None:
    summary = RunFolder(job.folder).result(job.identity.id)
    return None if summary is None else Outcome(job, 'finished', summary, skipped=True)


def _in_turn(
    jobs: Sequence[Job], execute: Execute, watcher: Watcher
) -> Generator[Outcome, None, None]:
    for job in jobs:
        watcher.started(job, 1)
        yield perform(job, execute, partial(watcher.progressed, job))
