"""A small real run that a spawned process can import, and jobs that ask for it."""

import hashlib
import sys
from importlib import import_module
from pathlib import Path

import pytest

from simulator.recording import Identity
from simulator.sweep import Job

STAND_IN = '''
"""A run: draws, multiplies, records; and misbehaves if the spec says so."""

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from simulator.errors import StalledError
from simulator.recording import Progress, Recorder, save_model


def execute(spec, folder, *, progress=None):
    rng = np.random.default_rng(spec['seed'])
    weights = rng.standard_normal((64, 64), np.float32)
    with Recorder(folder, part_rows=100, flush_every=0.05) as recorder:
        for step in range(spec.get('steps', 250)):
            weights = np.tanh(weights @ weights)
            loss = float(np.abs(weights).mean())
            recorder.metric(step * 1e-3, step, 0.0, -1, 'train_loss', loss)
            recorder.span(step % 4, 'compute', 'gradient', step, step * 1e-3, step * 2e-3)
            if progress is not None:
                progress(Progress(step, step * 1e-3, step, loss))
            misbehave(spec, folder, step)
    save_model(folder, parameters=weights)
    return {'rounds': step + 1, 'messages': step, 'train_loss': loss, 'process': os.getpid()}


def misbehave(spec, folder, step):
    trouble, at, times = spec.get('trouble', (None, 0, 0))
    if step != at:
        return
    if trouble == 'error':
        raise ZeroDivisionError('a bug')
    if trouble == 'stall':
        raise StalledError('worker 3 waits for server 0 since 1.5 s')
    if trouble == 'sleep':
        (folder.parent / f'asleep {os.getpid()}').touch()
        time.sleep(600)
    deaths = folder.with_suffix('.deaths')
    if trouble == 'kill' and (so_far := len(deaths.read_text()) if deaths.exists() else 0) < times:
        deaths.write_text('x' * (so_far + 1))
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def prepare():
    os.environ['PREPARED'] = 'yes'
    try:
        yield
    finally:
        Path(os.environ['LEAVE']).touch()


def prepared(spec, folder, *, progress=None):
    return {'train_loss': float(os.environ.get('PREPARED') == 'yes')}
'''


@pytest.fixture(scope='session')
def stand_in(tmp_path_factory):
    """The module with the stand-in; on sys.path, which spawned processes inherit."""
    place = tmp_path_factory.mktemp('modules')
    (place / 'stand_in_run.py').write_text(STAND_IN)
    sys.path.insert(0, str(place))
    yield import_module('stand_in_run')
    sys.path.remove(str(place))


@pytest.fixture(scope='session')
def jobs():
    """Return one job a spec, under a folder."""

    def jobs(out: Path, *specs: dict) -> list[Job]:
        return [
            Job(
                spec,
                out / 'plain' / f'{number:012x}',
                Identity(f'{number:012x}', 'demo', 'plain', {}, spec['seed'], f'seed: {spec}\n'),
            )
            for number, spec in enumerate(specs)
        ]

    return jobs


@pytest.fixture(scope='session')
def lasting():
    """Return the sha256 of the files of a run folder that carry no wall clock, by path."""

    def lasting(folder: Path) -> dict[str, str]:
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob('*'))
            if path.is_file() and path.name not in {'manifest.json', 'summary.json'}
        }

    return lasting
