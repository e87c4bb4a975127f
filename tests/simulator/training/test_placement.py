"""The study of placements: figures, traces, repeatability, stragglers, faults, refusals."""

from types import SimpleNamespace

import pytest

from simulator.errors import PlacementError, StalledError
from simulator.execution import execute
from simulator.scenario.known import predicted
from simulator.scenario.schema import Scenario
from tests.simulator.training.conftest import messages, table

GRAPH = {'layered': {'levels': 5, 'width': 6}}
SPEED = {'uniform': {'low': '10 Gflop/s', 'high': '100 Gflop/s'}}


def scenario(*, graph=GRAPH, method='critical_path', cluster=None, **options):
    world = {
        'topology': {'complete': {'workers': 4}},
        'link': {'bandwidth': '40 MB/s', 'latency': '0 s'},
        'device': {'speed': SPEED},
        **(cluster or {}),
    }
    training = {'placement': {'graph': graph, 'method': method, **options}}
    return Scenario.model_validate({'name': 'a', 'cluster': world, 'training': training})


def run(made, folder):
    return execute(SimpleNamespace(scenario=made), folder)


def test_figures_and_traces_agree(tmp_path):
    made = scenario(repeat=2)
    assert not messages(made)
    summary = run(made, tmp_path)
    figures = summary['placement']
    assert summary['rounds'] == 2
    assert summary['simulated_seconds'] == pytest.approx(2 * figures['makespan'])
    assert summary['bytes'] == pytest.approx(2 * figures['bytes'])
    assert summary['predicted'] == predicted(made)
    assert figures['makespan'] >= summary['predicted']['least_seconds']
    spans = table(tmp_path, 'spans')
    assert len(spans) == 2 * figures['operations'] == 60
    assert spans['operation'].nunique() == 30
    sent = table(tmp_path, 'messages')
    assert len(sent) == 2 * figures['transfers']
    assert sent['bytes'].sum() == pytest.approx(summary['bytes'])
    # the chain fills both executions
    chain = table(tmp_path, 'critical')
    took = (chain['end_ns'] - chain['start_ns']).groupby(chain['step']).sum()
    assert took.to_numpy() == pytest.approx(figures['makespan'] * 1e9, abs=len(chain))
    metrics = table(tmp_path, 'metrics').set_index('metric')['value']
    assert metrics['makespan'].to_numpy() == pytest.approx(figures['makespan'])
    assert metrics['busy_seconds'].max() == pytest.approx(figures['busiest_seconds'])
    assert metrics['peak_memory'].max() == figures['peak_memory']


def test_the_same_again_to_the_byte(tmp_path):
    for folder in ('a', 'b'):
        run(scenario(method={'simulated_annealing': {'executions': 20}}), tmp_path / folder)
    for path in sorted((tmp_path / 'a').rglob('*.parquet')):
        other = tmp_path / 'b' / path.relative_to(tmp_path / 'a')
        assert path.read_bytes() == other.read_bytes()


def test_stragglers_stretch_operations(tmp_path):
    slow = scenario(cluster={'stragglers': {'slow_nodes': {'nodes': [0, 1, 2, 3], 'factor': 3.0}}})
    single = [
        run(scenario(method='single'), tmp_path / 'a'),
        run(
            slow.model_copy(update={'training': scenario(method='single').training}), tmp_path / 'b'
        ),
    ]
    one, other = (summary['placement']['makespan'] for summary in single)
    assert other == pytest.approx(3 * one)


def test_contention_takes_longer(tmp_path):
    star = {'topology': {'star': {'workers': 4}}}
    seconds = [
        run(scenario(method='hash', cluster={**star, 'sharing': sharing}), tmp_path / sharing)
        for sharing in ('none', 'fair', 'fifo')
    ]
    free, *shared = (summary['placement']['makespan'] for summary in seconds)
    assert all(each > 1.05 * free for each in shared)


def test_a_crash_breaks_the_execution_and_it_begins_anew(tmp_path):
    quiet = run(scenario(), tmp_path / 'a')['placement']['makespan']
    when = {'devices': 0, 'at': f'{quiet / 2:.6f} s', 'until': f'{quiet:.6f} s'}
    crashed = run(scenario(cluster={'faults': [{'churn': when}]}), tmp_path / 'b')
    assert crashed['placement']['makespan'] == pytest.approx(2 * quiet, rel=1e-5)
    # one that stands still goes on where it was, when what was lost is sent again
    stood = run(scenario(cluster={'faults': [{'device_down': when}]}), tmp_path / 'c')
    assert quiet < stood['placement']['makespan'] < 1.9 * quiet


def test_a_device_that_never_comes_back_is_a_stall(tmp_path):
    gone = {'faults': [{'churn': {'devices': 0, 'at': '1 ms'}}]}
    with pytest.raises(StalledError, match='execution 1 of the graph is not done'):
        run(scenario(cluster=gone), tmp_path)


def test_memory_forces_a_split(tmp_path):
    graph = {'layered': {'levels': 4, 'width': 4, 'output': '10 MB', 'flops': '1 Gflop'}}
    enough, tight = {'device': {'memory': '160 MB'}}, {'device': {'memory': '100 MB'}}
    assert run(scenario(graph=graph, method='single', cluster=enough), tmp_path / 'a')
    with pytest.raises(PlacementError, match=r'single: the graph needs 1.6e\+08 bytes'):
        run(scenario(graph=graph, method='single', cluster=tight), tmp_path / 'b')
    summary = run(scenario(graph=graph, method='heft', cluster=tight), tmp_path / 'c')
    assert summary['placement']['devices'] > 1
    assert summary['placement']['peak_memory'] <= 100e6


def test_kinds_come_by_law_and_by_override(tmp_path):
    kinds = {'choice': {'values': ['cpu', 'gpu'], 'weights': [1, 0]}}
    needs_gpu = {'layered': {'levels': 2, 'width': 2, 'kinds': {'gpu': 1.0}}}
    device = {'device': {'kind': kinds}}
    [told] = messages(scenario(graph=needs_gpu, cluster=device))
    assert "operation '0.0' needs a 'gpu' device; there are devices of kind cpu" in told
    one = {**device, 'overrides': {'devices': {'2': {'kind': 'gpu'}}}}
    made = scenario(graph=needs_gpu, method='hash', cluster=one)
    assert not messages(made)
    run(made, tmp_path)
    assert set(table(tmp_path, 'spans')['device']) == {2}


def test_what_no_device_can_hold_is_told_before_the_run():
    graph = {'layered': {'output': '10 MB'}}
    [told] = messages(scenario(graph=graph, cluster={'device': {'memory': '9 MB'}}))
    assert "operation '0.0' needs 1e+07 bytes of memory; the largest device holds 9e+06" in told
    [told] = messages(scenario(graph={'json': {'path': 'nowhere.json'}}))
    assert 'nowhere.json: No such file' in told


def test_a_model_of_the_catalogue(tmp_path):
    graph = {
        'model': {'model': {'mlp': {'hidden': [32, 32]}}, 'inputs': [64], 'detail': 'operation'}
    }
    summary = run(scenario(graph=graph, method='etf'), tmp_path)
    assert summary['placement']['operations'] == len(table(tmp_path, 'spans')) > 10
