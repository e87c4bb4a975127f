"""Compressors against the way one would write them at first."""

import sys
from time import process_time

import numpy as np
import pytest

from simulator.collectives import Ranks, ring
from simulator.compression import error_feedback, int8, merged, qsgd, sign, top_k

D, SHARE, ROUNDS = 1_000_000, 0.01, 20

pytestmark = pytest.mark.usefixtures('one_thread')


def naive_top_k(vector):
    """Return the sparse vector of a full sort."""
    kept = np.argsort(np.abs(vector))[-int(SHARE * len(vector)) :]
    sparse = np.zeros_like(vector)
    sparse[kept] = vector[kept]
    return sparse


def naive_qsgd(vector, rng, levels=7, chunk=512):
    """Return the decoded vector, one chunk after the other."""
    decoded = np.empty_like(vector)
    for start in range(0, len(vector), chunk):
        part = vector[start : start + chunk]
        norm = np.linalg.norm(part)
        ratio = np.abs(part) / norm * levels
        low = np.floor(ratio)
        level = low + (rng.random(len(part)) < ratio - low)
        decoded[start : start + chunk] = np.sign(part) * level * norm / levels
    return decoded


def ratio(benchmark, ours, reference, what):
    """Return how many times less processor time *ours* takes, best of alternating rounds."""
    benchmark.pedantic(ours, rounds=ROUNDS, warmup_rounds=2)
    seconds = np.empty((ROUNDS, 2))
    for row in seconds:
        for column, call in enumerate((ours, reference)):
            start = process_time()
            call()
            row[column] = process_time() - start
    best = seconds.min(axis=0)
    benchmark.extra_info['times faster'] = best[1] / best[0]
    sys.stdout.write(f'\n{what}: {1e3 * best[0]:.3f} ms, {best[1] / best[0]:.1f} x the naive\n')
    return best[1] / best[0]


def test_the_largest_hundredth_of_a_million(benchmark):
    vector, rng = np.random.default_rng(0).standard_normal(D, np.float32), None
    compressor = top_k(share=SHARE)
    faster = ratio(
        benchmark,
        lambda: compressor.apply(vector, (), rng),
        lambda: naive_top_k(vector),
        'top 1 % of 1e6',
    )
    assert faster >= 5


def test_random_rounding_of_a_million(benchmark):
    rng = np.random.default_rng(0)
    vector, compressor = rng.standard_normal(D, np.float32), qsgd()
    faster = ratio(
        benchmark,
        lambda: compressor.apply(vector, (), rng),
        lambda: naive_qsgd(vector, rng),
        'qsgd of 1e6',
    )
    assert faster >= 1.5


def test_small_models_of_many_workers_at_once(benchmark):
    workers, d = 200, 650
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((workers, d), np.float32)
    compressor = error_feedback(top_k(share=SHARE))
    states, rngs = [compressor.init(d)] * workers, [rng] * workers

    def naive():
        residuals = np.zeros((workers, d), np.float32)
        for vector, residual in zip(vectors, residuals, strict=True):
            wanted = vector + residual
            residual[:] = wanted - naive_top_k(wanted)

    faster = ratio(
        benchmark,
        lambda: compressor.apply_all(vectors, states, rngs),
        naive,
        f'top 1 % of {d}, {workers} workers, fed back',
    )
    assert faster >= 1


@pytest.mark.parametrize('make', [int8, sign])
def test_a_million_in_bytes_and_bits(benchmark, make):
    vector, compressor = np.random.default_rng(0).standard_normal(D, np.float32), make()
    benchmark(lambda: compressor.apply(vector, (), None))


def test_merge_sparse_vectors_of_64_ranks(benchmark):
    rng, compressor = np.random.default_rng(0), top_k(share=SHARE)
    vectors = rng.standard_normal((64, 20_000), np.float32)
    packets = [packet for packet, _ in compressor.apply_all(vectors, [()] * 64, [rng] * 64)]
    schedule = ring(Ranks(64))
    result = benchmark.pedantic(merged, (schedule, packets), rounds=3)
    transfers = len(schedule) / benchmark.stats['min']
    benchmark.extra_info['transfers per second'] = transfers
    dense = 2 * 63 * vectors[0].nbytes
    sys.stdout.write(
        f'\nring of 64, 20,000 entries, top 1 %: {transfers:,.0f} transfers a second, '
        f'{result.sizes.sum() / dense:.2f} of the dense bytes\n'
    )
