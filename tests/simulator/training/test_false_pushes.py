"""Byzantine workers of a parameter server: what they push, when, and what comes of it."""

import numpy as np
import pytest

from simulator.robust.attacks import ATTACKS
from simulator.seeds import Seeds
from simulator.training import KINDS, Facts
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


def mean_of(vectors):
    return np.mean(vectors, axis=0)


def test_momentum_is_what_workers_send(attacked, make_experiment):
    keep, rounds = 0.5, 3
    found = attacked(worker_momentum=keep, stop={'rounds': rounds})
    learning = make_experiment().learning
    model, sent = learning.initial, [np.zeros_like(learning.initial)] * 4
    for _ in range(rounds):
        new = [learning.request(worker, model).value for worker in range(4)]
        sent = [keep * old + (1 - keep) * each for old, each in zip(sent, new, strict=True)]
        model = model - 0.1 * mean_of(sent)
    assert found.model == pytest.approx(model, abs=1e-6)


def test_liars_see_what_honest_workers_send_momentum_and_all(attacked):
    wanted = {'scaled': {'factor': 0.0, 'offset': 1.0}}
    found = attacked(wanted, worker_momentum=0.9, stop={'rounds': 2})
    start = attacked('zero', liars=(0, 1, 2, 3), stop={'rounds': 1}).model
    assert found.model == pytest.approx(start - 2 * 0.1, abs=1e-5)


def test_under_asp_a_round_of_lies_is_what_the_liar_wants(attacked):
    far = {'scaled': {'factor': 0.0, 'offset': 50.0}}
    found = attacked(far, clock='asp', stop={'rounds': 3})
    assert np.median(found.model) < -10


@pytest.mark.parametrize('clock', ['asp', {'ssp': {'staleness': 2}}], ids=str)
def test_a_rule_over_a_buffer_stands_what_a_mean_does_not(attacked, clock):
    loud = {'gaussian': {'deviation': 200.0}}
    options = {'workers': 7, 'liars': (6,), 'stop': {'rounds': 30}, 'clock': clock}
    bare = attacked(loud, **options)
    on_guard = attacked(loud, **options, aggregation={'multi_krum': {'f': 1}}, buffer=5)
    honest = attacked(**{**options, 'liars': ()}, aggregation={'multi_krum': {'f': 1}}, buffer=5)
    assert np.abs(on_guard.model - honest.model).max() < 1.0
    assert np.abs(bare.model).max() > 10.0


def test_the_mean_of_a_buffer_of_one_is_the_asynchronous_update(attacked):
    plain = attacked(workers=1, liars=(), clock='asp')
    buffered = attacked(workers=1, liars=(), clock='asp', buffer=1)
    assert plain.model == pytest.approx(buffered.model, abs=1e-6)


def test_a_late_round_waits_until_its_rule_has_enough(attacked):
    krum = {'krum': {'f': 1}}
    clock = {'bsp': {'timeout': '1 ms'}}  # sooner than any worker
    found = attacked(workers=7, clock=clock, aggregation=krum, sigma=1.0)
    assert found.summary['rounds'] == 5


def test_weights_are_the_samples_behind_a_gradient(attacked):
    even, weighted = (attacked(weighted=each, sigma=0.3) for each in (False, True))
    assert even.model == pytest.approx(weighted.model, abs=1e-6)  # all use as many
    wanted = {'scaled': {'factor': 0.0, 'offset': 2.0}}
    ruled = attacked(wanted, weighted=True, stop={'rounds': 3})
    start = attacked('zero', liars=(0, 1, 2, 3), stop={'rounds': 1}).model
    assert ruled.model == pytest.approx(start - 3 * 0.1 * 2.0, abs=1e-5)


def test_what_is_measured_goes_into_the_summary(attacked):
    found = attacked('sign_flip', workers=5, liars=(4,), aggregation={'multi_krum': {'f': 1}})
    names = {'aggregate_distance', 'aggregate_angle', 'byzantine_share', 'variance_to_norm'}
    assert names | {'rounds_per_second'} <= found.summary.keys()
    assert 0 <= found.summary['byzantine_share'] <= 1
    assert not names & attacked().summary.keys()


CHECK = KINDS.read('parameter_server').beside('check')


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        ({'aggregation': {'krum': {'f': 4}}}, 'krum needs n >= 2f + 3: n=10, f=4'),
        ({'clock': 'asp', 'aggregation': {'krum': {'f': 1}}}, 'give a buffer'),
        ({'clock': 'asp', 'aggregation': {'krum': {'f': 4}}, 'buffer': 10}, 'n=10, f=4'),
        ({'clock': 'asp', 'buffer': 11}, 'buffer(=11) must be at most 10 workers'),
        ({'buffer': 5}, 'buffer is for asynchronous clocks; bsp'),
        ({'buffer_staleness': 5}, 'buffer_staleness needs a buffer'),
        ({'weighted': True, 'aggregation': 'median'}, 'weighted: median takes all'),
        ({'clock': {'backup': {'wait_for': 4}}, 'aggregation': {'krum': {'f': 1}}}, 'n=4, f=1'),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_with_the_numbers(options, said):
    choice = KINDS.read({'parameter_server': options})
    [problem] = CHECK(Facts(workers=10, servers=1, parameters=99), **choice.options)
    assert said in problem


def test_roles_say_what_byzantine_workers_can_do():
    roles = KINDS.read('parameter_server').beside('roles')()
    assert roles['workers'].tries_rule
    assert not roles['workers'].has_receiver
