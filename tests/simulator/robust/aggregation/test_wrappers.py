"""Rules with another rule inside."""

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.robust.aggregation import (
    RULES,
    Context,
    Promises,
    aggregate,
    flops,
    mixed,
    problems,
    promises,
    selected,
    tolerance,
)

MEAN = RULES.choice('mean')


def wrapped(name, rule, **options):
    return RULES.read({name: {**options, 'rule': rule}})


def test_mixing_replaces_each_by_the_mean_of_its_nearest(rng):
    vectors = rng.standard_normal((9, 30))
    for vector, found in zip(vectors, mixed(vectors, 3), strict=True):
        nearest = np.argsort(np.linalg.norm(vectors - vector, axis=1))[:6]
        assert found == pytest.approx(vectors[nearest].mean(axis=0))


def test_mixing_saves_the_median_where_workers_see_unlike_data():
    """Each of ten coordinates is moved by a minority: the median sees none of them."""
    honest = np.repeat(np.eye(10), 2, axis=0)
    plain = aggregate(RULES.choice('median'), honest)
    helped = aggregate(wrapped('nearest_neighbour_mixing', 'median', f=2), honest)
    assert np.abs(plain).max() == 0
    assert np.linalg.norm(helped - 0.1) < np.linalg.norm(plain - 0.1) / 2


def test_buckets_hold_each_vector_once(rng):
    vectors = rng.standard_normal((9, 4))
    context = Context(rng=np.random.default_rng(3))
    # with clipping to nothing told apart, the mean of equal buckets is the mean of all
    assert aggregate(wrapped('bucketing', 'mean', size=3), vectors, context) == pytest.approx(
        vectors.mean(axis=0)
    )
    alone = aggregate(wrapped('bucketing', 'median', size=1), vectors, context)
    assert alone == pytest.approx(np.median(vectors, axis=0))
    together = aggregate(wrapped('bucketing', 'median', size=9), vectors, context)
    assert together == pytest.approx(vectors.mean(axis=0))


def test_the_last_bucket_may_be_smaller_and_draws_differ_by_generator():
    vectors = np.array([[0.0], [10.0], [20.0]])
    choice = wrapped('bucketing', 'mean', size=2)
    found = {
        aggregate(choice, vectors, Context(rng=np.random.default_rng(seed))).item()
        for seed in range(20)
    }
    assert found == {(5 + 20) / 2, (10 + 10) / 2, (15 + 0) / 2}


def test_clipping_shortens_what_is_longer(rng):
    vectors = rng.standard_normal((6, 10)) * np.array([0.1, 1, 1, 5, 50, 0])[:, None]
    norms = np.linalg.norm(vectors, axis=1)
    expected = [v if n <= 2 else 2 * v / n for v, n in zip(vectors, norms, strict=True)]
    found = aggregate(wrapped('clipping', 'mean', radius=2.0), vectors)
    assert found == pytest.approx(np.mean(expected, axis=0))


@pytest.mark.parametrize(('n', 'f', 'clipped'), [(10, 2, 3), (11, 5, 5), (9, 0, 0), (7, 1, 1)])
def test_adaptive_clipping_shortens_the_longest_to_the_next(rng, n, f, clipped):
    vectors = rng.standard_normal((n, 10)) * np.arange(1, n + 1)[:, None]
    norms = np.linalg.norm(vectors, axis=1)
    radius = np.sort(norms)[n - 1 - clipped]
    expected = vectors * np.minimum(1, radius / norms)[:, None]
    found = aggregate(wrapped('adaptive_clipping', 'mean', f=f), vectors)
    assert found == pytest.approx(expected.mean(axis=0))


def test_the_last_aggregate_reaches_the_rule_inside(rng):
    vectors = rng.standard_normal((9, 5))
    choice = wrapped('adaptive_clipping', {'centered_clipping': {'radius': 1e-9}}, f=2)
    assert aggregate(choice, vectors, Context(previous=np.full(5, 3.0))) == pytest.approx(3)


def test_what_does_not_fit_is_said_of_both(rng):
    choice = wrapped('bucketing', {'krum': {'f': 2}}, size=3)
    assert list(problems(choice, 19)) == []
    assert list(problems(choice, 18)) == [
        'bucketing to 6 vectors: krum needs n >= 2f + 3: n=6, f=2'
    ]
    assert tolerance(choice, 18) == 1
    mixing = wrapped('nearest_neighbour_mixing', {'trimmed_mean': {'f': 6}}, f=5)
    assert list(problems(mixing, 9)) == [
        'nearest_neighbour_mixing needs n >= 2f + 1: n=9, f=5',
        'nearest_neighbour_mixing: trimmed_mean needs n >= 2f + 1: n=9, f=6',
    ]
    with pytest.raises(ScenarioError, match=r'mixing: trimmed_mean needs .* n=11, f=6'):
        aggregate(mixing, rng.standard_normal((11, 3)))


def test_costs_add_up_and_promises_are_those_that_both_give():
    choice = wrapped('bucketing', {'krum': {'f': 2}}, size=2)
    assert flops(choice, 20, 1000) == 20 * 1000 + flops(RULES.choice('krum', f=2), 10, 1000)
    assert promises(choice) == Promises(permutation_invariant=False)
    assert not promises(wrapped('clipping', 'median', radius=1.0)).translation_equivariant
    assert promises(wrapped('clipping', 'mean', radius=1.0)).weighted_by_samples


def test_a_plain_function_of_a_plug_in_is_given_clean_vectors_and_promises_nothing():
    def first(vectors, *, index: int = 0):
        return vectors[index]

    RULES.add({'first': first}, source='a test')
    try:
        choice = RULES.read('first')
        assert aggregate(choice, [None, [1.0]], Context()).tolist() == [0.0]
        assert tolerance(choice, 5) is selected(choice, np.ones((2, 1))) is None
        assert promises(choice) == Promises(False, False, False, False)
        assert (flops(choice, 5, 5), list(problems(choice, 5))) == (0.0, [])
        inside = wrapped('clipping', 'first', radius=1.0)
        assert aggregate(inside, [[3.0, 4.0]]) == pytest.approx([0.6, 0.8])
        assert tolerance(inside, 5) == 5
    finally:
        RULES.remove('a test')
