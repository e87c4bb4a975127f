"""Gradients of a stack of workers against a loop over workers of the same mathematics."""

import sys
from time import perf_counter

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from simulator.learning.models import Task, mlp

WORKERS, BATCH, ROUNDS = 128, 32, 30


@pytest.fixture(autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


def lone_mlp(parameters, inputs, labels):
    """Return loss and gradient of one worker, as one would write it by hand."""
    w1, b1, w2, b2 = np.split(parameters, [4096, 4160, 4800])
    w1, w2 = w1.reshape(64, 64), w2.reshape(64, 10)
    hidden = np.maximum(inputs @ w1 + b1, 0)
    outputs = hidden @ w2 + b2
    outputs -= outputs.max(axis=1, keepdims=True)
    slopes = np.exp(outputs)
    totals = slopes.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = (np.log(totals[:, 0]) - outputs[rows, labels]).mean()
    slopes /= totals
    slopes[rows, labels] -= 1
    slopes /= len(labels)
    below = (slopes @ w2.T) * (hidden > 0)
    parts = (inputs.T @ below, below.sum(axis=0), hidden.T @ slopes, slopes.sum(axis=0))
    return loss, np.concatenate([part.ravel() for part in parts])


def times_faster(function, reference):
    """Return the ratio of their least seconds, taken in turns so that both meet the same noise."""
    seconds = np.empty((ROUNDS, 2))
    for row in seconds:
        for column, call in enumerate((function, reference)):
            start = perf_counter()
            call()
            row[column] = perf_counter() - start
    best = seconds.min(axis=0)
    return best[1] / best[0]


def test_mlp_64_64_10_of_128_workers(benchmark):
    rng = np.random.default_rng(0)
    model = mlp(Task((64,), 10), hidden=[64])
    parameters = np.stack([model.init(rng) for _ in range(WORKERS)])
    inputs = rng.random((WORKERS, BATCH, 64), dtype=np.float32)
    labels = rng.integers(0, 10, (WORKERS, BATCH))

    def loop():
        return [lone_mlp(*one) for one in zip(parameters, inputs, labels, strict=True)]

    losses, gradients, _ = benchmark.pedantic(
        model.losses_and_gradients, (parameters, inputs, labels), rounds=ROUNDS, warmup_rounds=3
    )
    for i, (loss, gradient) in enumerate(loop()):
        assert losses[i] == pytest.approx(loss, rel=1e-5)
        assert gradients[i] == pytest.approx(gradient, abs=1e-6)

    ratio = times_faster(lambda: model.losses_and_gradients(parameters, inputs, labels), loop)
    benchmark.extra_info['times faster than a loop'] = ratio
    sys.stdout.write(f'\nmlp 64-64-10, {WORKERS} workers: {ratio:.2f} x a per-worker loop (2.5)\n')
    assert ratio >= 2.5
