"""Hand runs to the workers of a Dask cluster, and take in what comes back."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Queue
from typing import Any
from uuid import uuid4

from simulator.errors import BosphorusError, RunFolderError
from simulator.recording import Progress, RunFolder
from simulator.sweep.job import Job, Outcome, Watcher
from simulator.sweep.remote.kit import Kit, unpacked
from simulator.sweep.remote.parcel import parcel_of
from simulator.sweep.supervisor import ATTEMPTS

__all__ = ['distribute']


def distribute(
    jobs: Sequence[Job],
    watcher: Watcher,
    *,
    address: str,
    plugins: Sequence[Path] = (),
    patience: float = 20.0,
) -> Generator[Outcome, None, None]:
    """Do *jobs* on the cluster whose scheduler is at *address*; yield each outcome as it comes.

    A worker that dies loses the run it was doing, which is done again elsewhere; a process that
    dies is started again, up to `ATTEMPTS` times in all. What has come back is in its folder.

    Parameters
    ----------
    jobs : sequence of Job
        Their `spec` is a `RunSpec`.
    watcher : Watcher
    address : str
        Such as ``tcp://scheduler:8786``.
    plugins : sequence of Path
        Files, installed on the workers, too.
    patience : float
        Seconds to wait for the scheduler's answer.

    Raises
    ------
    BosphorusError
        If there is no Dask here, no scheduler there, or no worker.
    """
    client = _connected(address, patience)
    news: Queue[tuple[str, Any]] = Queue()
    topic, by_key = f'bosphorus-{uuid4().hex}', {f'bosphorus-{uuid4().hex}': job for job in jobs}
    try:
        client.subscribe_topic(topic, lambda event: news.put(('event', event[1])))
        futures = _submitted(client, by_key, plugins, topic)
        for future in futures:
            future.add_done_callback(lambda done: news.put(('done', done)))
        yield from _outcomes(news, by_key, watcher)
    finally:
        with suppress(Exception):  # whatever a vanished cluster can raise
            client.unsubscribe_topic(topic)
        client.close()


def _connected(address: str, patience: float) -> Any:
    try:
        import cloudpickle
        from distributed import Client

        from simulator.sweep.remote import errand
    except ImportError as error:
        raise BosphorusError(
            f"--on needs Dask ({error}); install it: pip install 'bosphorus[cluster]'"
        ) from error
    logging.getLogger('distributed').setLevel(logging.CRITICAL)  # what matters is told by us
    cloudpickle.register_pickle_by_value(errand)
    try:
        client = Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError) as error:
        raise BosphorusError(
            f'--on {address}: no Dask scheduler answers there ({error}); give its address, '
            'such as tcp://scheduler:8786'
        ) from error
    return client


def _submitted(
    client: Any, by_key: dict[str, Job], plugins: Sequence[Path], topic: str
) -> list[Any]:
    from simulator.sweep.remote.errand import run_errand

    # a task, not scattered data: it is made again when the worker that holds it dies
    kit = client.submit(tuple, tuple(Kit.of(plugins)), key=f'{topic}-kit')
    return [
        client.submit(
            run_errand, kit, parcel_of(job), key, topic, key=key, retries=ATTEMPTS - 1, pure=False
        )
        for key, job in by_key.items()
    ]


def _outcomes(
    news: Queue[tuple[str, Any]], by_key: dict[str, Job], watcher: Watcher
) -> Generator[Outcome, None, None]:
    """Pass on what is told of runs, until all of them have come out."""
    attempts = dict.fromkeys(by_key, 0)
    waiting = set(by_key)
    while waiting:
        kind, what = news.get()
        key = what['key'] if kind == 'event' else what.key
        if key not in waiting:
            continue  # a last word that was overtaken by the outcome
        if kind == 'done':
            waiting.remove(key)
            yield _outcome(by_key[key], what, max(attempts[key], 1))
        elif 'progress' not in what:
            attempts[key] += 1
            watcher.started(by_key[key], attempts[key])
        elif attempts[key]:
            watcher.progressed(by_key[key], Progress(**what['progress']))


def _outcome(job: Job, future: Any, attempts: int) -> Outcome:
    """Unpack what came back into the run's folder; say how the run came out."""
    folder = RunFolder(job.folder)
    try:
        result = future.result()
        future.release()
        folder.adopt(unpacked(result['archive']), attempts)
        return Outcome(job, result['status'], result['summary'], result['error'])
    except RunFolderError as error:
        return Outcome.failure(job, str(error))
    except Exception as error:  # noqa: BLE001 - whatever happened far away
        told = f'on the cluster: {type(error).__name__}: {error}'.partition('\n')[0]
        with suppress(RunFolderError):
            folder.give_up(job.identity, attempts, told)
        return Outcome.failure(job, told)
