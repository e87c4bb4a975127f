"""Momentum of workers: a running mean, computed when somebody looks, in order, once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.faults import FAULTS
from simulator.robust.attacks import ATTACKS
from simulator.seeds import Seeds
from simulator.training.adversary import Adversary, Liars
from simulator.training.momentum import LONGEST, Momentum


@given(
    keep=st.floats(0, 0.99),
    values=st.lists(st.floats(-10, 10), min_size=1, max_size=50),
    data=st.data(),
)
def test_it_is_the_sum_of_the_paper_whoever_looks_when(keep, values, data):
    momentum, sent = Momentum(keep), []
    for value in values:
        sent.append(momentum.of(0, lambda value=value: np.array([value])))
        if data.draw(st.booleans()):
            data.draw(st.sampled_from(sent))()
    expected = 0.0
    for value, each in zip(values, sent, strict=True):
        expected = keep * expected + (1 - keep) * value
        assert abs(each().item() - expected) < 1e-9


def test_each_vector_is_computed_once_and_let_go():
    calls = []
    momentum = Momentum(0.5)
    sent = [momentum.of(0, lambda k=k: calls.append(k) or np.ones(1)) for k in range(3)]
    assert sent[2].waiting == 3
    assert [each().item() for each in sent] == [0.5, 0.75, 0.875]
    assert calls == [0, 1, 2]
    assert all((each.waiting, each.before) == (0, None) for each in sent)


def test_workers_have_their_own_and_lose_it_when_they_crash():
    momentum = Momentum(0.5)
    first, other = (momentum.of(worker, lambda: np.ones(1)) for worker in (0, 1))
    momentum.forget(0)
    again = momentum.of(0, lambda: np.ones(1))
    assert first() == other() == again()


def test_what_nobody_looks_at_does_not_pile_up():
    momentum = Momentum(0.9)
    for _ in range(200):
        last = momentum.of(0, lambda: np.ones(1))
        assert last.waiting <= LONGEST + 1


def test_the_value_is_in_the_type_of_the_vectors_and_read_only():
    sent = Momentum(0.9).of(0, lambda: np.ones(2, np.float32))()
    assert sent.dtype == np.float32
    assert not sent.flags.writeable


def test_what_was_since_a_mark_is_forgotten():
    momentum = Momentum(0.5)
    first, mark = momentum.of(0, lambda: np.ones(1)), momentum.mark()
    once = momentum.of(0, lambda: np.full(1, 9.0))()
    momentum.back_to(mark)
    assert momentum.of(0, lambda: np.full(1, 9.0))() == once
    momentum.back_to(mark)
    momentum.of(1, lambda: np.ones(1))
    assert momentum.of(0, lambda: np.ones(1))() == 0.75 == first() + 0.25


@pytest.mark.parametrize('keep', [0.0, 0.9])
@pytest.mark.parametrize('options', [{}, {'local_steps': 3}, {'aggregation': 'median'}])
def test_ranks_have_the_same_as_workers_of_a_server(make_experiment, train, keep, options):
    options = {'worker_momentum': keep, **options}
    algorithm = 'all_to_all' if 'aggregation' in options else 'ring'
    served = train(make_experiment(sigma=0.5, stop={'rounds': 12}), 'parameter_server', **options)
    reduced = train(
        make_experiment(sigma=0.5, stop={'rounds': 12}),
        'all_reduce',
        algorithm=algorithm,
        **options,
    )
    np.testing.assert_allclose(served.model, reduced.model, rtol=1e-5, atol=1e-6)
    assert served.summary['train_loss'] == pytest.approx(reduced.summary['train_loss'], rel=1e-5)


@pytest.mark.parametrize(
    'options',
    [
        {'buckets': 3},
        {'compression': ['float16'], 'exchange': 'merge'},
        {'algorithm': 'all_to_all', 'wait_for': 4},
    ],
)
def test_however_ranks_exchange_it(make_experiment, train, options):
    plain, other = (
        train(make_experiment(stop={'rounds': 8}), 'all_reduce', worker_momentum=0.9, **each)
        for each in ({}, options)
    )
    np.testing.assert_allclose(
        plain.model, other.model, atol=2e-3 if 'exchange' in options else 1e-6
    )


def test_a_round_that_is_begun_anew_counts_once_in_it(make_experiment, train):
    """Rank 1 crashes, and is back: the others' momenta are as if nothing had happened."""
    whole, broken = make_experiment(stop={'rounds': 1}), make_experiment(stop={'rounds': 1})
    seconds = broken.learning.gradient_flops(0) / broken.cluster.devices.speed[0]
    crash = {'devices': 1, 'at': f'{seconds * 0.9} s', 'until': '1 s'}
    FAULTS.read({'churn': crash})(broken.cluster, Seeds(7))
    expected = train(whole, 'all_reduce', worker_momentum=0.9)
    found = train(broken, 'all_reduce', worker_momentum=0.9)
    start, second = whole.learning.initial, make_experiment().learning
    for number in range(4):
        second.request(number, start)
    again = [second.request(number, start).value for number in range(4)]  # other batches
    np.testing.assert_allclose(found.model, start - 0.1 * 0.1 * np.mean(again, axis=0), atol=1e-7)
    assert not np.array_equal(found.model, expected.model)


@pytest.mark.parametrize('attack', ['sign_flip', {'little_is_enough': {'z': 1.5}}])
def test_liars_have_the_same_to_hide_in(make_experiment, train, attack):
    models = []
    for kind, role in (('parameter_server', 'workers'), ('all_reduce', 'ranks')):
        experiment = make_experiment(workers=7, stop={'rounds': 10})
        party = [Liars(role, (1, 4), (ATTACKS.read(attack),))]
        experiment.adversary = Adversary(party, Seeds(7))
        options = {'worker_momentum': 0.9, 'aggregation': {'multi_krum': {'f': 2}}}
        if kind == 'all_reduce':
            options['algorithm'] = 'all_to_all'
        models.append(train(experiment, kind, **options).model)
    np.testing.assert_allclose(*models, rtol=1e-5, atol=1e-6)
