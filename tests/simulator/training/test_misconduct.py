"""Attacks on time at a parameter server: who waits, what gets stale, what counts how often."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from simulator.cluster.faults import FAULTS
from simulator.errors import StalledError
from simulator.robust.attacks import ATTACKS
from simulator.seeds import Seeds
from simulator.traces import part_paths
from simulator.training import KINDS
from simulator.training.adversary import Adversary, Liars

LIAR = 3


@pytest.fixture
def attacked(make_experiment, train):
    def run(*attacks, knowledge='all', workers=5, stop=None, sigma=None, servers=1, **options):
        experiment = make_experiment(
            workers=workers, servers=servers, stop=stop or {'rounds': 6}, sigma=sigma
        )
        choices = tuple(ATTACKS.read(each) for each in attacks)
        party = [Liars('workers', (LIAR,), choices, knowledge=knowledge)] if attacks else []
        experiment.adversary = Adversary(party, Seeds(7))
        trained = train(experiment, 'parameter_server', **options)
        trained.seconds = experiment.clock.now
        folder = next(iter(experiment.recorder._writers.values()))._folder.parent
        trained.messages = pq.read_table(part_paths(folder, 'messages')[0]).to_pandas()
        trained.busy = experiment.cluster.fabric.devices['busy'].copy()
        return trained

    return run


def gradients(run, kind='gradient'):
    return run.messages.query(f'kind == "{kind}"')


def first_of_each_round(run):
    rows = gradients(run)
    return rows.loc[rows.groupby('step').delivered_ns.idxmin()].source


def test_who_rushes_is_first_and_computes_nothing(attacked):
    honest, run = attacked(sigma=0.5), attacked('rush', sigma=0.5)
    assert (first_of_each_round(run) == LIAR).all()
    assert not (first_of_each_round(honest) == LIAR).all()
    assert run.busy[LIAR] == 0


def test_a_rush_fills_the_quorum_of_the_fastest(attacked):
    clock = {'backup': {'wait_for': 3}}
    lie = {'scaled': {'factor': -1.0}}
    slow = attacked(lie, sigma=0.5, clock=clock, stop={'rounds': 20})
    rushing = attacked(lie, 'rush', sigma=0.5, clock=clock, stop={'rounds': 20})
    assert rushing.summary['test_loss'] > slow.summary['test_loss']


@pytest.mark.parametrize('clock', ['bsp', {'ssp': {'staleness': 1}}])
def test_silence_stalls_who_waits_for_all(attacked, clock):
    with pytest.raises(StalledError, match='waits for gradient'):
        attacked('withhold', clock=clock, stop={'rounds': 50})


@pytest.mark.parametrize(
    'clock', [{'bsp': {'timeout': '30 ms'}}, 'asp', {'backup': {'wait_for': 4}}]
)
def test_silence_is_survived_by_who_does_not(attacked, clock):
    run = attacked('withhold', clock=clock)
    assert run.summary['rounds'] == 6
    assert not (gradients(run).source == LIAR).any()


@pytest.mark.parametrize(
    ('clock', 'waits'), [('bsp', True), ({'ssp': {'staleness': 1}}, True), ('asp', False)]
)
def test_a_delay_is_waited_for_under_bsp_and_ssp(attacked, clock, waits):
    attack = {'delay': {'by': '100 ms'}}
    honest, run = (attacked(*each, clock=clock, stop={'rounds': 8}) for each in ((), (attack,)))
    took = run.seconds / honest.seconds
    assert took > 3 if waits else took < 2
    if clock == 'asp':
        late = run.messages.query(f'kind == "gradient" and source == {LIAR}')
        assert len(late) < len(gradients(honest).query(f'source == {LIAR}'))
    rows = gradients(run)
    if clock == 'bsp':
        assert (rows.loc[rows.groupby('step').delivered_ns.idxmax()].source == LIAR).all()


def test_a_delay_makes_a_liars_gradient_stale_under_asp(attacked):
    attack = {'delay': {'by': '50 ms'}}
    honest, run = (attacked(*each, clock='asp', stop={'rounds': 12}) for each in ((), (attack,)))
    assert run.summary['mean_staleness'] != honest.summary['mean_staleness']


def test_by_default_it_comes_just_in_time(attacked):
    clock = {'bsp': {'timeout': '60 ms'}}
    honest, run = attacked(clock=clock), attacked('delay', clock=clock)
    assert run.summary['updates'] == 6
    rounds = run.seconds / 6
    assert 0.058 < rounds < 0.0605 + honest.seconds / 6
    assert (gradients(run).query('step <= 6').groupby('step').size() == 5).all()  # all in time
    beyond = attacked({'delay': {'by': '80 ms'}}, clock=clock)
    assert beyond.summary['updates'] == 6


@pytest.mark.parametrize('clock', ['bsp', 'asp', {'ssp': {'staleness': 1}}])
@pytest.mark.parametrize('shards', [1, 2])
def test_of_a_flood_one_counts(attacked, clock, shards):
    """On links that are fast enough for all copies, the model is as if there were none."""
    small = {'flood': {'copies': 3, 'bytes': '1 B'}}
    honest, run = (attacked(*each, clock=clock, shards=shards) for each in ((), (small,)))
    assert run.summary['updates'] == pytest.approx(honest.summary['updates'], abs=2)
    copies = gradients(run, 'flood')
    assert set(copies.source) == {LIAR}
    assert len(copies) >= 3 * (len(gradients(run).query(f'source == {LIAR}')) - shards)
    if clock == 'bsp':
        np.testing.assert_array_equal(run.model, honest.model)


def test_a_flooding_liar_is_one_of_the_buffer(attacked):
    options = {'clock': 'asp', 'buffer': 5, 'aggregation': 'median', 'stop': {'rounds': 30}}
    lie = {'sign_flip': {'factor': 5.0}}
    honest = attacked(**options)
    once, often = (attacked(lie, *more, **options) for more in ((), ({'flood': {'copies': 30}},)))
    assert often.summary['test_accuracy'] > honest.summary['test_accuracy'] - 0.1
    assert often.summary['bytes'] > 1.5 * once.summary['bytes']
    assert abs(often.summary['test_accuracy'] - once.summary['test_accuracy']) < 0.1


def test_a_flood_loads_the_link_and_makes_all_wait_under_bsp(attacked):
    honest, run = attacked(), attacked({'flood': {'copies': 200}})
    assert run.seconds > 1.5 * honest.seconds
    np.testing.assert_array_equal(run.model, honest.model)


def test_attacks_on_time_go_with_those_on_values(attacked):
    lie = {'scaled': {'factor': -1.0}}
    only, both = attacked(lie), attacked(lie, {'delay': {'by': '20 ms'}})
    np.testing.assert_allclose(only.model, both.model, atol=1e-6)
    assert both.seconds > only.seconds + 6 * 0.015


def test_what_rushes_and_knows_itself_only_sends_nothing_of_worth(attacked):
    own, zero = attacked('rush', knowledge='own'), attacked('zero')
    np.testing.assert_allclose(own.model, zero.model, atol=1e-6)


@pytest.mark.parametrize(
    ('clock', 'has'),
    [
        ('bsp', False),
        ({'bsp': {'timeout': '1 s'}}, True),
        ('asp', False),
        ({'ssp': {'staleness': 1}}, False),
    ],
)
def test_where_there_is_a_deadline_a_delay_needs_no_length(clock, has):
    choice = KINDS.read({'parameter_server': {'clock': clock}})
    roles = choice.beside('roles')(**choice.options)
    assert roles['workers'].has_deadline == has


def test_a_crash_beside_a_liar_is_survived_by_who_waits_for_fewer(make_experiment, train):
    experiment = make_experiment(workers=6, stop={'rounds': 20})
    lie = (ATTACKS.read({'sign_flip': {'factor': 5.0}}),)
    experiment.adversary = Adversary([Liars('workers', (LIAR,), lie)], Seeds(7))
    FAULTS.read({'churn': {'devices': 0, 'at': '30 ms'}})(experiment.cluster, Seeds(1))
    clock = {'backup': {'wait_for': 5}}
    trained = train(experiment, 'parameter_server', clock=clock, aggregation='median')
    assert trained.summary['rounds'] == 20
    start = experiment.learning.evaluate(experiment.learning.initial).loss
    assert trained.summary['test_loss'] < start
