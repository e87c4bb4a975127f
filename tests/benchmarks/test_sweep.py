"""A sweep of 200 short runs: the share of processes x wall clock that is spent inside runs."""

from functools import partial
from time import perf_counter

from simulator.execution import execute
from simulator.scenario import load_text
from simulator.sweep import sweep
from simulator.sweep.plan import plan, plugged

SCENARIO = """\
name: short
stop: {rounds: 200}
cluster: {topology: {star: {workers: 4, servers: 1}}}
learning: {data: digits, model: {mlp: {hidden: [16]}}, optimizer: {sgd: {rate: 0.1}}}
training: {parameter_server: {clock: bsp}}
vary:
  learning.optimizer.sgd.rate: [0.01, 0.02, 0.05, 0.1, 0.2]
  seed: [%s]
"""
PROCESSES = 2
SHARE = 0.8


def test_two_hundred_short_runs(benchmark, tmp_path):
    text = SCENARIO % ', '.join(map(str, range(40)))
    jobs = plan(load_text(text), tmp_path)
    assert len(jobs) == 200

    def run():
        begin = perf_counter()
        outcomes = sweep(jobs, execute, processes=PROCESSES, prepare=partial(plugged, ()))
        return outcomes, perf_counter() - begin

    outcomes, wall = benchmark.pedantic(run, rounds=1)
    inside = sum(outcome.summary['wall_seconds'] for outcome in outcomes)
    share = inside / (PROCESSES * wall)
    benchmark.extra_info['share'] = share
    print(
        f'\n{len(jobs)} runs of {inside / len(jobs):.3f} s: '
        f'{share:.0%} of {PROCESSES} x {wall:.1f} s'
    )
    assert all(outcome.status == 'finished' for outcome in outcomes)
    assert share >= SHARE
