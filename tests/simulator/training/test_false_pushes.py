"""Byzantine workers of a parameter server: what they push, when, and what comes of it."""

import numpy as np
import pytest

from simulator.robust.attacks import ATTACKS
from simulator.seeds import Seeds
from simulator.training import KINDS
from simulator.training.adversary import Adversary, Liars, Moment, Window


@pytest.fixture
def attacked(make_experiment, train):
    """Train with some workers lying, and return what came out."""

    def run(*attacks, liars=(3,), window=Window(), knowledge='all', seed=7, **options):
        settings = {
            k: options.pop(k) for k in ('workers', 'stop', 'sigma', 'servers') if k in options
        }
        experiment = make_experiment(seed=seed, **settings)
        choices = tuple(ATTACKS.read(each) for each in attacks)
        party = [Liars('workers', tuple(liars), choices, window, knowledge)] if attacks else []
        experiment.adversary = Adversary(party, Seeds(seed))
        experiment.adversary.poison(experiment.learning, experiment.workers)
        return train(experiment, 'parameter_server', **options)

    return run


def test_without_liars_nothing_changes(attacked):
    plain, watched = attacked(), attacked('scaled', liars=())
    assert (plain.model == watched.model).all()
    assert plain.summary == watched.summary


@pytest.mark.parametrize('shards', [1, 3])
def test_one_liar_makes_the_mean_whatever_it_wants(attacked, make_experiment, shards):
    wanted = {'scaled': {'factor': 0.0, 'offset': 2.0}}
    found = attacked(wanted, stop={'rounds': 3}, shards=shards)
    start = make_experiment().learning.initial
    assert found.model == pytest.approx(start - 3 * 0.1 * 2.0, abs=1e-5)


def test_they_lie_in_their_window_only(attacked):
    honest = attacked(stop={'rounds': 2})
    until_then = attacked('scaled', stop={'rounds': 2}, window=Window(Moment(2)))
    assert (honest.model == until_then.model).all()
    before = attacked('scaled', stop={'rounds': 3}, window=Window(Moment(2)))
    after = attacked('scaled', stop={'rounds': 3}, window=Window(None, Moment(0.5, 'seconds')))
    assert not np.allclose(before.model, attacked(stop={'rounds': 3}).model)
    assert not np.allclose(before.model, after.model)


def test_lies_take_no_time_of_their_own(attacked):
    honest, lying = attacked(sigma=0.5), attacked('scaled', sigma=0.5)
    assert honest.summary['simulated_seconds'] == lying.summary['simulated_seconds']
    assert honest.summary['bytes'] == lying.summary['bytes']


def test_knowledge_of_ones_own_is_less(attacked):
    z = {'little_is_enough': {'z': 1.0}}
    models = [attacked(z, liars=(2, 3), knowledge=each).model for each in ('own', 'all')]
    assert not np.allclose(*models)


CLOCKS = [
    'bsp',
    {'bsp': {'timeout': '20 ms'}},
    {'backup': {'wait_for': 3}},
    {'backup': {'wait_for': 3, 'late': 'apply'}},
    {'ssp': {'staleness': 1}},
    'asp',
]


@pytest.mark.parametrize('clock', CLOCKS, ids=str)
@pytest.mark.parametrize('more', [{}, {'compression': ['int8']}, {'shards': 2}], ids=str)
def test_attacks_work_under_every_clock_and_repeat(attacked, clock, more):
    some = ['little_is_enough', {'gaussian': {'deviation': 0.1}}]
    runs = [attacked(*some, clock=clock, sigma=1.0, **more) for _ in range(2)]
    assert (runs[0].model == runs[1].model).all()
    assert np.isfinite(runs[0].model).all()
    assert runs[0].summary == runs[1].summary


ON_VALUES = [name for name in ATTACKS if ATTACKS.beside(name, 'acts_on') == 'values']
FIT = [name for name in ON_VALUES if not ATTACKS.beside(name, 'needs_receiver')]


@pytest.mark.parametrize('rule', ['mean', {'krum': {'f': 1}}], ids=str)
@pytest.mark.parametrize('attack', FIT)
def test_every_attack_against_a_rule(attacked, attack, rule):
    found = attacked(attack, workers=5, liars=(4,), stop={'rounds': 2}, aggregation=rule)
    assert found.summary['rounds'] == 2
    assert np.isfinite(found.model).all() == (rule != 'mean' or attack not in ('nan', 'infinite'))


def test_krum_keeps_loud_liars_out(attacked):
    krum = {'krum': {'f': 1}}
    honest = attacked(workers=5, stop={'rounds': 20}, aggregation=krum)
    lying = attacked(
        {'gaussian': {'deviation': 200.0}},
        workers=5,
        liars=(4,),
        stop={'rounds': 20},
        aggregation=krum,
    )
    assert lying.summary['test_accuracy'] > honest.summary['test_accuracy'] - 0.1


def test_roles_say_what_byzantine_workers_can_do():
    roles = KINDS.read('parameter_server').beside('roles')()
    assert roles['workers'].tries_rule
    assert not roles['workers'].has_receiver
