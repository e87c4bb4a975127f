"""The study of resilience: full gradients, honest steps, liars, and what is published."""

import numpy as np
import pytest

from simulator.robust.aggregation import RULES
from simulator.training.facts import Facts
from simulator.training.resilience import check_resilience, full_gradient, gradients


def study(make_experiment, train, **options):
    return train(make_experiment(workers=9, servers=0, stop={}), 'resilience', **options)


def test_the_full_gradient_is_the_mean_over_all_samples(make_experiment):
    learning = make_experiment(workers=4).learning
    model, (inputs, targets) = learning.model, learning.data.train
    whole = full_gradient(learning, learning.initial)
    alone = [
        model.losses_and_gradients(learning.initial[None], x[None, None], y[None, None]).gradients
        for x, y in zip(inputs, targets, strict=True)
    ]
    np.testing.assert_allclose(whole, np.concatenate(alone).mean(axis=0), atol=1e-6)


def test_honest_steps_are_those_of_synchronous_training(make_experiment, train):
    trained = train(make_experiment(workers=4, stop={'rounds': 6}), 'parameter_server')
    studied = train(make_experiment(workers=4), 'resilience', aggregation='mean', steps=6, draws=2)
    np.testing.assert_allclose(studied.model, trained.model, rtol=1e-4, atol=1e-6)


def test_without_liars_the_mean_has_nothing_to_hide(make_experiment, train):
    found = study(make_experiment, train, aggregation='mean', draws=200).summary['resilience']
    assert found['distance'] < 4 * found['distance_error']
    assert found['angle'] < 0.2
    assert found['holds'] is None
    assert np.isnan(found['bound'])


def test_what_is_published_stands_beside_what_is_measured(make_experiment, train):
    told = study(
        make_experiment,
        train,
        aggregation={'krum': {'f': 3}},
        attack='sign_flip',
        liars=3,
        draws=50,
    )
    found, eta = told.summary['resilience'], told.predicted['constant']
    assert found['bound'] == pytest.approx(eta * found['deviation'])
    assert found['distance'] <= found['bound']
    assert found['holds'] is bool(found['bound'] < found['norm'])
    assert (found['liars'], found['draws']) == (3, 50)


def test_liars_turn_the_mean_and_not_the_median(make_experiment, train):
    liars = {'attack': {'scaled': {'factor': -1.0}}, 'liars': 1, 'draws': 30}
    mean, median = (
        study(make_experiment, train, aggregation=rule, **liars).summary['resilience']
        for rule in ('mean', 'median')
    )
    assert mean['angle'] > np.pi / 2 > median['angle']


def test_draws_are_counted_and_estimates_recorded(make_experiment, train):
    one, same = (study(make_experiment, train, aggregation='median', draws=11) for _ in range(2))
    assert repr(one.summary) == repr(same.summary)  # a nan is not equal to itself
    assert one.summary['rounds'] == 11
    assert one.summary['simulated_seconds'] == 0
    assert one.summary['bytes'] == 0


def test_workers_draw_independently(make_experiment):
    learning = make_experiment(workers=4).learning
    first, second = (gradients(learning, learning.initial, 4) for _ in range(2))
    assert len(np.unique(np.concatenate([first, second]), axis=0)) == 8


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'aggregation': {'krum': {'f': 4}}}, 'krum needs n >= 2f + 3: n=9, f=4'),
        ({'liars': 2}, 'liars(=2) need an attack, such as sign_flip'),
        ({'attack': 'zero'}, 'zero needs liars, one at least: liars: 1'),
        ({'attack': 'zero', 'liars': 9}, 'liars(=9) must be fewer than the 9 workers'),
        ({'attack': 'label_flip', 'liars': 1}, 'label_flip acts on data'),
        ({'attack': 'rush', 'liars': 1}, 'rush acts on time'),
        ({'attack': 'dissensus', 'liars': 1}, 'dissensus is about receivers that differ'),
        ({'attack': 'equivocate', 'liars': 1}, 'equivocate is about receivers that differ'),
    ],
)
def test_what_does_not_fit_is_said_with_the_numbers(options, message):
    from simulator.training import KINDS

    choice = KINDS.read({'resilience': {'aggregation': 'mean', **options}})
    (told,) = check_resilience(Facts(workers=9), **choice.options)
    assert told.startswith(message)


def test_no_constant_is_told_where_there_is_none():
    from simulator.training import KINDS

    for name, expected in (('mean', {}), ('median', {'constant': np.sqrt(5)})):
        choice = KINDS.read({'resilience': {'aggregation': name}})
        assert choice.beside('predict')(Facts(workers=9), **choice.options) == expected
    assert RULES['mean'].constant is None
