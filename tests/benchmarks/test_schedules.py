"""Building, verifying and counting schedules of millions of rows."""

import numpy as np

from simulator.collectives import Ranks, apply, pair_traffic, ring, verify


def test_build_a_ring_over_1024_ranks(benchmark):
    schedule = benchmark(ring, Ranks(1024))
    rows = len(schedule)
    benchmark.extra_info['rows'] = rows
    benchmark.extra_info['rows_per_second'] = rows / benchmark.stats['min']

    assert benchmark.stats['min'] < 1.0


def test_verify_a_ring_over_256_ranks(benchmark):
    benchmark.pedantic(verify, (ring(Ranks(256)),), rounds=3)


def test_count_a_ring_over_1024_ranks(benchmark):
    benchmark.pedantic(pair_traffic, (ring(Ranks(1024)), 1.0), rounds=3)


def test_apply_a_ring_over_16_ranks_to_models_of_100_000_parameters(benchmark):
    values = np.ones((16, 100_000), np.float32)
    benchmark(apply, ring(Ranks(16)), values)
