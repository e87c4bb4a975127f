"""Runs on a real Dask cluster: its own scheduler and workers, one of which is killed."""

import os
import signal
from functools import partial

import numpy as np
import pytest
from click.testing import CliRunner

from simulator.cli import main
from simulator.errors import BosphorusError
from simulator.execution import execute
from simulator.scenario import load
from simulator.sweep import Watcher, sweep
from simulator.sweep.plan import plan, plugged
from simulator.sweep.remote import distribute
from simulator.sweep.remote.kit import Kit, packed, unpacked
from simulator.sweep.remote.parcel import job_in, parcel_of
from simulator.traces import read_manifest

distributed = pytest.importorskip('distributed')

SCENARIO = """\
name: far
stop: {rounds: 700}
cluster: {topology: {star: {workers: 3, servers: 1}}}
learning:
  data: {npz: {path: own.npz}}
  model: linear
  batch: 4
  optimizer: {sgd: {rate: 0.2}}
training: {parameter_server: {aggregation: first}}
vary: {seed: [1, 2]}
"""

PLUGIN = '''
def first(vectors):
    """Take the first vector."""
    return vectors[0]

BOSPHORUS = {'aggregation': {'first': first}}
'''


@pytest.fixture(scope='module')
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


@pytest.fixture
def place(tmp_path):
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((40, 2)).astype(np.float32)
    np.savez(tmp_path / 'own.npz', inputs=inputs, targets=(inputs[:, 0] > 0).astype(int))
    (tmp_path / 'far.yaml').write_text(SCENARIO)
    (tmp_path / 'first.py').write_text(PLUGIN)
    return tmp_path


class Log(Watcher):
    def __init__(self, progressed=None):
        self.starts, self._progressed = [], progressed

    def started(self, job, attempt):
        self.starts.append((job.identity.seed, attempt))

    def progressed(self, job, progress):
        if self._progressed:
            self._progressed(job)


def test_a_killed_worker_loses_nothing_and_runs_leave_what_they_leave_here(place, cluster, lasting):
    killed = []

    def kill(job):
        """Kill the worker of the first run that is under way, once."""
        if killed:
            return
        with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
            busy = [where for where, keys in client.processing().items() if keys]
            killed.extend(client.run(os.getpid, workers=busy[:1]).values())
        os.kill(killed[0], signal.SIGKILL)

    with plugged([place / 'first.py']) as plugins:
        jobs = plan(load(place / 'far.yaml'), place / 'there', plugins)
        far = partial(distribute, address=cluster.scheduler_address, plugins=[place / 'first.py'])
        log = Log(kill)
        there = sweep(jobs, execute, watcher=log, elsewhere=far)
        again = sweep(jobs, execute, elsewhere=far)
        here = sweep(plan(load(place / 'far.yaml'), place / 'here', plugins), execute)
    assert killed
    assert [(o.status, o.error) for o in here + there] == [('finished', None)] * 4
    assert min(log.starts) == (1, 1) and len(log.starts) == 3  # one of them twice
    assert lasting(place / 'here') == lasting(place / 'there')
    assert sorted(read_manifest(job.folder)['attempts'] for job in jobs) == [1, 2]
    assert all(outcome.skipped for outcome in again)


def test_no_scheduler_is_said_so():
    with pytest.raises(BosphorusError, match=r'--on tcp://127.0.0.1:9: no Dask scheduler answers'):
        next(distribute([], Watcher(), address='tcp://127.0.0.1:9', patience=0.5))


def test_processes_here_or_elsewhere_but_not_both(place):
    words = ['run', str(place / 'far.yaml'), '--jobs', '2', '--on', 'tcp://x:1']
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert 'give one of them' in result.output


def test_a_parcel_holds_the_files_of_a_run(place):
    with plugged([place / 'first.py']) as plugins:
        [job, _] = plan(load(place / 'far.yaml'), place / 'runs', plugins)
        files = unpacked(parcel_of(job, attempt=3))
        for name, content in files.items():
            (place / 'open' / name).parent.mkdir(parents=True, exist_ok=True)
            (place / 'open' / name).write_bytes(content)
        found, attempt = job_in(place / 'open')
    assert attempt == 3
    assert found.identity == job.identity
    moved = found.spec.resolved['learning']['data']['npz']['path']
    assert moved != job.spec.resolved['learning']['data']['npz']['path']
    assert (place / 'own.npz').read_bytes() == (place / 'open' / moved).read_bytes()


def test_a_kit_depends_on_contents_alone(place):
    assert Kit.of([place / 'first.py']) == Kit.of([place / 'first.py'])
    assert Kit.of().digest != Kit.of([place / 'first.py']).digest
    names = set(unpacked(Kit.of([place / 'first.py']).archive))
    assert {'simulator/execution.py', 'topologies/__init__.py', 'plugins/000/first.py'} <= names
    assert packed({'a': b'1'}) == packed({'a': b'1'})
