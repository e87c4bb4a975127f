"""Aggregation rules against what no rule can do without, in the same run.

A rule that compares all pairs is measured in units of one `X @ X.T` plus one pass over X; one
that sorts coordinates in units of `numpy.partition` along the axis. One thread, n = 50,
d = 100,000, f = 10, float32.
"""

import sys
from time import process_time

import numpy as np
import pytest

from simulator.robust.aggregation import (
    brute,
    bulyan,
    geometric_median,
    median,
    mixed,
    multi_krum,
    trimmed_mean,
)
from simulator.robust.aggregation.coordinatewise import near_median

N, D, F = 50, 100_000, 10
ROUNDS = 40

pytestmark = pytest.mark.usefixtures('one_thread')


@pytest.fixture(scope='module')
def vectors():
    """Honest vectors around a common mean, and liars of little-is-enough's kind."""
    rng = np.random.default_rng(0)
    vectors = 1 + rng.standard_normal((N, D), dtype=np.float32)
    vectors[-F:] = vectors[:-F].mean(axis=0) + 1.5 * vectors[:-F].std(axis=0)
    return vectors


def pairs(vectors):
    """One product for all pairs, one pass over all entries."""
    return vectors @ vectors.T, vectors.sum(axis=0)


def times(function, *references):
    """Return least processor seconds over the sum of the references', taken in turns."""
    calls = (function, *references)
    seconds = np.empty((ROUNDS, len(calls)))
    for row in seconds:
        for column, call in enumerate(calls):
            start = process_time()
            call()
            row[column] = process_time() - start
    best = seconds.min(axis=0)
    return best[0] / best[1:].sum()


def report(benchmark, name, ratio, limit):
    benchmark.extra_info['ratio'] = ratio
    sys.stdout.write(f'\n{name}: {ratio:.2f} times the reference (at most {limit})\n')
    assert ratio <= limit


def test_multi_krum(benchmark, vectors):
    benchmark.pedantic(multi_krum, (vectors,), {'f': F}, rounds=5)
    ratio = times(lambda: multi_krum(vectors, f=F), lambda: pairs(vectors))
    report(benchmark, 'multi_krum', ratio, 2)


def test_nearest_neighbour_mixing(benchmark, vectors):
    benchmark.pedantic(mixed, (vectors, F), rounds=5)
    ratio = times(lambda: mixed(vectors, F), lambda: pairs(vectors))
    report(benchmark, 'nearest_neighbour_mixing', ratio, 3)


def test_bulyan_over_krum_plus_its_coordinate_step(benchmark, vectors):
    benchmark.pedantic(bulyan, (vectors,), {'f': F}, rounds=5)
    picked = vectors[: N - 2 * F]
    ratio = times(
        lambda: bulyan(vectors, f=F),
        *[lambda: pairs(vectors)] * 3,
        lambda: near_median(picked, N - 4 * F),
    )
    report(benchmark, 'bulyan over krum, to 3 references and its last step', ratio, 1)


@pytest.mark.parametrize('rule', ['median', 'trimmed_mean', 'near_median'])
def test_coordinates(benchmark, vectors, rule):
    call = {
        'median': lambda: median(vectors),
        'trimmed_mean': lambda: trimmed_mean(vectors, f=F),
        'near_median': lambda: near_median(vectors, N - F),
    }[rule]
    # one rank alone: numpy takes three times as long for two
    ratio = times(call, lambda: np.partition(vectors, N // 2, axis=0))
    benchmark.pedantic(call, rounds=5)
    report(benchmark, rule, ratio, 3 if rule == 'near_median' else 1)


@pytest.mark.parametrize('d', [2, D])
def test_brute_takes_less_than_ten_seconds(benchmark, vectors, d):
    benchmark.pedantic(brute, (vectors[:, :d],), {'f': F}, rounds=3)
    seconds = benchmark.stats['max']
    sys.stdout.write(f'\nbrute, d = {d}: {seconds:.3f} s (at most 10)\n')
    assert seconds < 10


def test_geometric_median(benchmark, vectors):
    benchmark.pedantic(geometric_median, (vectors,), rounds=5)
    ratio = times(lambda: geometric_median(vectors), lambda: pairs(vectors))
    report(benchmark, 'geometric_median', ratio, 3)
