"""GuanYu without liars: the maths of its quorums, who waits for whom, who catches up."""

import numpy as np
import pytest

from simulator.cluster.faults import FAULTS
from simulator.errors import StalledError
from simulator.learning import sgd
from simulator.seeds import Seeds
from simulator.traces import part_paths


def silent(*devices, at='0 s', until=None):
    def strike(experiment):
        fault = {'devices': list(devices), 'at': at, **({'until': until} if until else {})}
        FAULTS.read({'device_down': fault})(experiment.cluster, Seeds(1))

    return strike


def crashing(*devices, at, until=None):
    def strike(experiment):
        fault = {'devices': list(devices), 'at': at, **({'until': until} if until else {})}
        FAULTS.read({'churn': fault})(experiment.cluster, Seeds(1))

    return strike


def replayed(run, learning, rounds, gather_every=1, rate=0.1, meetings=None):
    """Return each server's model after each step, worked out from the quorums that were noted."""
    workers, servers = run.experiment.workers, run.experiment.servers
    models = dict.fromkeys(servers, learning.initial)
    for step in range(1, rounds + 1):
        gradients = {}
        for node, sources in sorted(run.quorums['model', step].items()):
            middle = np.median([models[each] for each in sources], axis=0).astype(np.float32)
            gradients[node] = learning.request(workers.index(node), middle).value
        moved = {}
        for node, sources in run.quorums['gradient', step].items():
            step_ = np.median([gradients[each] for each in sources], axis=0).astype(np.float32)
            moved[node] = sgd(rate=rate).update(step_, (), models[node])[0]
        models = moved
        if step % gather_every == 0:
            models = {
                node: np.median([moved[each] for each in sources], axis=0).astype(np.float32)
                for node, sources in run.quorums['exchange', step].items()
            }
            if meetings is not None:
                meetings.append((moved, models))
    return models


@pytest.mark.parametrize('gather_every', [1, 3])
def test_models_are_what_the_quorums_make_of_them(agree, make_experiment, gather_every):
    run = agree(options={'gather_every': gather_every}, sigma=0.5)
    learning = make_experiment(workers=6, servers=6).learning  # the same draws once more
    models = replayed(run, learning, 6, gather_every)
    expected = np.median(list(models.values()), axis=0)
    np.testing.assert_allclose(run.model, expected, atol=1e-6)
    apart = max(np.linalg.norm(a - b) for a in models.values() for b in models.values())
    told = [row[5] for row in run.metrics if row[4] == 'server_distance']
    assert told[-1] == pytest.approx(apart, abs=1e-6)
    assert run.summary['server_distance'] == max(told)


def test_two_honest_servers_use_different_quorums_in_one_step(agree):
    run = agree()
    for kind in ('gradient', 'exchange'):
        sets = [
            {frozenset(sources) for sources in run.quorums[kind, step].values()}
            for step in range(1, 7)
        ]
        assert max(map(len, sets)) > 1
        sizes = {
            len(sources) for step in range(1, 7) for sources in run.quorums[kind, step].values()
        }
        assert sizes == {5}  # n - f, whoever is in it


def test_a_server_counts_its_own_model(agree):
    run = agree()
    for step in range(1, 7):
        assert all(node in sources for node, sources in run.quorums['exchange', step].items())


def test_on_an_even_network_all_do_what_one_server_would(agree, make_experiment, train):
    options = {'aggregation': 'mean', 'byzantine': {'servers': 0, 'workers': 0}}
    run = agree(jitter=False, options=options)
    alone = train(make_experiment(workers=6, stop={'rounds': 6}), 'parameter_server')
    np.testing.assert_allclose(run.model, alone.model, atol=1e-6)
    assert run.summary['server_distance'] == 0


@pytest.mark.parametrize('f', [1, 2])
def test_f_silent_nodes_of_each_role_deadlock_nobody(agree, f):
    n = 3 * f + 3
    devices = [*range(f), *range(n, n + f)]
    run = agree(workers=n, servers=n, faults=silent(*devices), stop={'rounds': 4})
    assert run.summary['rounds'] == 4
    sources = {each for step in run.quorums.values() for found in step.values() for each in found}
    assert sources.isdisjoint(devices)


@pytest.mark.parametrize('first', [0, 6])
def test_more_silent_nodes_than_f_end_with_a_diagnosis(agree, first):
    with pytest.raises(StalledError, match=r'device \d+ waits for letter since'):
        agree(faults=silent(first, first + 1))


def test_a_slow_worker_goes_on_with_the_latest_step(agree):
    def slow(experiment):
        experiment.cluster.devices.speed[2] /= 40

    run = agree(faults=slow, stop={'rounds': 40})
    began = [step for step in range(1, 41) if 2 in run.quorums['model', step]]
    assert 1 < len(began) < 20
    assert run.summary['rounds'] == 40


def test_a_server_that_comes_back_takes_over_the_others_models(agree):
    run = agree(faults=crashing(7, at='60 ms', until='200 ms'), stop={'rounds': 40})
    mine = {
        kind: [s for s in range(1, 41) if 7 in run.quorums[kind, s]]
        for kind in ('gradient', 'exchange')
    }
    missed = [step for step in range(1, 41) if step not in mine['exchange']]
    assert missed
    back = next(step for step in mine['exchange'] if step > missed[-1])
    assert 7 not in run.quorums['exchange', back][7]  # it had none of its own
    assert back not in mine['gradient']
    assert mine['gradient'][-1] == 40
    healthy = agree(stop={'rounds': 40})
    assert run.summary['test_accuracy'] == pytest.approx(healthy.summary['test_accuracy'], abs=0.1)


def test_workers_and_servers_that_come_and_go_train_on(agree):
    def strike(experiment):
        for device in (1, 8):
            churn = {'devices': device, 'up': '80 ms', 'down': '40 ms'}
            FAULTS.read({'churn': churn})(experiment.cluster, Seeds(device))

    run = agree(faults=strike, stop={'rounds': 40})
    first = run.experiment.learning.evaluate(run.experiment.learning.initial).loss
    assert run.summary['rounds'] == 40
    assert run.summary['test_loss'] < first


@pytest.mark.parametrize('seed', range(4))
def test_meeting_brings_servers_together(agree, make_experiment, seed):
    options = {'gather_every': 2}
    run = agree(seed=seed, options=options, stop={'rounds': 8}, sigma=1.0)
    meetings = []
    learning = make_experiment(workers=6, servers=6, seed=seed).learning
    replayed(run, learning, 8, 2, meetings=meetings)
    before, after = (np.array([list(each[k].values()) for each in meetings]) for k in (0, 1))
    # no coordinate leaves what the servers had brought, and on average they come closer
    slack = 1e-6
    assert (after.max(axis=1) <= before.max(axis=1) + slack).all()
    assert (after.min(axis=1) >= before.min(axis=1) - slack).all()
    assert np.mean(np.ptp(after, axis=1)) < 0.7 * np.mean(np.ptp(before, axis=1))


def test_local_steps_bring_servers_how_far_workers_have_come(agree, make_experiment):
    options = {'local_steps': 3, 'byzantine': {'servers': 0, 'workers': 0}, 'aggregation': 'mean'}
    run = agree(jitter=False, options=options, stop={'rounds': 2})
    experiment = make_experiment(workers=6, servers=6)
    model, learning = experiment.learning.initial, experiment.learning
    for _ in range(2):
        ends = [learning.request_steps(w, model, 3, experiment.optimizer).value for w in range(6)]
        model = np.mean(ends, axis=0, dtype=np.float64).astype(np.float32)
    np.testing.assert_allclose(run.model, model, atol=1e-5)


@pytest.mark.parametrize('gather_every', [1, 2])
def test_traffic_is_as_predicted_where_everybody_is_waited_for(agree, gather_every):
    options = {'byzantine': {'servers': 0, 'workers': 0}, 'gather_every': gather_every}
    run = agree(options=options)
    assert run.predicted['messages'] == run.summary['messages']
    assert run.predicted['bytes'] == pytest.approx(run.summary['bytes'], rel=1e-12)


def test_a_run_repeats_itself_to_the_byte(agree):
    def traces(run):
        folder = next(iter(run.experiment.recorder._writers.values()))._folder.parent
        return {
            table: [path.read_bytes() for path in part_paths(folder, table)]
            for table in ('metrics', 'messages', 'quorums')
        }

    one, other = traces(agree()), traces(agree())
    assert one == other
    assert all(one.values())


def test_every_honest_server_is_measured(agree):
    run = agree(stop={'rounds': 3})
    rated = {row[3] for row in run.metrics if row[4] == 'test_accuracy'}
    assert rated == {-1, *run.experiment.servers}
