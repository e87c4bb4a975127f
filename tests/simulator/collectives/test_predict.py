"""Closed forms against the table of facts, a plain reference timer, and published points."""

from math import ceil, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.collectives import (
    COLLECTIVES,
    POSTCONDITIONS,
    PREDICTIONS,
    Ranks,
    Schedule,
    critical_path,
)

ALPHA, BETA, GAMMA = 100e-6, 8e-10, 3e-10
EXACT = 1e-9
ALL_REDUCES = sorted(set(COLLECTIVES) - set(POSTCONDITIONS))


def up(m):
    return ceil(log2(m))


def fold(m):
    """Return k and p = 2^k, the greatest power of two that is not above m."""
    return int(log2(m)), 2 ** int(log2(m))


def butterfly(m, n, a, b):
    k, p = fold(m)
    return (
        (k * (a + n * b), m * k * n)
        if p == m
        else ((k + 2) * (a + n * b), p * k * n + 2 * (m - p) * n)
    )


def halving_doubling(m, n, a, b):
    k, p = fold(m)
    if p == m:
        return 2 * k * a + 2 * (m - 1) / m * n * b, 2 * (m - 1) * n
    return (2 * k + 2) * a + 2 * (1 + (p - 1) / p) * n * b, 2 * (m - 1) * n


def torus(m, n, a, b):
    r = max(r for r in range(1, m + 1) if m % r == 0 and r * r <= m)
    return 2 * (r - 1 + m // r - 1) * a + 2 * (m - 1) / m * n * b, 2 * (m - 1) * n


# time and bytes of all ranks, as the table of facts has them, m >= 2
FACTS = {
    'all_to_all': lambda m, n, a, b: (a + (m - 1) * n * b, m * (m - 1) * n),
    'master_worker': lambda m, n, a, b: (2 * a + 2 * (m - 1) * n * b, 2 * (m - 1) * n),
    'tree': lambda m, n, a, b: (2 * up(m) * (a + n * b), 2 * (m - 1) * n),
    'round_robin': lambda m, n, a, b: ((m - 1) * (a + n * b), m * (m - 1) * n),
    'direct': lambda m, n, a, b: (2 * (m - 1) * (a + n * b / m), 2 * (m - 1) * n),
    'butterfly': butterfly,
    'halving_doubling': halving_doubling,
    'ring': lambda m, n, a, b: (2 * (m - 1) * (a + n * b / m), 2 * (m - 1) * n),
    'double_binary_tree': lambda m, n, a, b: (None, 2 * (m - 1) * n),
    'hierarchical': lambda m, n, a, b: (None, 2 * (m - 1) * n),
    'torus_2d': torus,
}


def test_every_all_reduce_stands_in_the_table():
    assert sorted(FACTS) == ALL_REDUCES


@pytest.mark.parametrize('name', ALL_REDUCES)
def test_predictions_are_the_table_of_facts(name):
    for m in [*range(2, 34), 100]:
        seconds, total = FACTS[name](m, 1e6, ALPHA, BETA)
        predicted = PREDICTIONS[name](Ranks(m), 1e6, ALPHA, BETA)
        assert predicted.total_bytes == pytest.approx(total, rel=EXACT)
        if seconds is not None:
            assert predicted.seconds == pytest.approx(seconds, rel=EXACT)


@pytest.mark.parametrize('name', ALL_REDUCES)
def test_the_most_loaded_rank_of_the_table(name):
    m, n = 16, 1e6
    most = {
        'all_to_all': (m - 1) * n,
        'master_worker': (m - 1) * n,
        'tree': 4 * n,
        'round_robin': (m - 1) * n,
        'butterfly': 4 * n,
        'double_binary_tree': 2 * n,
        'hierarchical': 2 * 3 / 4 * n + 2 * n,
    }
    predicted = PREDICTIONS[name](Ranks(m), n, ALPHA, BETA)
    assert predicted.most_sent == pytest.approx(most.get(name, 2 * (m - 1) / m * n))


@pytest.mark.parametrize('name', sorted(COLLECTIVES))
@pytest.mark.parametrize('m', range(1, 34))
def test_time_on_an_uncontended_star_is_the_prediction(name, m, star_time):
    options = {'segments': 3} if name == 'double_binary_tree' else {}
    n = 1e5 * m
    predicted = PREDICTIONS[name](Ranks(m), n, ALPHA, BETA, **options).seconds
    timed = star_time(COLLECTIVES[name](Ranks(m), **options), n, ALPHA, BETA)
    assert timed == pytest.approx(predicted, rel=EXACT)


@pytest.mark.parametrize(
    ('name', 'm', 'seconds'),
    [
        ('ring', 8, 0.141400),
        ('ring', 64, 0.170100),
        ('ring', 256, 0.210375),
        ('butterfly', 64, 0.480600),
        ('all_to_all', 64, 5.040100),
    ],
)
def test_predictions_meet_the_reference_points(name, m, seconds):
    predicted = PREDICTIONS[name](Ranks(m), 100e6, ALPHA, BETA).seconds
    assert predicted == pytest.approx(seconds, rel=EXACT)


@pytest.mark.parametrize('name', sorted(set(COLLECTIVES) - {'all_to_all', 'master_worker'}))
@pytest.mark.parametrize('m', [2, 5, 8])
def test_reductions_lengthen_the_critical_path(name, m, star_time):
    n = 1e6
    predicted = PREDICTIONS[name](Ranks(m), n, ALPHA, BETA, GAMMA).seconds
    timed = star_time(COLLECTIVES[name](Ranks(m)), n, ALPHA, BETA, GAMMA)
    assert timed == pytest.approx(predicted, rel=EXACT)


@given(st.integers(2, 300), st.floats(1e3, 1e9))
@settings(deadline=None, max_examples=40)
def test_nothing_beats_the_lower_bounds(m, n):
    for name in set(ALL_REDUCES) - {'double_binary_tree', 'hierarchical'}:
        seconds = PREDICTIONS[name](Ranks(m), n, ALPHA, BETA).seconds
        assert seconds >= 2 * (m - 1) / m * n * BETA * (1 - EXACT)
        if name not in ('all_to_all', 'master_worker'):  # there one port speaks to many at once
            assert seconds >= up(m) * ALPHA


@pytest.mark.parametrize('m', [16, 63, 64, 256])
def test_a_double_binary_tree_is_near_its_bound(m):
    n = 100e6
    segments = round((n * BETA * log2(m) / (2 * ALPHA)) ** 0.5)
    predicted = PREDICTIONS['double_binary_tree'](Ranks(m), n, ALPHA, BETA, segments=segments)
    bound = 4 * log2(m) * ALPHA + 2 * n * BETA
    root = (n * ALPHA * BETA * log2(m)) ** 0.5
    assert bound < predicted.seconds < bound + 8 * root
    assert predicted.most_sent <= 2 * n * (1 + EXACT)


def test_a_critical_path_starts_when_both_ends_are_free():
    # 0 -> 1 (10 bytes), then 1 -> 2 waits for it, while 3 -> 0 need not wait for 1 -> 2
    schedule = Schedule(4, 2, [0, 1, 1], [0, 1, 3], [1, 2, 0], [0, 0, 1], [2, 1, 1], [True] * 3)
    assert critical_path(schedule, [9.0, 1.0], 1.0, 1.0) == (1 + 10) + (1 + 9)
