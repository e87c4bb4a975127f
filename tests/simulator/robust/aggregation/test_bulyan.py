"""Bulyan, step by step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.robust.aggregation import brute, bulyan, geometric_median, median
from simulator.robust.aggregation.bulyan import _picks


def slow_krum(vectors, f):
    """Krum without a check of its tolerance, over one neighbour at least."""
    n = len(vectors)
    distances = ((vectors[:, None] - vectors[None, :]) ** 2).sum(axis=-1)
    nearest = [np.sort(np.delete(distances[i], i))[: max(1, n - f - 2)].sum() for i in range(n)]
    # of equals the one nearer to all
    return vectors[min(range(n), key=lambda i: (round(nearest[i], 12), distances[i].sum()))]


INNER = {
    'krum': slow_krum,
    'median': lambda vectors, f: median(vectors),
    'geometric_median': lambda vectors, f: geometric_median(vectors, gap=1e-12),
    'brute': lambda vectors, f: brute(vectors, f=f),
}


def slow_bulyan(vectors, f, inner):
    """First pick, one at a time, the vector closest to the inner rule's; then near the median."""
    n = len(vectors)
    left, picked = list(range(n)), []
    for _ in range(n - 2 * f):
        centre = inner(vectors[left], f)
        away = {i: float(np.linalg.norm(vectors[i] - centre)) for i in left}
        total = {i: ((vectors[left] - vectors[i]) ** 2).sum() for i in left}
        closest = min(left, key=lambda i: (round(away[i], 9), total[i]))
        left.remove(closest)
        picked.append(closest)
    chosen = vectors[picked]
    result = []
    for column in chosen.T:
        middle = np.median(column)
        nearest = sorted(column, key=lambda x: (abs(x - middle), x))[: len(chosen) - 2 * f]
        result.append(np.mean(nearest))
    return picked, np.array(result)


@pytest.mark.parametrize('over', INNER)
@given(f=st.integers(0, 2), more=st.integers(0, 3), seed=st.integers(0, 2**32))
@settings(max_examples=12)
def test_it_does_what_the_definition_says(over, f, more, seed):
    vectors = np.random.default_rng(seed).standard_normal((4 * f + 3 + more, 6))
    picked, result = slow_bulyan(vectors, f, INNER[over])
    assert sorted(_picks(vectors, f=f, over=over)) == sorted(picked)
    assert bulyan(vectors, f=f, over=over) == pytest.approx(result)


@pytest.mark.parametrize('over', INNER)
def test_one_large_coordinate_cannot_hide_in_a_long_vector(over, rng):
    """What the attack on one coordinate gains from Krum, Bulyan takes back."""
    honest = rng.standard_normal((9, 400))
    liars = np.repeat(honest.mean(axis=0, keepdims=True), 2, axis=0)
    liars[:, 0] += 15  # less than what honest vectors are apart, sqrt(2 d) = 28
    result = bulyan(np.concatenate([honest, liars]), f=2, over=over)
    assert abs(result[0]) <= np.abs(honest[:, 0]).max()
