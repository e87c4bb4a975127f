"""Clocks: who waits for whom, what staleness is, and what is the same in the limit."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.catalogue import Choice
from simulator.errors import ScenarioError
from simulator.training.local import LocalSteps

quick = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def compute_spans(experiment):
    """Record (device, start, end) of all gradients of a run that is still to come."""
    spans = []

    def note(rows):
        names = [tag.name for tag in experiment.cluster.tags.all]
        spans.extend(
            (int(row['device']), float(row['start']), float(row['end']))
            for row in rows
            if names[row['tag']] == 'compute'
        )

    experiment.cluster.fabric.tap(spans=note)
    return spans


@quick
@given(
    workers=st.integers(2, 6),
    staleness=st.integers(0, 3),
    sigma=st.floats(0.1, 2.0),
    seed=st.integers(0, 99),
)
def test_nobody_is_more_than_s_iterations_ahead(
    make_experiment, train, workers, staleness, sigma, seed
):
    experiment = make_experiment(workers=workers, sigma=sigma, seed=seed, stop={'rounds': 8})
    spans = compute_spans(experiment)
    train(experiment, 'parameter_server', clock={'ssp': {'staleness': staleness}})
    ends = {worker: sorted(e for w, _, e in spans if w == worker) for worker in range(workers)}
    for worker in range(workers):
        starts = sorted(start for w, start, _ in spans if w == worker)
        for finished, start in enumerate(starts):  # when it begins iteration finished + 1
            slowest = min(sum(end <= start for end in ends[other]) for other in ends)
            assert finished - slowest <= staleness


@pytest.mark.parametrize('servers', [1, 2])
def test_ssp_with_bound_0_is_bsp(make_experiment, train, servers):
    bsp = train(make_experiment(sigma=0.5, servers=servers), 'parameter_server')
    ssp = train(
        make_experiment(sigma=0.5, servers=servers),
        'parameter_server',
        clock={'ssp': {'staleness': 0}},
    )
    np.testing.assert_allclose(bsp.model, ssp.model, rtol=1e-5, atol=1e-7)
    assert ssp.summary['rounds'] == bsp.summary['rounds']


def test_staleness_is_the_updates_since_the_worker_read_the_model(make_experiment, train):
    experiment = make_experiment(workers=5, sigma=1.0, stop={'rounds': 6})
    reads, arrivals, recorded = {}, [], []
    send, metric = experiment.transport.send, experiment.scoreboard.metric

    def spy(source, target, size, payload=None, **options):
        event = send(source, target, size, payload, **options)
        if options['kind'] == 'model':
            reads[target] = len(arrivals)
        else:
            event.callbacks.append(lambda _: arrivals.append((source, len(arrivals))))
        return event

    def note(name, value, **options):
        if name == 'staleness':
            recorded.append((options['device'], value))
        metric(name, value, **options)

    # with nothing to aggregate, a gradient is applied the instant it arrives
    experiment.cluster.devices.speed[5] = np.inf
    experiment.transport.send, experiment.scoreboard.metric = spy, note
    seen = []
    experiment.scoreboard.metric = lambda name, value, **o: (
        seen.append((o['device'], value, len(recorded), reads[o['device']]))
        if name == 'staleness'
        else None,
        note(name, value, **o),
    )
    train(experiment, 'parameter_server', clock='asp')
    assert len(seen) >= 30
    assert all(value == updates - read for _, value, updates, read in seen)
    assert max(value for _, value, _, _ in seen) > 4


def test_asp_never_waits_and_bsp_waits_for_the_slowest(make_experiment, train):
    times = {}
    for clock in ('bsp', 'asp'):
        experiment = make_experiment(workers=4, sigma=1.0, stop={'rounds': 10}, sharing='none')
        train(experiment, 'parameter_server', clock=clock)
        times[clock] = experiment.clock.now
    assert times['asp'] < 0.9 * times['bsp']


def test_a_damped_rate_shrinks_the_steps_of_stale_gradients(make_experiment, train):
    start = make_experiment().learning.initial
    full, damped = (
        train(
            make_experiment(workers=6, stop={'rounds': 1}),
            'parameter_server',
            clock={'asp': {'damped': damped}},
        ).model
        for damped in (False, True)
    )
    assert np.linalg.norm(damped - start) < np.linalg.norm(full - start)


@pytest.mark.parametrize('late', ['drop', 'apply'])
def test_backup_workers_wait_for_the_fastest_only(make_experiment, train, late):
    slow = {'slow_nodes': {'nodes': [0], 'factor': 50.0}}
    times = {}
    for clock in ('bsp', {'backup': {'wait_for': 3, 'late': late}}):
        experiment = make_experiment(workers=4, stop={'rounds': 8})
        experiment.cluster.straggler = _stragglers(experiment, slow)
        summary = train(experiment, 'parameter_server', clock=clock).summary
        assert summary['rounds'] == 8
        times[str(clock)[:3]] = experiment.clock.now
    assert min(times.values()) < 0.3 * max(times.values())


def _stragglers(experiment, law):
    from simulator.cluster.stragglers import STRAGGLERS
    from simulator.seeds import Seeds

    choice: Choice = STRAGGLERS.read(law)
    return choice(Seeds(0), experiment.cluster.network.hosts)


def test_more_backup_workers_than_workers_are_refused(make_experiment, train):
    with pytest.raises(ScenarioError, match=r'wait_for\(=5\) must be at most 4'):
        train(make_experiment(workers=4), 'parameter_server', clock={'backup': {'wait_for': 5}})


@pytest.mark.parametrize('kind', ['parameter_server', 'all_reduce'])
def test_local_sgd_with_one_step_is_bsp(make_experiment, train, kind):
    plain = train(make_experiment(), kind)
    local = train(make_experiment(), kind, local_growth=1.0 + 1e-9)  # the other way, H = 1
    np.testing.assert_allclose(plain.model, local.model, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('kind', ['parameter_server', 'all_reduce'])
def test_local_steps_of_one_worker_are_plain_steps(make_experiment, train, kind):
    few = train(make_experiment(workers=1, stop={'rounds': 4}), kind, local_steps=5)
    many = train(make_experiment(workers=1, stop={'rounds': 20}), kind)
    np.testing.assert_allclose(few.model, many.model, rtol=1e-4, atol=1e-6)
    assert few.summary['epochs'] == pytest.approx(many.summary['epochs'])


def test_local_steps_cost_their_time_and_save_traffic(make_experiment, train):
    one, five = (make_experiment(stop={'rounds': 20 // h}) for h in (1, 5))
    plain = train(one, 'parameter_server')
    local = train(five, 'parameter_server', local_steps=5)
    assert local.summary['bytes'] * 5 == pytest.approx(plain.summary['bytes'])
    assert local.summary['epochs'] == pytest.approx(plain.summary['epochs'])
    assert five.clock.now < one.clock.now


@pytest.mark.parametrize(
    ('steps', 'growth', 'expected'),
    [(1, 1.0, [1, 1, 1]), (2, 2.0, [2, 4, 8]), (8, 0.5, [8, 4, 2]), (3, 1.5, [3, 4, 7])],
)
def test_h_grows_and_decays(steps, growth, expected):
    assert [LocalSteps(steps, growth).of(k) for k in (1, 2, 3)] == expected


@given(st.integers(1, 10_000), st.floats(0.01, 10.0), st.integers(1, 10**6))
def test_h_stays_within_bounds(steps, growth, round_):
    assert 1 <= LocalSteps(steps, growth).of(round_) <= 10_000
