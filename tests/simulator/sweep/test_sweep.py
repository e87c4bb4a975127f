"""Many runs: alike in one process and in two, none harmed by another."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from simulator.recording import RunFolder
from simulator.sweep import Watcher, sweep
from simulator.traces import read_manifest, read_summary

posix = pytest.mark.skipif(os.name != 'posix', reason='signals of POSIX')


class Log(Watcher):
    """Write down what a sweep says."""

    def __init__(self):
        self.lines = []
        self.progress = []

    def started(self, job, attempt):
        self.lines.append(('started', job.identity.id[-1], attempt))

    def progressed(self, job, progress):
        self.progress.append((job.identity.id[-1], progress))

    def ended(self, outcome):
        self.lines.append((outcome.status, outcome.job.identity.id[-1], outcome.skipped))


def test_what_runs_leave_does_not_depend_on_the_processes(tmp_path, stand_in, jobs, lasting):
    specs = [{'seed': seed} for seed in range(5)]
    one = sweep(jobs(tmp_path / 'one', *specs), stand_in.execute)
    two = sweep(jobs(tmp_path / 'two', *specs), stand_in.execute, processes=2)
    assert {o.summary['process'] for o in one} == {os.getpid()}
    assert len({o.summary['process'] for o in two} | {os.getpid()}) == 3
    assert lasting(tmp_path / 'one') == lasting(tmp_path / 'two')
    assert len(lasting(tmp_path / 'one')) == 5 * (3 + 3 + 2)  # parts, model, scenario
    assert [o.summary['train_loss'] for o in one] == [o.summary['train_loss'] for o in two]
    assert [o.status for o in one + two] == ['finished'] * 10


@pytest.mark.parametrize('processes', [1, 2])
def test_a_run_that_fails_says_why_and_the_others_go_on(tmp_path, stand_in, jobs, processes):
    todo = jobs(
        tmp_path,
        {'seed': 0, 'trouble': ('error', 3, 0)},
        {'seed': 1, 'trouble': ('stall', 3, 0)},
        {'seed': 2},
    )
    outcomes = sweep(todo, stand_in.execute, processes=processes)
    assert [(o.status, o.error) for o in outcomes] == [
        ('failed', 'ZeroDivisionError: a bug'),
        ('failed', 'worker 3 waits for server 0 since 1.5 s'),
        ('finished', None),
    ]
    assert [read_summary(job.folder)['status'] for job in todo] == ['failed', 'failed', 'finished']
    manifest = read_manifest(todo[0].folder)
    assert manifest['error'] == 'ZeroDivisionError: a bug'
    assert 'misbehave' in manifest['traceback']
    assert 'traceback' not in read_manifest(todo[1].folder)  # a message for users, not a bug
    assert (todo[0].folder / 'metrics' / 'part-00000.parquet').exists()


@posix
def test_a_killed_process_is_replaced_and_its_run_redone(tmp_path, stand_in, jobs, lasting):
    log = Log()
    todo = jobs(
        tmp_path,
        {'seed': 0, 'trouble': ('kill', 120, 2)},
        {'seed': 1, 'trouble': ('kill', 120, 99)},
        {'seed': 2},
    )
    outcomes = sweep(todo, stand_in.execute, processes=2, watcher=log)
    assert [o.status for o in outcomes] == ['finished', 'failed', 'finished']
    starts = [line for line in log.lines if line[0] == 'started']
    assert sorted(starts) == [('started', '0', n) for n in (1, 2, 3)] + [
        ('started', '1', n) for n in (1, 2, 3, 4)
    ] + [('started', '2', 1)]
    assert 'its process died 4 times (killed by signal 9)' in outcomes[1].error
    assert [read_manifest(job.folder)['attempts'] for job in todo] == [3, 4, 1]
    assert read_manifest(todo[1].folder)['error'] == outcomes[1].error

    undisturbed = jobs(tmp_path / 'undisturbed', {'seed': 0})
    sweep(undisturbed, stand_in.execute)
    left, expected = lasting(todo[0].folder), lasting(undisturbed[0].folder)
    del left['scenario.yaml'], expected['scenario.yaml']  # names the trouble
    assert left == expected


def test_finished_runs_are_skipped_and_others_redone(tmp_path, stand_in, jobs, lasting):
    todo = jobs(tmp_path, *({'seed': seed} for seed in range(4)))
    sweep(todo, stand_in.execute)
    whole = lasting(tmp_path)
    (todo[1].folder / 'manifest.json').write_text('{"format"')
    (todo[2].folder / 'summary.json').unlink()
    (todo[2].folder / 'metrics' / 'part-00000.parquet').write_text('torn')
    (todo[2].folder / 'metrics' / 'part-00009.parquet').write_text('of another attempt')
    log = Log()
    outcomes = sweep(todo, stand_in.execute, watcher=log)
    assert [o.skipped for o in outcomes] == [True, False, False, True]
    assert [line[1] for line in log.lines if line[0] == 'started'] == ['1', '2']
    assert lasting(tmp_path) == whole
    assert all(o.summary['rounds'] == 250 for o in outcomes)
    assert all(o.skipped for o in sweep(todo, stand_in.execute, processes=2))


@pytest.mark.parametrize('processes', [1, 2])
def test_progress_travels_to_the_parent(tmp_path, stand_in, jobs, processes):
    log = Log()
    sweep(jobs(tmp_path, {'seed': 3}), stand_in.execute, processes=processes, watcher=log)
    number, progress = log.progress[0]
    assert number == '0'
    assert (progress.rounds, progress.simulated_seconds) == (0, 0.0)
    assert 0 < progress.loss < 1


def test_a_new_process_is_prepared_before_its_first_run(tmp_path, stand_in, jobs, monkeypatch):
    monkeypatch.setenv('LEAVE', str(tmp_path / 'left'))
    [outcome] = sweep(
        jobs(tmp_path, {'seed': 0}), stand_in.prepared, processes=2, prepare=stand_in.prepare
    )
    assert outcome.summary['train_loss'] == 1.0
    assert 'PREPARED' not in os.environ
    assert (tmp_path / 'left').exists()


def test_a_locked_run_fails_and_the_others_go_on(tmp_path, stand_in, jobs):
    todo = jobs(tmp_path, {'seed': 0}, {'seed': 1})
    with RunFolder(todo[0].folder).writing(todo[0].identity):
        outcomes = sweep(todo, stand_in.execute)
    assert [o.status for o in outcomes] == ['failed', 'finished']
    assert 'another process is writing this run' in outcomes[0].error


INTERRUPTED = """
import sys
from pathlib import Path
sys.path.insert(0, {modules!r})
import stand_in_run
from simulator.recording import Identity
from simulator.sweep import Job, sweep

if __name__ == '__main__':
    jobs = [
        Job({{'seed': seed, 'trouble': ('sleep', 10, 0) if seed else (None, 0, 0)}},
            Path({out!r}) / 'plain' / f'{{seed:012x}}',
            Identity(f'{{seed:012x}}', 'demo', 'plain', {{}}, seed, ''))
        for seed in range(4)
    ]
    try:
        sweep(jobs, stand_in_run.execute, processes={processes})
    except KeyboardInterrupt:
        sys.exit(130)
"""


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with suppress(OSError):  # whom nobody buries, as in some containers, is dead as well
        return Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    return True


def wait_until(condition):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@posix
@pytest.mark.parametrize(
    ('processes', 'how'),
    [(1, signal.SIGINT), (1, signal.SIGTERM), (2, signal.SIGINT), (2, signal.SIGKILL)],
)
def test_an_interrupted_sweep_goes_on_where_it_stopped(
    tmp_path, stand_in, jobs, terminal, processes, how
):
    script = tmp_path / 'script.py'
    modules = str(Path(stand_in.__file__).parent)
    out = tmp_path / 'out'
    script.write_text(INTERRUPTED.format(modules=modules, out=str(out), processes=processes))
    process = terminal(sys.executable, str(script))
    wait_until(lambda: len(list(out.glob('plain/asleep *'))) == processes)
    sleepers = [int(path.name.split()[1]) for path in out.glob('plain/asleep *')]
    if how == signal.SIGINT:
        os.killpg(process.pid, how)  # as a terminal does
    else:
        process.send_signal(how)
    assert process.wait(timeout=120) == (-how if how == signal.SIGKILL else 130)
    wait_until(lambda: not any(alive(sleeper) for sleeper in sleepers))

    folders = [RunFolder(out / 'plain' / f'{seed:012x}') for seed in range(4)]
    stopped = ['interrupted'] * processes + [None] * (3 - processes)
    if how == signal.SIGKILL and processes == 1:
        stopped[0] = 'running'
    assert [folder.status for folder in folders] == ['finished', *stopped]
    assert (folders[1].path / 'metrics' / 'part-00000.parquet').exists()
    todo = jobs(out, *({'seed': seed} for seed in range(4)))
    outcomes = sweep(todo, stand_in.execute)
    assert [o.skipped for o in outcomes] == [True, False, False, False]
    assert {folder.status for folder in folders} == {'finished'}
