"""Every fault against every protocol: gossip carries on, or says who waits for whom."""

import csv

import numpy as np
import pytest

from simulator.cluster.faults import FAULTS
from simulator.errors import StalledError
from simulator.training.gossip import PROTOCOLS

LINK = '0-1'
FOR_A_WHILE = {
    'link_down': {'links': LINK, 'at': '5 ms', 'until': '30 ms'},
    'slow_link': {'links': LINK, 'factor': 10.0, 'at': '0 s', 'until': '50 ms'},
    'loss': {'links': '*-1', 'probability': 0.3, 'at': '0 s'},
    'device_down': {'devices': 1, 'at': '5 ms', 'until': '30 ms'},
    'slow_device': {'devices': [0, 1], 'factor': 4.0, 'at': '0 s'},
    'partition': {'nodes': '0..1', 'at': '5 ms', 'until': '30 ms'},
    'churn': {'devices': 1, 'at': '5 ms', 'until': '30 ms'},
}
FOR_GOOD = {
    name: {key: value for key, value in FOR_A_WHILE[name].items() if key != 'until'}
    for name in ('link_down', 'device_down', 'partition', 'churn')
}
SYNCHRONOUS = ['dpsgd', 'push_sum', 'epidemic', 'choco']


def with_timeout(protocol, timeout='10 ms'):
    return {protocol: {'timeout': timeout}} if protocol in SYNCHRONOUS else protocol


def options_of(protocol):
    return {'compression': ['int8']} if protocol == 'choco' else {}


def test_every_fault_is_under_test():
    assert set(FOR_A_WHILE) == set(FAULTS)


@pytest.mark.parametrize('fault', FOR_A_WHILE)
@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_what_passes_is_survived(tools, protocol, fault):
    experiment = tools.make('ring', workers=4, rounds=40, rate=0.1)
    tools.faulted(experiment, {fault: FOR_A_WHILE[fault]})
    run = tools.gossip(experiment, with_timeout(protocol), **options_of(protocol))
    assert run.summary['rounds'] == 40
    assert np.isfinite(run.models).all()
    assert run.summary['consensus'] < 0.3


@pytest.mark.parametrize('fault', FOR_GOOD)
@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_what_never_heals_is_survived_too(tools, protocol, fault):
    experiment = tools.make('ring', workers=5, rounds=40, rate=0.1)
    tools.faulted(experiment, {fault: FOR_GOOD[fault]})
    run = tools.gossip(experiment, with_timeout(protocol), **options_of(protocol))
    assert run.summary['rounds'] == 40
    assert np.isfinite(run.models).all()


@pytest.mark.parametrize('fault', ['device_down', 'partition', 'churn'])
@pytest.mark.parametrize('protocol', SYNCHRONOUS)
def test_without_a_timeout_it_ends_with_a_diagnosis(tools, protocol, fault):
    experiment = tools.make('ring', workers=5, stop={'rounds': 1000, 'time': 1e9})
    tools.faulted(experiment, {fault: FOR_GOOD[fault]})
    with pytest.raises(StalledError, match=r'stalled at .* s: .* waits for model since .* s'):
        tools.gossip(experiment, protocol, **options_of(protocol))


@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_peers_that_come_and_go_by_chance(tools, protocol):
    experiment = tools.make('torus', workers=9, stop={'time': 0.4}, rate=0.1)
    tools.faulted(experiment, {'churn': {'devices': '*', 'up': '60 ms', 'down': '10 ms'}})
    run = tools.gossip(experiment, with_timeout(protocol), **options_of(protocol))
    assert run.summary['rounds'] > 5
    assert np.isfinite(run.models).all()


@pytest.mark.parametrize('protocol', ['dpsgd', 'pairwise', 'push'])
def test_a_peer_that_joins_late_takes_over_a_model(tools, tmp_path, protocol):
    trace = tmp_path / 'sessions.csv'
    with trace.open('w', newline='') as file:
        csv.writer(file).writerows([('device', 'from', 'to'), (2, 0.05, '')])
    experiment = tools.make('ring', workers=4, rounds=60, rate=0.2)
    tools.faulted(experiment, {'churn': {'trace': str(trace), 'listed': 'sessions'}})
    run = tools.gossip(experiment, with_timeout(protocol))
    assert run.swarm.newcomers == set()
    apart = np.linalg.norm(run.models - run.average, axis=1)
    assert apart[2] < 3 * np.median(apart) + 0.05
