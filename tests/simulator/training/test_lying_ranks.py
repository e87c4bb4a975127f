"""A liar inside an all-reduce: how far its lie spreads, and what stops it."""

import numpy as np
import pytest

from simulator.cluster.faults import FAULTS
from simulator.collectives import Ranks, apply
from simulator.errors import ScenarioError
from simulator.robust.attacks import ATTACKS
from simulator.seeds import Seeds
from simulator.training import KINDS, Facts
from simulator.training.adversary import Adversary, Liars, Moment, Window
from simulator.training.algorithms import ALL_REDUCES

LIAR = 2
LIE = {'constant': {'value': 1e3}}
SIMPLE = [name for name in ALL_REDUCES if name not in ('hierarchical', 'torus_2d')]


@pytest.fixture
def reduce_(make_experiment, train):
    def run(*attacks, liars=(LIAR,), window=Window(), faults=None, **options):
        world = {k: options.pop(k) for k in ('stop', 'workers', 'sigma', 'rate') if k in options}
        world = {'workers': 8, 'servers': 0, 'stop': {'rounds': 2}} | world
        experiment = make_experiment(**world)
        choices = tuple(ATTACKS.read(each) for each in attacks)
        party = [Liars('ranks', tuple(liars), choices, window)] if attacks else []
        experiment.adversary = Adversary(party, Seeds(7))
        if faults:
            FAULTS.read(faults)(experiment.cluster, Seeds(1))
        metrics, record = [], experiment.recorder.metric
        experiment.recorder.metric = lambda *row: (metrics.append(row), record(*row))
        trained = train(experiment, 'all_reduce', **options)
        trained.errors = picture(metrics, world['workers'])
        trained.metrics = metrics
        trained.experiment = experiment
        return trained

    return run


def picture(metrics, ranks):
    rows = [row for row in metrics if row[4].startswith('error of piece')]
    found = np.full((ranks, ranks), np.nan)
    for row in rows:
        found[row[3], int(row[4].rpartition(' ')[2])] = row[5]
    return found


def reached(algorithm, ranks, liar):
    """Return which pieces of which ranks what *liar* sends has to do with, piece by piece."""
    schedule = ALL_REDUCES.read(algorithm)(Ranks(ranks))
    marks = apply(
        schedule,
        np.zeros((ranks, 8 * schedule.chunks)),
        np.maximum,
        lambda *_: np.ones_like(_[-1]),
        liars=[liar],
    )
    return np.stack([piece.max(axis=1) for piece in np.array_split(marks, ranks, axis=1)], axis=1)


@pytest.mark.parametrize('algorithm', SIMPLE)
def test_a_lie_reaches_what_the_schedule_lets_it_reach(reduce_, algorithm):
    run = reduce_(LIE, algorithm=algorithm, workers=8)
    honest = [rank for rank in range(8) if rank != LIAR]
    expected = reached(algorithm, 8, LIAR)[honest] > 0
    # blobs' model has 9 parameters, so chunks of 8 ranks are not all alike
    wrong = run.errors[honest] > 1e-3
    assert wrong[:, 1:].mean() == pytest.approx(expected[:, 1:].mean(), abs=0.15)
    assert run.summary['lie_spread'] == wrong.mean()


@pytest.mark.parametrize('algorithm', ['ring', 'tree', 'butterfly', 'all_to_all'])
def test_one_liar_spoils_nearly_everything_that_is_added_up_on_the_way(reduce_, algorithm):
    run = reduce_(LIE, algorithm=algorithm)
    assert run.summary['lie_spread'] > 0.85
    assert run.errors[LIAR].min() < 1e-3 or algorithm in ('ring', 'tree', 'butterfly')


def test_gathering_first_and_aggregating_robustly_stops_it(reduce_):
    options = {'algorithm': 'all_to_all', 'stop': {'rounds': 40}, 'rate': 0.5}
    honest = reduce_(**options)
    lie = {'sign_flip': {'factor': 20.0}}
    spoilt = reduce_(lie, **options)
    robust = reduce_(lie, **options, aggregation={'krum': {'f': 1}})
    median = reduce_(lie, **options, aggregation='median')
    assert spoilt.summary['lie_spread'] == 1.0
    assert robust.summary['lie_spread'] == 0.0
    assert median.summary['lie_error'] < spoilt.summary['lie_error'] / 2
    for each in (robust, median):
        assert each.summary['test_accuracy'] > honest.summary['test_accuracy'] - 0.1
    assert spoilt.summary['test_accuracy'] < honest.summary['test_accuracy'] - 0.2


def test_it_costs_the_traffic_of_whole_vectors_to_everybody(reduce_):
    ring = reduce_(algorithm='ring')
    robust = reduce_(algorithm='all_to_all', aggregation='median')
    assert robust.summary['bytes'] == robust.predicted['bytes']
    assert robust.summary['bytes'] == pytest.approx(8 / 2 * ring.summary['bytes'])


@pytest.mark.parametrize('algorithm', ['all_to_all', 'round_robin'])
@pytest.mark.parametrize(
    'rule', ['median', {'multi_krum': {'f': 1}}, {'bucketing': {'rule': 'median'}}]
)
def test_all_ranks_agree_without_liars(reduce_, make_experiment, algorithm, rule):
    run = reduce_(algorithm=algorithm, aggregation=rule, stop={'rounds': 1})
    if rule == 'median':
        learning = make_experiment(workers=8, servers=0).learning
        gradients = [learning.request(w, learning.initial).value for w in range(8)]
        expected = learning.initial - 0.1 * np.median(gradients, axis=0)
        np.testing.assert_allclose(run.model, expected, atol=1e-6)


def test_aggregating_takes_time_after_the_last_vector(reduce_):
    plain, robust = (
        reduce_(algorithm='all_to_all', aggregation=rule) for rule in ('mean', 'geometric_median')
    )
    assert robust.summary['simulated_seconds'] > plain.summary['simulated_seconds']


def test_a_rank_may_tell_each_other_rank_something_else(reduce_):
    run = reduce_(LIE, 'equivocate', algorithm='all_to_all')
    errors = run.errors[[rank for rank in range(8) if rank != LIAR]]
    assert not np.allclose(errors[0], errors[1], rtol=1e-4)
    same = reduce_(LIE, algorithm='all_to_all')
    errors = same.errors[[rank for rank in range(8) if rank != LIAR]]
    np.testing.assert_allclose(errors, errors[:1].repeat(7, axis=0), rtol=1e-4)


def test_ranks_lie_in_their_window_only(reduce_):
    honest = reduce_(stop={'rounds': 2})
    later = reduce_(LIE, stop={'rounds': 2}, window=Window(Moment(2)))
    np.testing.assert_array_equal(honest.model, later.model)
    assert np.isnan(later.errors).all()


def test_honest_ranks_are_measured(reduce_):
    run = reduce_(LIE)
    rated = {row[3] for row in run.metrics if row[4] == 'test_accuracy'} - {-1}
    assert rated == set(range(8)) - {LIAR}


@pytest.mark.parametrize('name', [n for n in ATTACKS if ATTACKS.beside(n, 'acts_on') != 'time'])
@pytest.mark.parametrize('options', [{}, {'algorithm': 'all_to_all', 'aggregation': 'median'}])
def test_every_attack_can_be_carried_out(reduce_, name, options):
    robust = 'aggregation' in options
    role = KINDS.read({'all_reduce': options}).beside('roles')(
        **KINDS.read({'all_reduce': options}).options
    )['ranks']
    needs = ATTACKS.beside(name, 'tries_rule') and not role.tries_rule
    if needs or ATTACKS.beside(name, 'needs_receiver'):
        return
    run = reduce_(name, **options)
    assert run.summary['rounds'] == 2
    assert np.isfinite(run.model).all() or not robust


def test_a_group_that_is_rebuilt_aggregates_on(reduce_):
    options = {'algorithm': 'all_to_all', 'aggregation': 'median', 'timeout': '10 ms'}
    fault = {'churn': {'devices': 5, 'at': '20 ms', 'until': '80 ms'}}
    run = reduce_('sign_flip', **options, faults=fault, stop={'rounds': 12})
    assert run.summary['rounds'] == 12
    clipped = {**options, 'aggregation': {'centered_clipping': {'radius': 1.0}}}
    run = reduce_('sign_flip', **clipped, faults=fault, stop={'rounds': 12})
    assert np.isfinite(run.model).all()


@pytest.mark.parametrize('buckets', [2, 3])
def test_buckets_are_aggregated_each_by_itself(reduce_, buckets):
    options = {'algorithm': 'all_to_all', 'aggregation': 'median'}
    whole, cut = (reduce_(**options, buckets=each) for each in (1, buckets))
    np.testing.assert_allclose(whole.model, cut.model, atol=1e-6)  # coordinate by coordinate
    lied = reduce_(LIE, **options, buckets=buckets)
    assert np.isfinite(lied.errors).all()


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        ({'algorithm': 'ring', 'aggregation': 'median'}, 'median needs each vector as its owner'),
        ({'algorithm': 'tree', 'aggregation': 'median'}, 'take algorithm: all_to_all'),
        ({'algorithm': 'all_to_all', 'aggregation': {'krum': {'f': 3}}}, 'krum needs n >= 2f + 3'),
        ({'algorithm': 'round_robin', 'aggregation': 'median'}, None),
        ({'algorithm': 'ring', 'aggregation': 'mean'}, None),
    ],
)
def test_who_can_aggregate_robustly_is_checked(options, words):
    choice = KINDS.read({'all_reduce': options})
    found = list(choice.beside('check')(Facts(workers=8), **choice.options))
    assert found == [] if words is None else words in found[0]


def test_compressed_vectors_are_not_aggregated_by_ranks():
    options = {'algorithm': 'all_to_all', 'aggregation': 'median', 'compression': ['top_k']}
    with pytest.raises((ValueError, ScenarioError), match='takes whole vectors'):
        KINDS.read({'all_reduce': options})
