"""What people see while runs go on."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from simulator.cli.watch import Rate, Tally, label, print_results, watching
from simulator.recording import Identity, Progress
from simulator.sweep import Job, Outcome


def job(number, variant='Multi-Krum', **vary):
    which = Identity(f'{number:012x}', 'demo', variant, vary, 7, '')
    return Job(None, Path(str(number)), which)


@pytest.fixture
def terminal():
    return Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)


FIGURES = {'status': 'finished', 'rounds': 30, 'simulated_seconds': 1.5, 'test_accuracy': 0.934}


def test_off_a_terminal_each_run_is_a_line_on_stderr(capsys):
    with watching(Console(file=io.StringIO()), 2) as watcher:
        watcher.started(job(0), 1)
        watcher.progressed(job(0), Progress(rounds=1))
        watcher.ended(Outcome(job(0), 'finished', FIGURES))
        watcher.ended(Outcome.failure(job(1, seed=2), 'worker 3 waits'))
    shown = capsys.readouterr()
    assert shown.out == ''
    assert shown.err.splitlines() == [
        'Multi-Krum: finished (30 rounds, 1.5 s simulated, accuracy 93.4%)',
        'Multi-Krum · seed=2: failed: worker 3 waits',
    ]


def test_a_terminal_shows_how_far_each_run_is(terminal):
    with watching(terminal, 3) as watcher:
        watcher.started(job(0, '[bold]'), 1)
        watcher.started(job(1), 1)
        watcher.progressed(job(0, '[bold]'), Progress(12, 3.25, 1000, 0.123, 0.5, 0.4))
        watcher.shown.refresh()
        during = terminal.file.getvalue()
        watcher.ended(Outcome(job(0, '[bold]'), 'finished', FIGURES))
        watcher.started(job(1), 2)
        watcher.ended(Outcome.failure(job(1), 'why'))
        watcher.ended(Outcome(job(2), 'finished', FIGURES, skipped=True))
    assert 'round 12 · 3.25 s · loss 0.123 · accuracy 50.0%' in during
    assert 'msg/s' in during
    text = terminal.file.getvalue()
    assert '[bold]: finished (30 rounds' in text
    assert 'attempt 2' in text
    assert 'Multi-Krum: failed: why' in text
    assert 'Multi-Krum: finished before (' in text
    assert '3/3' in text


def test_the_table_leaves_out_what_no_run_has(terminal):
    outcomes = [
        Outcome(job(0, seed=1), 'finished', {'simulated_seconds': 0.25, 'bytes': 2.5e9}),
        Outcome.failure(job(1, '[red]x'), 'why'),
    ]
    print_results(terminal, outcomes)
    text = terminal.file.getvalue()
    assert 'accuracy' not in text
    assert '2.5G' in text
    assert '[red]x' in text
    assert 'failed' in text


def test_a_run_is_called_by_what_tells_it_from_the_others():
    assert label(job(0, 'a', **{'cluster.link.bandwidth': '1 Gb/s'})) == 'a · bandwidth=1 Gb/s'
    assert label(job(0, '')) == 'demo'


def test_the_rate_is_of_messages_handed_over_since_the_last_report():
    rate = Rate()
    assert rate.of(0) == 0.0
    assert rate.of(10**6) > 1000


def test_the_tally_tells_what_is_running_and_what_has_failed_and_how_long_it_takes(monkeypatch):
    clock = iter([0.0, 10.0, 20.0])
    monkeypatch.setattr('simulator.cli.watch.monotonic', lambda: next(clock))
    tally = Tally(6)
    assert tally.text() == '0/6'
    tally.ended(Outcome(job(0), 'finished', skipped=True))
    tally.ended(Outcome(job(1), 'finished'))
    tally.shares = {job(2).folder: 0.5, job(3).folder: 0.5}
    # 2 of 5 runs in 10 s: 3 more take 15 s
    assert tally.text() == '2/6 · 2 running · 0:15 left'
    tally.ended(Outcome.failure(job(2), 'why'))
    assert tally.text() == '3/6 · 1 running · 1 failed · 0:20 left'
