"""What runs will take, against what they do take."""

from pathlib import Path

import pytest

from simulator.errors import StalledError
from simulator.recording import Identity, Progress
from simulator.sweep import Job
from simulator.sweep.estimate import (
    MOST_TRIALS,
    Enough,
    Estimate,
    Gauge,
    estimate,
    total_seconds,
    trial,
)


def job(number, variant='a', **vary):
    return Job(number, Path(str(number)), Identity(f'{number:012x}', 'demo', variant, vary, 0, ''))


def test_a_pace_is_taken_from_where_the_run_begins(monkeypatch):
    clock = iter([30.0, 30.5, 32.0])  # half a minute of compiling first
    monkeypatch.setattr('simulator.sweep.estimate.monotonic', lambda: next(clock))
    gauge = Gauge(1.5, started=0.0)
    gauge(Progress(share=0.01))
    gauge(Progress(share=0.02))
    with pytest.raises(Enough):
        gauge(Progress(share=0.05))
    assert gauge.whole() == pytest.approx(30.0 + 2.0 / 0.04 * 0.99)


def test_a_run_that_says_nothing_of_its_end_is_not_known():
    gauge = Gauge(0.0)
    gauge(Progress())
    with pytest.raises(Enough):
        gauge(Progress())
    assert gauge.whole() is None


def long_run(spec, folder, *, progress=None):
    for step in range(10_000_000):
        (folder / 'metrics.txt').write_text('x' * step)
        progress(Progress(rounds=step, share=step / 1000))


def test_a_trial_stops_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr('tempfile.tempdir', str(tmp_path))
    found = trial(job(0), long_run, patience=0.05)
    assert found.seconds > 0.05
    assert found.bytes > 900  # a byte a step, and the manifest
    assert not list(tmp_path.iterdir())


def test_a_short_run_is_measured_whole(tmp_path):
    found = trial(job(0), lambda spec, folder, *, progress: {'rounds': 1})
    assert 0 < found.seconds < 60
    assert found.bytes > 0


def test_a_run_that_fails_says_so(tmp_path):
    def stall(spec, folder, *, progress):
        raise StalledError('nobody can proceed')

    with pytest.raises(StalledError):
        trial(job(0), stall)


def test_of_runs_that_differ_in_the_seed_alone_one_is_tried():
    tried = []

    def execute(spec, folder, *, progress):
        tried.append(spec)
        return {}

    jobs = [job(3 * k + seed, workers=k, seed=seed) for k in range(4) for seed in range(3)]
    found = estimate(jobs, execute)
    assert tried == [0, 3, 6, 9]
    assert len(found) == 12 and found[0] is found[1] is not found[3]
    tried.clear()
    estimate([job(k, workers=k) for k in range(3 * MOST_TRIALS)], execute)
    assert len(tried) == MOST_TRIALS


def test_time_adds_up_over_processes():
    each = [Estimate(2.0, 1.0)] * 6
    assert total_seconds(each, 1) == 12.0
    assert total_seconds(each, 3) == 4.0
    assert total_seconds([*each, Estimate(None, None)], 3) is None
    assert total_seconds([], 2) == 0.0
