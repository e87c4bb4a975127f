"""Published constants: their values, and that no attack gets past them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.robust.aggregation import RULES, constant, promised
from simulator.robust.aggregation.constants import krum_constant
from simulator.robust.attacks import ATTACKS
from simulator.robust.resilience import resilience

WITH_CONSTANT = [name for name in RULES if RULES.beside(name, 'constant')]
TOLD = [name for name in WITH_CONSTANT if 'f' in RULES.entry(name).parameters]


def choice(name, f):
    return RULES.read({name: {'f': f}} if name in TOLD else name)


def test_the_constants_are_those_of_the_papers():
    assert krum_constant(25, f=5) ** 2 == pytest.approx(2 * (20 + (5 * 18 + 25 * 19) / 13))
    n, f = 23, 5
    found = {name: constant(choice(name, f), n, f) for name in WITH_CONSTANT}
    assert found == pytest.approx({
        'median': np.sqrt(12),
        'geometric_median': 36 / 13,
        'trimmed_mean': np.sqrt(12 * 18) / 13,
        'mean_around_median': np.sqrt(180),
        'krum': krum_constant(n, f=f),
        'multi_krum': krum_constant(n, f=f),
        'brute': np.sqrt(8) * 5 / 18,
        'bulyan': krum_constant(n, f=f),
    })  # fmt: skip


def test_manifests_tell_the_constant_for_as_many_liars_as_told_or_else_there_are():
    assert promised(choice('krum', 2), 9, liars=3)['constant'] == krum_constant(9, f=2)
    assert promised(choice('geometric_median', 0), 9, liars=3)['constant'] == 4.0
    assert promised(choice('geometric_median', 0), 9, liars=9)['constant'] == 10.0  # of 4 at most
    assert promised(RULES.read('mean'), 9, liars=3)['constant'] is None


@given(st.sampled_from(TOLD), st.integers(7, 40), st.data())
def test_nothing_holds_for_more_liars_than_a_rule_is_told_of(name, n, data):
    f = data.draw(st.integers(0, RULES[name].tolerance(n)))
    assert constant(choice(name, f), n, f) >= 0
    assert constant(choice(name, f), n, f + 1) is None


def test_rules_without_a_published_constant_have_none():
    assert constant(RULES.read('mean'), 9, 0) is None
    assert constant(RULES.read({'bulyan': {'f': 1, 'over': 'median'}}), 9, 1) is None
    assert constant(RULES.read('median'), 9, 5) is None  # more than it survives


@pytest.mark.parametrize('name', WITH_CONSTANT)
@given(
    n=st.integers(7, 15),
    attack=st.sampled_from(['sign_flip', 'min_max', 'mimic', 'scaled', 'zero']),
    seed=st.integers(0, 99),
    d=st.integers(2, 8),
)
@settings(max_examples=6, deadline=None)
def test_no_attack_moves_the_mean_result_beyond_the_constant(name, n, attack, seed, d):
    f = RULES[name].tolerance(n)
    rule = choice(name, f)
    gradient = np.linspace(-1, 1, d)
    found = resilience(
        lambda rng: gradient + rng.standard_normal((n, d)),
        gradient,
        rule,
        ATTACKS.read(attack),
        f=f,
        draws=30,
        rng=np.random.default_rng(seed),
        constant=constant(rule, n, f),
    )
    assert found.distance - 3 * found.distance_error <= found.bound
