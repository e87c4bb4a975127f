"""A worker process: takes jobs from its pipe, one at a time, and tells how they go."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import NamedTuple

from simulator.recording import Progress
from simulator.sweep.job import Execute, Job, Outcome
from simulator.sweep.one import one_thread, perform
from simulator.sweep.signals import end_with_parent, obey_parent

__all__ = ['Prepare', 'Task', 'Worker', 'start_worker']

Prepare = Callable[[], AbstractContextManager[object]]
"""Makes what holds while a process does runs, such as plug-ins being installed."""


class Task(NamedTuple):
    """What goes to a worker; what comes back is `Progress`, ..., `Outcome`."""

    job: Job
    attempt: int


@dataclass
class Worker:
    """A worker process as its parent sees it.

    Attributes
    ----------
    process : SpawnProcess
    pipe : Connection
    task : Task, optional
        What it is doing; None = it waits for work.
    """

    process: SpawnProcess
    pipe: Connection
    task: Task | None = None

    def give(self, task: Task) -> None:
        """Hand over *task*; a worker that has died is noticed when it does not answer."""
        self.task = task
        try:
            self.pipe.send(task)
        except OSError:
            self.process.kill()

    def death(self) -> str:
        """Say how the process ended."""
        self.process.join()
        code = self.process.exitcode or 0
        return f'killed by signal {-code}' if code < 0 else f'exit code {code}'


def start_worker(execute: Execute, prepare: Prepare | None) -> Worker:
    """Start a fresh process (spawned: it inherits no thread, no lock, no random state)."""
    context = get_context('spawn')
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, execute, prepare), daemon=True)
    with one_thread():  # numpy reads the limit when the child loads it
        process.start()
    theirs.close()  # so that the child's death ends our reading
    return Worker(process, ours)


def _work(pipe: Connection, execute: Execute, prepare: Prepare | None) -> None:
    obey_parent()
    end_with_parent()
    try:
        with prepare() if prepare is not None else nullcontext():
            while True:
                task: Task = pipe.recv()
                outcome = perform(task.job, execute, _teller(pipe), task.attempt)
                # the parent knows the spec, which may be large
                _answer(pipe, replace(outcome, job=replace(task.job, spec=None)))
    except (KeyboardInterrupt, EOFError):
        pass  # told to stop, or the parent has closed the pipe: no more work


def _teller(pipe: Connection) -> Callable[[Progress], None]:
    return lambda progress: _answer(pipe, progress)


def _answer(pipe: Connection, message: Progress | Outcome) -> None:
    try:
        pipe.send(message)
    except OSError as error:  # nobody listens any more
        raise KeyboardInterrupt from error
