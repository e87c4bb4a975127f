"""Successive halving, on a bowl whose lowest point is known."""

import csv
import math

import pytest

from simulator.scenario import load_text
from simulator.sweep import Job, Outcome
from simulator.sweep.search import rungs_of, shortened, tuned, write_trials

SCENARIO = """\
name: bowl
stop: {rounds: 90, time: 9 s}
cluster: {topology: {star: {workers: 2, servers: 1}}}
learning: {data: xor, model: linear, optimizer: {sgd: {rate: 0.1}}}
training: {parameter_server: {aggregation: mean}}
variants:
  a: {}
  b: {learning: {optimizer: {adam: {rate: 0.1}}}}
search:
  over:
    learning.optimizer.sgd.rate: {log_uniform: {low: 0.001, high: 10}}
    learning.optimizer.adam.rate: {log_uniform: {low: 0.001, high: 10}}
  trials: 27
vary: {seed: [1, 2]}
"""
BEST = {'sgd': 0.5, 'adam': 0.01}


class Bowl:
    """Runs whose loss grows with the distance of the rate from the best one."""

    def __init__(self, blind=0.0, failing=()):
        self.batches, self._blind, self._failing = [], blind, failing

    def __call__(self, runs):
        self.batches.append(runs)
        return [self._outcome(run) for run in runs]

    def _outcome(self, run):
        optimizer = run.scenario.learning.optimizer
        away = abs(math.log(optimizer.options['rate'] / BEST[optimizer.name]))
        loss = away if run.scenario.stop.rounds > self._blind else None
        status = 'failed' if optimizer.name in self._failing else 'finished'
        summary = {'test_loss': None if status == 'failed' else loss, 'status': status}
        return Outcome(Job(run, None, None), status, summary)


@pytest.fixture
def specs():
    return load_text(SCENARIO)


def test_the_best_setting_is_found_and_all_seeds_get_it(specs):
    found, log = tuned(specs, Bowl())
    for one, other in (found[:2], found[2:]):
        assert one.resolved['learning']['optimizer'] == other.resolved['learning']['optimizer']
        assert (one.seed, other.seed) == (1, 2)
        name, options = next(iter(one.resolved['learning']['optimizer'].items()))
        tried = [
            trial.values[f'learning.optimizer.{name}.rate']
            for trial in log
            if trial.spec.variant == one.variant and not trial.rung
        ]
        assert len(tried) == 27
        assert options['rate'] == min(tried, key=lambda rate: abs(math.log(rate / BEST[name])))
        assert one.tuned == {f'learning.optimizer.{name}.rate': options['rate']}
    assert found[0].resolved['stop'] == specs[0].resolved['stop']


def test_the_best_third_goes_on_for_three_times_as_long(specs):
    bowl = Bowl()
    _, log = tuned(specs, bowl)
    assert [len(batch) for batch in bowl.batches] == [54, 18, 6]  # both variants side by side
    assert [{run.scenario.stop.rounds for run in batch} for batch in bowl.batches] == [
        {10},
        {30},
        {90},
    ]
    assert {run.seed for batch in bowl.batches for run in batch} == {2**31}
    assert rungs_of(specs) == [(27, 1 / 9), (9, 1 / 3), (3, 1.0)] * 2
    for rung, kept in ((0, 9), (1, 3), (2, 1)):
        own = [trial for trial in log if trial.rung == rung and trial.spec.variant == 'a']
        assert [trial.kept for trial in own] == [True] * kept + [False] * (len(own) - kept)
        assert [trial.figure for trial in own] == sorted(trial.figure for trial in own)


def test_variants_are_tried_with_the_same_draws(specs):
    _, log = tuned(specs, Bowl())
    again = tuned(specs, Bowl())[1]
    assert [trial.values for trial in log] == [trial.values for trial in again]


def test_trials_without_a_figure_come_last_and_failures_do_not_end_the_search(specs):
    found, log = tuned(specs, Bowl(blind=20, failing={'adam'}))
    assert found[0].tuned and found[2].tuned  # something is taken, and the runs will tell
    assert {trial.figure for trial in log if not trial.rung} == {None}


def test_runs_without_a_search_stay(specs):
    plain = load_text(SCENARIO.partition('search:')[0])
    found, log = tuned(plain, Bowl())
    assert found == plain and not log


def test_stops_are_shortened(specs):
    stop = shortened(specs[0], 1 / 9).scenario.stop
    assert (stop.rounds, stop.time) == (10, pytest.approx(1.0))
    assert shortened(specs[0], 1.0) is specs[0]


def test_what_was_tried_is_a_table(specs, tmp_path):
    _, log = tuned(specs, Bowl())
    write_trials(tmp_path / 'search.csv', log)
    rows = list(csv.DictReader((tmp_path / 'search.csv').open()))
    assert len(rows) == 78
    assert rows[0]['variant'] == 'a' and rows[0]['kept'] == 'true'
    assert float(rows[0]['test_loss']) == log[0].figure
