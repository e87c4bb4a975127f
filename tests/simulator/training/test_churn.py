"""Devices that crash, come back, join late and leave: the rule of each training kind."""

import numpy as np
import pytest

from simulator.cluster.faults import FAULTS
from simulator.errors import StalledError
from simulator.seeds import Seeds
from simulator.training import KINDS
from tests.simulator.training.conftest import messages, run, short_run, table

SPARSE = {'compression': ['top_k', 'error_feedback']}
CLOCKS = ['bsp', {'bsp': {'timeout': '30 ms'}}, 'asp', {'ssp': {'staleness': 2}}]
WAITING = ['bsp', {'ssp': {'staleness': 1}}, {'backup': {'wait_for': 4}}]
GOING_ON = [{'bsp': {'timeout': '30 ms'}}, 'asp', {'backup': {'wait_for': 3}}]


def churn(experiment, **options):
    FAULTS.read({'churn': options})(experiment.cluster, Seeds(7))
    return experiment


def spans(experiment, activity):
    """Return (device, start, end) of an activity, noted outside the fabric."""
    noted, keep = [], experiment.recorder.span

    def note(device, what, operation, step, start, end):
        if what == activity:
            noted.append((device, start, end))
        keep(device, what, operation, step, start, end)

    experiment.recorder.span = note
    return noted


@pytest.mark.parametrize('clock', CLOCKS)
@pytest.mark.parametrize(
    'options', [{'local_steps': 3}, {'compression': ['top_k', 'error_feedback']}]
)
def test_workers_that_come_and_go_train_on(make_experiment, train, clock, options):
    experiment = make_experiment(sigma=0.4, servers=2, stop={'rounds': 25})
    churn(experiment, devices='0..3', up='100 ms', down='40 ms')
    start = experiment.learning.evaluate(experiment.learning.initial).loss
    trained = train(experiment, 'parameter_server', clock=clock, **options)
    assert trained.summary['rounds'] == 25
    assert trained.summary['test_loss'] < start


@pytest.mark.parametrize(
    ('line', 'said'), [('2,0.0001,0.0005', []), ('7,0.0001,0.0005', ['no device 7; they are 0..4'])]
)
def test_a_scenario_may_name_a_trace(tmp_path, line, said):
    trace = tmp_path / 'trace.csv'
    trace.write_text(f'device,from,to\n{line}\n')
    cluster = {
        'topology': {'star': {'workers': 4, 'servers': 1}},
        'faults': [{'churn': {'trace': str(trace)}}],
    }
    made = short_run({'parameter_server': {}}, cluster, width=4, hidden=[4])
    assert messages(made) == [f'{trace}:2: {each}' for each in said]
    if said:
        return
    assert run(made, tmp_path / 'run')['rounds'] == 3
    spans = table(tmp_path / 'run', 'spans')
    [down] = spans[spans['activity'] == 'down'].itertuples()
    assert (down.device, down.start_ns, down.end_ns) == (2, 100_000, 500_000)


@pytest.mark.parametrize('clock', WAITING)
def test_who_waits_for_a_dead_worker_says_so(make_experiment, train, clock):
    experiment = churn(make_experiment(stop={'rounds': 50}), devices=2, at='30 ms')
    with pytest.raises(StalledError, match=r'device 4 waits .*device 2 is down since 0\.03 s'):
        train(experiment, 'parameter_server', clock=clock)


@pytest.mark.parametrize('clock', GOING_ON)
def test_who_does_not_wait_goes_on(make_experiment, train, clock):
    experiment = churn(make_experiment(stop={'rounds': 20}), devices=2, at='30 ms')
    downs = spans(experiment, 'down')
    trained = train(experiment, 'parameter_server', clock=clock)
    assert trained.summary['rounds'] == 20
    assert downs == [(2, 0.03, experiment.clock.now)]  # one that never comes back too


def test_bsp_waits_for_a_worker_to_come_back_and_loses_nothing(make_experiment, train):
    experiment = churn(make_experiment(stop={'rounds': 8}), devices=1, at='20 ms', until='1 s')
    trained, whole = train(experiment, 'parameter_server'), make_experiment(stop={'rounds': 8})
    train(whole, 'parameter_server')
    assert trained.summary['updates'] == 8
    # the round in which it was away is done when it is back, the others take their time
    assert 1 < experiment.clock.now < 1 + whole.clock.now


def test_late_gradients_of_a_round_that_went_on_are_dropped(make_experiment, train):
    experiment = make_experiment(workers=3, stop={'rounds': 10})
    experiment.cluster.devices.speed[2] /= 30
    rule = {'bsp': {'timeout': '20 ms'}}
    trained = train(experiment, 'parameter_server', clock=rule)
    other = make_experiment(workers=3, stop={'rounds': 10})
    other.cluster.devices.speed[2] /= 30
    backup = train(other, 'parameter_server', clock={'backup': {'wait_for': 2}})
    np.testing.assert_allclose(trained.model, backup.model, rtol=1e-6)


def test_a_worker_that_joins_late_takes_part_from_then_on(make_experiment, train):
    experiment = make_experiment(stop={'rounds': 40})
    churn(experiment, devices=3, at='0 s', until='50 ms')
    work = []
    compute = experiment.cluster.compute
    experiment.cluster.compute = lambda device, *a, **o: (
        work.append((device, experiment.clock.now)),
        compute(device, *a, **o),
    )[1]
    train(experiment, 'parameter_server', clock='asp')
    assert min(when for device, when in work if device == 3) > 0.05
    assert sum(device == 3 for device, _ in work) > 5


def test_what_a_server_held_is_lost_with_it(make_experiment, train):
    experiment = churn(make_experiment(servers=2, stop={'rounds': 50}), devices=5, at='30 ms')
    with pytest.raises(StalledError, match=r'device 5 has crashed, .* slice 1 .*replicas: 1'):
        train(experiment, 'parameter_server')


@pytest.mark.parametrize('clock', ['bsp', 'asp'])
def test_a_replica_takes_over_where_it_was_left(make_experiment, train, clock):
    options = {'clock': clock, 'replicas': 1, 'failover': '100 ms'}
    quiet = make_experiment(servers=3, stop={'rounds': 15})
    before = train(quiet, 'parameter_server', **options)
    plain = train(make_experiment(servers=3, stop={'rounds': 15}), 'parameter_server', clock=clock)
    updates, d = before.summary['updates'], quiet.parameters
    if clock == 'bsp':  # all that replicas cost is their traffic
        np.testing.assert_array_equal(before.model, plain.model)
        sent = before.summary['bytes'] - plain.summary['bytes']
        assert 4 * d * (updates - 1) <= sent <= 4 * d * updates
    experiment = churn(make_experiment(servers=3, stop={'rounds': 15}), devices=4, at='40 ms')
    after = train(experiment, 'parameter_server', **options)
    assert after.summary['rounds'] == 15
    assert experiment.clock.now > quiet.clock.now + 0.1
    assert after.summary['test_loss'] == pytest.approx(before.summary['test_loss'], rel=0.1)


def test_when_all_copies_are_gone_the_run_ends(make_experiment, train):
    experiment = churn(make_experiment(servers=2, stop={'rounds': 99}), devices='4..5', at='30 ms')
    with pytest.raises(StalledError, match='no copy is left'):
        train(experiment, 'parameter_server', replicas=1)


def test_as_many_replicas_as_servers_are_refused(make_experiment, train):
    checked = train(make_experiment(), 'parameter_server')
    check = KINDS.read({'parameter_server': {'replicas': 1}}).beside('check')
    assert list(check(checked.facts, replicas=1)) == [
        'replicas(=1) need as many other servers; there are 1 in all'
    ]


@pytest.mark.parametrize('timeout', [None, '15 ms'])
@pytest.mark.parametrize(
    'options',
    [
        {'local_steps': 3},
        {'buckets': 2},
        {'compression': ['top_k', 'error_feedback'], 'exchange': 'merge'},
        {'compression': ['low_rank', 'error_feedback'], 'exchange': 'merge'},
    ],
)
def test_ranks_that_come_and_go_train_on(make_experiment, train, timeout, options):
    experiment = make_experiment(sigma=0.4, stop={'rounds': 25})
    churn(experiment, devices='0..2', up='400 ms', down='30 ms')
    start = experiment.learning.evaluate(experiment.learning.initial).loss
    trained = train(experiment, 'all_reduce', timeout=timeout, **options)
    assert trained.summary['rounds'] == 25
    assert trained.summary['test_loss'] < start


@pytest.mark.parametrize('algorithm', ['ring', 'butterfly', 'hierarchical'])
def test_a_group_is_rebuilt_without_the_dead(make_experiment, train, algorithm):
    experiment = churn(make_experiment(stop={'rounds': 10}), devices=1, at='30 ms')
    options = {'algorithm': algorithm, 'timeout': '20 ms'}
    trained = train(experiment, 'all_reduce', **options)
    assert trained.summary['rounds'] == 10
    samples = experiment.learning.batch(0)
    assert experiment.scoreboard.samples in {samples * (40 - k) for k in range(1, 10)}


def test_without_a_timeout_a_group_waits_and_begins_its_round_anew(make_experiment, train):
    experiment = churn(make_experiment(stop={'rounds': 10}), devices=1, at='30 ms', until='1 s')
    trained = train(experiment, 'all_reduce')
    whole = make_experiment(stop={'rounds': 10})
    train(whole, 'all_reduce')
    assert experiment.scoreboard.samples == whole.scoreboard.samples
    assert 1 < experiment.clock.now < 1.03 + whole.clock.now
    assert trained.summary['rounds'] == 10


def test_a_group_that_waits_for_ever_says_for_whom(make_experiment, train):
    experiment = churn(make_experiment(stop={'rounds': 10}), devices=1, at='30 ms')
    with pytest.raises(StalledError, match=r'waits in all_reduce .*device 1 is down since 0\.03 s'):
        train(experiment, 'all_reduce')


def test_with_the_last_rank_the_model_is_lost(make_experiment, train):
    experiment = churn(make_experiment(stop={'rounds': 99}), devices='0..3', at='30 ms')
    with pytest.raises(StalledError, match='and with them the model'):
        train(experiment, 'all_reduce', timeout='10 ms')


def test_a_collective_that_was_broken_begins_anew(make_experiment, train):
    experiment = churn(make_experiment(stop={}), devices=2, at='10 ms', until='1 s')
    whole = make_experiment(stop={})
    for each in (experiment, whole):
        train(each, 'collective', algorithm='ring', bytes='10 kB')
    assert experiment.clock.now == pytest.approx(1 + whole.clock.now)


@pytest.mark.parametrize('kind', ['parameter_server', 'all_reduce'])
def test_no_end_of_churn_keeps_a_run_alive_that_cannot_go_on(make_experiment, train, kind):
    experiment = make_experiment(stop={'rounds': 1000})
    FAULTS.read({'link_down': {'links': '0-5', 'at': '1 ms'}})(experiment.cluster, Seeds(7))
    churn(experiment, devices=3, up='1 ms', down='1 ms')
    with pytest.raises(StalledError, match='stalled'):
        train(experiment, kind)
