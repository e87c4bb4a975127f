"""Every fault against every training kind: late, or ended with a diagnosis, never silent."""

import numpy as np
import pytest

from simulator.cluster.faults import FAULTS
from simulator.errors import StalledError
from simulator.seeds import Seeds
from simulator.training import KINDS, STUDIES, TIMELESS
from tests.simulator.training.conftest import messages, short_run

# how each kind is run here: whatever the catalogue gains has to say so, and is then put to the test
OPTIONS = {
    'parameter_server': {},
    'all_reduce': {},
    'gossip': {},
    'guanyu': {},
    'pipeline': {'stages': 2, 'micro_batches': 4},
    'tensor_parallel': {},
    'model_parallel': {'placement': 'min_cut', 'detail': 'operation'},
    'placement': {'graph': {'layered': {'flops': '10 kflop', 'output': '1 kB'}}, 'method': 'hash'},
    'collective': {'algorithm': 'ring', 'bytes': '10 kB'},
}
PASSING = {
    'link_down': {'links': '0-5', 'at': 0.01, 'until': 0.02},
    'slow_link': {'links': '0-5', 'factor': 10, 'at': 0.0, 'until': 0.5},
    'loss': {'links': '*-5', 'probability': 0.3, 'at': 0.0},
    'device_down': {'devices': 0, 'at': 0.001, 'until': 0.05},
    'slow_device': {'devices': [0, 1], 'factor': 4, 'at': 0.0},
    'partition': {'nodes': '0..1', 'at': 0.005, 'until': 0.1},
}
FOR_GOOD = {
    'link_down': {'links': '0-5', 'at': 0.01},
    'device_down': {'devices': 0, 'at': 0.001},
    'partition': {'nodes': '0..1', 'at': 0.005},
}


def rounds(kind, count, **more):
    """Return the stop and the options by which *kind* goes on for so many rounds."""
    if kind in STUDIES:
        return {}, OPTIONS[kind] | {'repeat': count}
    return {'rounds': count, **more}, OPTIONS[kind]


def break_(experiment, faults):
    for name, fault in faults.items():
        FAULTS.read({name: _quantities(fault)})(experiment.cluster, Seeds(1))


def _quantities(fault):
    times = ('at', 'until', 'up', 'down')
    return {key: f'{value} s' if key in times else value for key, value in fault.items()}


def test_every_fault_is_under_test_against_every_kind():
    assert set(PASSING) == set(FAULTS) - {'churn'}  # which loses work: see test_churn
    assert set(OPTIONS) >= set(KINDS) - TIMELESS


def test_a_scenario_may_hold_every_fault():
    cluster = {
        'topology': {'star': {'workers': 4, 'servers': 1}},
        'faults': [{name: _quantities(fault)} for name, fault in PASSING.items()],
    }
    assert messages(short_run({'parameter_server': {}}, cluster, width=4, hidden=[])) == []


@pytest.mark.parametrize('kind', OPTIONS)
@pytest.mark.parametrize('fault', PASSING)
def test_what_passes_makes_a_run_late_and_nothing_else(make_experiment, train, fault, kind):
    stop, options = rounds(kind, 6)
    healthy, broken = (make_experiment(workers=4, stop=stop) for _ in range(2))
    break_(broken, {fault: PASSING[fault]})
    one, other = train(healthy, kind, **options), train(broken, kind, **options)
    works = kind not in STUDIES or fault != 'slow_device'
    assert broken.clock.now > healthy.clock.now or not works
    assert one.summary['rounds'] == other.summary['rounds']
    if kind not in STUDIES:
        np.testing.assert_array_equal(one.model, other.model)


@pytest.mark.parametrize('kind', OPTIONS)
@pytest.mark.parametrize('fault', FOR_GOOD)
def test_what_never_heals_ends_with_a_diagnosis(make_experiment, train, fault, kind):
    stop, options = rounds(kind, 50, time=1e9)
    experiment = make_experiment(workers=4, stop=stop)
    break_(experiment, {fault: FOR_GOOD[fault]})
    with pytest.raises(StalledError, match=r'stalled at .* s: .* waits .* since .* s'):
        train(experiment, kind, **options)


def test_a_collective_names_the_ranks_that_wait(make_experiment, train):
    experiment = make_experiment(workers=4, servers=0, stop={})
    break_(experiment, {'link_down': {'links': '0-4', 'at': 0.001}})
    with pytest.raises(StalledError, match=r'rank 1 \(device 1\) waits in ring call 0 since 0 s'):
        train(experiment, 'collective', algorithm='ring', bytes='1 MB')


def test_a_fault_that_comes_and_goes_elsewhere_keeps_no_stalled_run_alive(make_experiment, train):
    experiment = make_experiment(workers=4, stop={'rounds': 1000})
    break_(
        experiment,
        {
            'device_down': {'devices': 0, 'at': 0.001},
            'slow_link': {'links': '3-5', 'factor': 2, 'up': 1.0, 'down': 1.0},
        },
    )
    with pytest.raises(StalledError, match=r'device 0 is down since 0\.001 s'):
        train(experiment, 'parameter_server')


def test_faults_by_chance_strike_at_the_same_times_under_every_algorithm(make_experiment, train):
    downs = []
    for kind in ('parameter_server', 'all_reduce'):
        experiment, log = make_experiment(workers=4, stop={'time': 0.5}), []
        break_(experiment, {'device_down': {'devices': '*', 'up': 0.1, 'down': 0.01}})
        record = experiment.recorder.span
        experiment.recorder.span = lambda *row, log=log, record=record: (
            log.append(row),
            record(*row),
        )
        train(experiment, kind)
        downs.append([row for row in log if row[1] == 'down'])
    assert downs[0] == downs[1] != []


@pytest.mark.parametrize(
    ('fault', 'message'),
    [
        ({'links': '0-5'}, 'either at'),
        ({'links': '0-5', 'at': '1 s', 'up': '1 s', 'down': '1 s'}, 'either at'),
        ({'links': '0-5', 'up': '1 s'}, 'go together'),
        ({'links': '0-5', 'at': '2 s', 'until': '1 s'}, 'until must come after at'),
    ],
)
def test_contradictions_are_refused(fault, message):
    with pytest.raises(ValueError, match=message):
        FAULTS.read({'link_down': fault})
