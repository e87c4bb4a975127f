"""Runs with an adversary repeat themselves to the byte, and differ in their rule alone."""

import numpy as np
import pytest

from analysis.load import read_run
from simulator.execution import execute
from simulator.recording import Identity, RunFolder
from simulator.scenario import load
from simulator.traces import part_paths

SCENARIO = """
name: paired
stop: {rounds: 4}
evaluate: {every: 1 rounds}
cluster:
  topology: {star: {workers: 9, servers: 1}}
  device: {speed: 1 Mflop/s}
  stragglers: {lognormal: {sigma: 0.7}}
learning:
  data: blobs
  model: linear
  batch: 4
  partition: {dirichlet: {alpha: 1}}
  optimizer: {sgd: {rate: RATE}}
training: {parameter_server: {aggregation: RULE, worker_momentum: 0.5}}
adversary: {workers: {count: 2, attack: ATTACK}}
"""


@pytest.fixture
def done(tmp_path):
    """Run the scenario; return the folder and the summary."""

    def run(rule='{krum: {f: 2}}', attack='{gaussian: {deviation: 3}}', rate=0.1):
        text = SCENARIO.replace('RULE', rule).replace('ATTACK', attack)
        place = tmp_path / f'{len(list(tmp_path.iterdir()))}'
        place.mkdir()
        (place / 'paired.yaml').write_text(text.replace('RATE', str(rate)))
        [spec] = load(place / 'paired.yaml')
        identity = Identity('0' * 12, 'paired', 'base', {}, spec.seed, spec.yaml)
        with RunFolder(place / 'run').writing(identity) as folder:
            summary = folder.finish(execute(spec, place / 'run'))
        return place / 'run', summary

    return run


def traces(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for table in ('metrics', 'messages', 'spans', 'links')
        for path in part_paths(folder, table)
    }


def compute_times(folder):
    spans = read_run(folder).table('spans')
    spans = spans[spans['activity'] == 'compute'].sort_values(['device', 'step'])
    return (spans['end_ns'] - spans['start_ns']).to_numpy()


@pytest.mark.parametrize(
    'attack',
    ['{gaussian: {deviation: 3}}', 'little_is_enough_optimized', '{backdoor: {features: 1}}'],
)
def test_the_same_scenario_leaves_the_same_bytes(done, attack):
    one, other = (
        traces(done('{bucketing: {rule: {krum: {f: 1}}, size: 2}}', attack)[0]) for _ in range(2)
    )
    assert one == other
    assert len(one) >= 4


def test_rules_meet_the_same_liars_compute_times_and_batches(done):
    # with no steps taken, losses tell of the batches alone
    runs = [done(rule, rate=1e-30) for rule in ('{krum: {f: 2}}', 'median', 'mean')]
    liars, times, losses = [], [], []
    for folder, summary in runs:
        liars.append(summary['byzantine'])
        times.append(compute_times(folder))
        metrics = read_run(folder).table('metrics')
        losses.append(metrics[metrics['metric'] == 'train_loss']['value'].to_numpy())
    assert liars[0] == liars[1] == liars[2]
    assert len(set(times[0])) > 30  # stragglers are drawn
    assert len(set(losses[0])) == 4  # so are batches
    for other in (1, 2):
        np.testing.assert_array_equal(losses[0], losses[other])
        np.testing.assert_allclose(times[0], times[other], atol=1, rtol=0)  # rounded
