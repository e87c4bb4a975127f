"""Parameter server and all-reduce: one mathematics, two ways through the network."""

import numpy as np
import pytest

from simulator.collectives import COLLECTIVES, POSTCONDITIONS
from simulator.errors import ScenarioError
from simulator.training import Every

BANDWIDTH, LATENCY, SPEED = 1e6, 1e-3, 1e6  # of the fixture's star
ALL_REDUCES = [name for name in COLLECTIVES if name not in POSTCONDITIONS]


def test_bsp_is_gradient_descent_on_the_mean_gradient(make_experiment, train):
    trained = train(make_experiment(), 'parameter_server')
    learning = make_experiment().learning  # the same draws once more
    model = learning.initial
    for _ in range(5):
        gradients = [learning.request(worker, model).value for worker in range(4)]
        model = model - np.float32(0.1) * np.mean(gradients, axis=0)
    np.testing.assert_allclose(trained.model, model, rtol=1e-6)


@pytest.mark.parametrize('workers', [1, 3, 4])
def test_parameter_server_and_all_reduce_give_one_model(make_experiment, train, workers):
    one = train(make_experiment(workers=workers), 'parameter_server')
    other = train(make_experiment(workers=workers), 'all_reduce')
    np.testing.assert_allclose(one.model, other.model, rtol=1e-5, atol=1e-7)
    assert one.summary['train_loss'] == pytest.approx(other.summary['train_loss'], rel=1e-6)


@pytest.mark.parametrize('algorithm', ALL_REDUCES)
def test_every_all_reduce_trains_the_same_model(make_experiment, train, algorithm):
    ring = train(make_experiment(workers=6), 'all_reduce')
    other = train(make_experiment(workers=6), 'all_reduce', algorithm=algorithm)
    np.testing.assert_allclose(ring.model, other.model, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize('shards', [2, 3, 5])
def test_shards_change_the_traffic_and_not_the_model(make_experiment, train, shards):
    whole = train(make_experiment(servers=2), 'parameter_server', shards=1)
    cut = train(make_experiment(servers=2), 'parameter_server', shards=shards)
    np.testing.assert_array_equal(whole.model, cut.model)
    assert cut.summary['bytes'] == whole.summary['bytes']
    assert cut.summary['messages'] == shards * whole.summary['messages']


@pytest.mark.parametrize('sharing', ['fair', 'fifo', 'none'])
@pytest.mark.parametrize('kind', ['parameter_server', 'all_reduce'])
def test_traffic_is_what_the_closed_form_says(make_experiment, train, kind, sharing):
    trained = train(make_experiment(workers=5, sigma=0.5, sharing=sharing), kind)
    assert trained.predicted['bytes'] == pytest.approx(trained.summary['bytes'], rel=1e-12)
    assert trained.predicted['messages'] == trained.summary['messages']


def test_a_round_of_the_server_takes_what_arithmetic_says(make_experiment, train):
    experiment = make_experiment(workers=4)
    rounds = train(experiment, 'parameter_server').summary['rounds']
    model = 4 * experiment.parameters / BANDWIDTH  # s on a wire
    compute = experiment.learning.gradient_flops(0) / SPEED
    aggregate = 4 * experiment.parameters / SPEED
    one_round = 2 * (2 * LATENCY + 4 * model) + compute + aggregate
    assert experiment.clock.now == pytest.approx(rounds * one_round, rel=1e-9)


def test_a_round_lasts_as_long_as_its_slowest_worker(make_experiment, train):
    experiment = make_experiment(workers=4, sigma=1.0, stop={'rounds': 8})
    train(experiment, 'parameter_server')
    twin = make_experiment(workers=4, sigma=1.0, sharing='none')
    nominal = twin.learning.gradient_flops(0) / SPEED
    stretch = twin.cluster.straggler
    slowest = sum(max(stretch(worker, 0.0, nominal) for worker in range(4)) for _ in range(8))
    assert experiment.clock.now > slowest
    least = 8 * (4 * LATENCY + 2 * 4 * experiment.parameters / BANDWIDTH)
    assert experiment.clock.now >= slowest + least * 0.999


@pytest.mark.parametrize('kind', ['parameter_server', 'all_reduce'])
def test_steps_of_a_device_take_the_same_time_under_every_algorithm(make_experiment, train, kind):
    experiment = make_experiment(sigma=0.5)
    spans = []
    experiment.cluster.fabric.tap(spans=spans.append)
    train(experiment, kind)
    rows = np.concatenate(spans)
    names = [tag.name for tag in experiment.cluster.tags.all]
    compute = rows[[names[tag] == 'compute' for tag in rows['tag']]]
    seconds = {
        (int(row['device']), int(row['step'])): round(float(row['end'] - row['start']), 12)
        for row in compute
    }
    twin = make_experiment(sigma=0.5)
    nominal = twin.learning.gradient_flops(0) / SPEED
    for worker in range(4):
        for step in range(1, 6):
            expected = twin.cluster.straggler(worker, 0.0, nominal)
            assert seconds[worker, step] == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize(
    ('stop', 'rounds'), [({'rounds': 3}, 3), ({'epochs': 1.0}, None), ({'time': 0.05}, None)]
)
@pytest.mark.parametrize('kind', ['parameter_server', 'all_reduce'])
def test_runs_stop_where_they_are_told(make_experiment, train, kind, stop, rounds):
    experiment = make_experiment(stop=stop)
    summary = train(experiment, kind).summary
    assert rounds is None or summary['rounds'] == rounds
    assert 'epochs' not in stop or 1.0 <= summary['epochs'] < 2.0
    assert 'time' not in stop or experiment.clock.now == stop['time']


def test_accuracy_stops_a_run_and_marks_the_time(make_experiment, train):
    experiment = make_experiment(stop={'accuracy': 0.5, 'rounds': 500}, rate=0.5)
    summary = train(experiment, 'parameter_server').summary
    assert summary['test_accuracy'] >= 0.5
    assert summary['rounds'] < 500
    assert summary['time_to_target'] == summary['simulated_seconds']
    assert summary['bytes_to_target'] == summary['bytes']


def test_the_model_is_evaluated_as_often_as_asked(make_experiment, train):
    seen = []
    experiment = make_experiment(stop={'rounds': 7}, every=Every(3, 'rounds'), progress=seen.append)
    train(experiment, 'parameter_server')
    accuracies = [each.accuracy for each in seen]
    assert accuracies[0] == accuracies[1] is not None  # of the model it began with
    assert accuracies[2] == accuracies[4] != accuracies[0]
    assert [each.share for each in seen] == pytest.approx([k / 7 for k in range(1, 8)])


@pytest.mark.parametrize(
    'rule',
    ['median', {'trimmed_mean': {'f': 1}}, {'krum': {'f': 1}}, {'bucketing': {'rule': 'median'}}],
)
def test_a_server_aggregates_by_any_rule(make_experiment, train, rule):
    trained = train(make_experiment(workers=6), 'parameter_server', aggregation=rule)
    mean = train(make_experiment(workers=6), 'parameter_server')
    assert trained.summary['rounds'] == mean.summary['rounds']
    assert not np.array_equal(trained.model, mean.model)


def test_a_rule_that_tolerates_less_is_refused_with_the_numbers(make_experiment, train):
    with pytest.raises(ScenarioError, match=r'krum needs n >= 2f \+ 3: n=6, f=4'):
        train(make_experiment(workers=6), 'parameter_server', aggregation={'krum': {'f': 4}})
