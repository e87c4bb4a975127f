"""Needs, promises, contexts: what stands beside a rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import ScenarioError
from simulator.robust.aggregation import RULES, Context, Needs, Promises, krum, mean, rule

# the table of `facts`: how many vectors a rule needs for f liars
TABLE = {
    'geometric_median': (2, 1),
    'median': (2, 1),
    'trimmed_mean': (2, 1),
    'mean_around_median': (2, 1),
    'krum': (2, 3),
    'multi_krum': (2, 3),
    'brute': (2, 1),
    'bulyan': (4, 3),
}


@given(st.sampled_from(sorted(TABLE)), st.integers(1, 60))
def test_tolerances_are_the_published_ones(name, n):
    per_liar, least = TABLE[name]
    largest = max([f for f in range(n) if n >= per_liar * f + least], default=-1)
    assert RULES[name].tolerance(n) == largest


def test_the_mean_survives_nobody_and_shows_it():
    assert mean.tolerance(100) == 0
    assert np.isnan(mean(np.array([[np.nan], [1.0]]))).all()


def test_a_refusal_names_the_numbers():
    with pytest.raises(ScenarioError, match=r'krum needs n >= 2f \+ 3: n=10, f=4'):
        krum(np.ones((10, 2)), f=4)
    with pytest.raises(ScenarioError, match='f=-1'):
        krum(np.ones((10, 2)), f=-1)
    assert list(krum.check(10, f=3)) == []


def test_a_rule_of_ones_own():
    @rule(needs=Needs(3, 1), flops=lambda n, d, *, f: n * d * f, promises=Promises(False))
    def own(vectors, context, *, f: int):
        """Return the last aggregate."""
        return context.previous

    assert own.__doc__ == 'Return the last aggregate.'
    assert own([[1.0]] * 4, Context(previous=np.zeros(1)), f=1).tolist() == [0]
    assert (own.tolerance(9), own.flops(4, 5, f=1)) == (2, 20)
    assert own.selects(np.ones((4, 1)), f=1) is None
    assert not own.promises.permutation_invariant


def test_promises_combine():
    both = Promises(permutation_invariant=False) & Promises(scale_equivariant=False)
    assert both == Promises(permutation_invariant=False, scale_equivariant=False)
