"""Many runs in a few processes, none of which can take the others down."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing import connection
from time import monotonic
from typing import Any

from simulator.errors import RunFolderError
from simulator.recording import Progress, RunFolder
from simulator.sweep.job import Job, Outcome, Watcher
from simulator.sweep.worker import Task, Worker

__all__ = ['ATTEMPTS', 'supervise']

ATTEMPTS = 4
"""How often a run is started when its process dies under it: once, and three more times."""

_GRACE = 10.0  # s that workers get to write what they have, before they are killed


def supervise(
    jobs: Sequence[Job],
    start: Callable[[], Worker],
    processes: int,
    watcher: Watcher,
) -> Generator[Outcome, None, None]:
    """Do *jobs* in *processes* processes; yield each outcome when it is there.

    Each process (*start* makes one) does one job after another. One that dies (out of memory,
    a crash in compiled code) is replaced, its job done again from scratch, up to `ATTEMPTS`
    times.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, after the workers have written what they recorded and ended.
    """
    waiting = deque(Task(job, 1) for job in jobs)
    workers: list[Worker] = []
    try:
        while waiting or any(worker.task for worker in workers):
            _hand_out(waiting, workers, start, processes, watcher)
            for worker in _with_news(workers):
                dead = not worker.process.is_alive()  # asked first: its last words count
                yield from _listen(worker, watcher)
                if dead:
                    workers.remove(worker)
                    yield from _bury(worker, waiting)
    finally:
        _end(workers)


def _hand_out(
    waiting: deque[Task],
    workers: list[Worker],
    start: Callable[[], Worker],
    processes: int,
    watcher: Watcher,
) -> None:
    """Give every idle worker a task, and start workers while tasks wait for one."""
    while waiting:
        idle = next((worker for worker in workers if worker.task is None), None)
        if idle is None:
            if len(workers) == processes:
                return
            idle = start()
            workers.append(idle)
        task = waiting.popleft()
        watcher.started(task.job, task.attempt)
        idle.give(task)


def _with_news(workers: list[Worker]) -> list[Worker]:
    """Wait until some worker has said something, or died; return those."""
    signs: dict[Any, Worker] = {sign: w for w in workers for sign in (w.pipe, w.process.sentinel)}
    ready = [id(signs[sign]) for sign in connection.wait(list(signs))]
    return [worker for worker in workers if id(worker) in ready]


def _listen(worker: Worker, watcher: Watcher) -> Iterator[Outcome]:
    """Pass on what *worker* has said so far; yield the outcome of its task if that is there."""
    with suppress(EOFError, OSError):
        while worker.pipe.poll():
            news: Progress | Outcome = worker.pipe.recv()
            task = worker.task
            if task is None:
                continue
            if isinstance(news, Outcome):
                worker.task = None
                yield replace(news, job=task.job)
            else:
                watcher.progressed(task.job, news)


def _bury(worker: Worker, waiting: deque[Task]) -> Iterator[Outcome]:
    """Put the task of a dead worker back into the queue, or yield that it failed."""
    worker.pipe.close()
    death, task = worker.death(), worker.task
    if task is None:
        return
    if task.attempt < ATTEMPTS:
        waiting.appendleft(Task(task.job, task.attempt + 1))
        return
    error = f'its process died {ATTEMPTS} times ({death}); is there enough memory?'
    with suppress(RunFolderError):  # where the folder can't be written, the outcome still tells
        RunFolder(task.job.folder).give_up(task.job.identity, task.attempt, error)
    yield Outcome.failure(task.job, error)


def _end(workers: list[Worker]) -> None:
    """End all workers: the idle ones at once, the busy ones when they have tidied up."""
    try:
        for worker in workers:
            if worker.task is None:
                worker.pipe.close()
            else:
                worker.process.terminate()
        deadline = monotonic() + _GRACE
        for worker in workers:
            worker.process.join(max(0.0, deadline - monotonic()))
    finally:  # too slow, or a second Ctrl-C
        for worker in workers:
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()
