"""Attacks that hide among the honest: their closed forms, and that they stay within them."""

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import ScenarioError
from simulator.robust.aggregation import RULES
from simulator.robust.attacks import (
    View,
    inner_product,
    inner_product_optimized,
    largest_shift,
    little_is_enough,
    little_is_enough_optimized,
    min_max,
    min_sum,
)
from simulator.robust.attacks.search import highest


def view_of(rng, h=20, b=5, d=200, **more):
    return View(rng.standard_normal((h, d)) + 1, rng.standard_normal((b, d)) + 1, **more)


def test_little_is_enough_shifts_by_standard_deviations(rng):
    view = view_of(rng)
    sent = little_is_enough(view, z=1.5)
    assert sent[0] == pytest.approx(view.honest.mean(axis=0) + 1.5 * view.honest.std(axis=0))
    assert (sent == sent[0]).all()


@given(st.integers(2, 60), st.integers(0, 40))
def test_the_largest_shift_is_that_of_the_paper(n, f):
    f = min(f, n - 1)
    supporters = n // 2 + 1 - f
    share = (n - f - supporters) / (n - f)
    z = largest_shift(n, f)
    assert z >= 0
    if 0.5 <= share < 1:
        assert NormalDist().cdf(z) == pytest.approx(min(share, (n - f - 0.5) / (n - f)))
    elif share < 0.5:
        assert z == 0


def test_the_default_shift_is_the_largest(rng):
    view = view_of(rng)
    z = largest_shift(25, 5)
    assert (little_is_enough(view) == little_is_enough(view, z=z)).all()
    # in a quorum of another size it is another
    quorum = little_is_enough(replace(view, n=20))
    assert (quorum == little_is_enough(view, z=largest_shift(20, 5))).all()


def test_inner_product_turns_the_mean_of_all_around(rng):
    view = view_of(rng)
    sent = inner_product(view, epsilon=5.0)
    assert sent[0] == pytest.approx(-5 * view.honest.mean(axis=0))
    received = np.concatenate([view.honest, sent]).mean(axis=0)
    assert received @ view.honest.mean(axis=0) < 0


RULE_CHOICES = ['mean', 'median', {'trimmed_mean': {'f': 5}}, {'multi_krum': {'f': 5}}]


@pytest.mark.parametrize('rule', RULE_CHOICES, ids=str)
@pytest.mark.parametrize(
    ('optimized', 'plain', 'option'),
    [
        (little_is_enough_optimized, little_is_enough, 'z'),
        (inner_product_optimized, inner_product, 'epsilon'),
    ],
)
def test_an_optimized_attack_is_at_least_as_harmful(rng, rule, optimized, plain, option):
    view = view_of(rng, rule=RULES.read(rule))
    mean = view.honest.mean(axis=0)
    along = view.honest.std(axis=0) if option == 'z' else -mean

    def harm(sent):
        return (view.rule(np.concatenate([view.honest, sent])) - mean) @ along

    found = harm(optimized(view))
    assert found >= harm(plain(view, **{option: 1.0})) - 1e-9
    assert found >= max(harm(plain(view, **{option: x})) for x in (0.25, 0.5, 2.0)) - 1e-9
    if rule == 'mean':
        assert found > 100


def test_without_a_rule_there_is_nothing_to_try(rng):
    with pytest.raises(ScenarioError, match='none is in use'):
        little_is_enough_optimized(view_of(rng))


@given(st.floats(0.07, 100), st.integers(20, 40))
def test_the_search_finds_a_peak(peak, evaluations):
    tried = []

    def value(x):
        tried.append(x)
        return -abs(np.log(x / peak)) if x > 0 else -np.inf

    assert highest(value, evaluations) == pytest.approx(peak, rel=0.1)
    assert len(tried) <= evaluations


def distances(view, sent):
    to_honest = ((view.honest - sent) ** 2).sum(axis=1)
    among = ((view.honest[:, None] - view.honest[None]) ** 2).sum(axis=-1)
    return to_honest, among


@pytest.mark.parametrize('direction', ['deviation', 'sign', 'unit'])
def test_min_max_goes_as_far_as_two_honest_ones_are_apart(rng, direction):
    view = view_of(rng)
    sent = min_max(view, direction=direction)[0]
    to_honest, among = distances(view, sent)
    assert to_honest.max() == pytest.approx(among.max())
    assert (sent - view.honest.mean(axis=0)) @ view.honest.mean(axis=0) < 0


@pytest.mark.parametrize('direction', ['deviation', 'sign', 'unit'])
def test_min_sum_has_the_largest_sum_of_an_honest_vector(rng, direction):
    view = view_of(rng)
    to_honest, among = distances(view, min_sum(view, direction=direction)[0])
    assert to_honest.sum() == pytest.approx(among.sum(axis=1).max())


def test_where_all_agree_there_is_nowhere_to_hide():
    view = View(np.ones((5, 4)), np.ones((2, 4)))
    for hidden in (min_max, min_sum, little_is_enough):
        assert hidden(view) == pytest.approx(np.ones((2, 4)))
