"""What it costs to record: rows a second, bytes a row."""

import sys

import numpy as np
import pytest

from simulator.recording import Coded, Recorder
from simulator.recording.options import NOTHING

BATCH, BATCHES = 4_000, 250
SPANS = 200_000


@pytest.fixture(scope='module')
def batches():
    """A million messages as a fabric hands them over: thousands at a time."""
    rng = np.random.default_rng(0)

    def batch(number):
        sent = np.sort(rng.random(BATCH)) + number
        return {
            'message': np.arange(number * BATCH, (number + 1) * BATCH),
            'kind': Coded(rng.integers(0, 2, BATCH), ['gradient', 'model']),
            'source': rng.integers(0, 256, BATCH),
            'target': rng.integers(0, 256, BATCH),
            'bytes': np.full(BATCH, 390625.0),
            'step': number,
            'collective': -1,
            'attempt': 0,
            'sent': sent,
            'started': sent + 1e-4,
            'delivered': sent + 3e-3,
        }

    return [batch(number) for number in range(BATCHES)]


def test_messages_in_batches(benchmark, tmp_path, batches):
    def record():
        with Recorder(tmp_path) as recorder:
            for batch in batches:
                recorder.extend('messages', batch)

    benchmark.pedantic(record, rounds=5, warmup_rounds=1)
    size = sum(path.stat().st_size for path in tmp_path.rglob('*.parquet'))
    rows = BATCH * BATCHES
    sys.stdout.write(
        f'\n{rows / benchmark.stats["min"]:,.0f} rows/s, {size / rows:.1f} bytes a row\n'
    )


@pytest.mark.parametrize('kept', [True, False], ids=['recorded', 'switched off'])
def test_spans_one_at_a_time(benchmark, tmp_path, kept):
    def record():
        with Recorder(tmp_path, **({} if kept else {'options': NOTHING})) as recorder:
            for k in range(SPANS):
                recorder.span(k % 16, 'compute', 'gradient', k // 16, k * 1e-3, k * 1e-3 + 5e-4)

    benchmark.pedantic(record, rounds=5, warmup_rounds=1)
    sys.stdout.write(f'\n{SPANS / benchmark.stats["min"]:,.0f} rows/s\n')
