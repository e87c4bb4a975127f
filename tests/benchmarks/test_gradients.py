"""Gradients of a stack of workers against a loop over workers of the same mathematics."""

import sys
from functools import partial
from time import perf_counter

import numpy as np
import pytest

from simulator.learning.models import Task, cnn, mlp

WORKERS, BATCH, ROUNDS = 128, 32, 20

pytestmark = pytest.mark.usefixtures('one_thread')


def judged(outputs, labels, rows):
    """Return the mean cross-entropy of the softmax of outputs, and its derivative by them."""
    outputs -= outputs.max(axis=1, keepdims=True)
    slopes = np.exp(outputs)
    totals = slopes.sum(axis=1, keepdims=True)
    loss = (np.log(totals[:, 0]) - outputs[rows, labels]).mean()
    slopes /= totals
    slopes[rows, labels] -= 1
    slopes /= len(labels)
    return loss, slopes


def lone_mlp(parameters, images, labels):
    """Return loss and gradient of one worker, as one would write it by hand."""
    w1, b1, w2, b2 = np.split(parameters, [4096, 4160, 4800])
    w1, w2 = w1.reshape(64, 64), w2.reshape(64, 10)
    inputs = images.reshape(-1, 64)
    hidden = np.maximum(inputs @ w1 + b1, 0)
    loss, slopes = judged(hidden @ w2 + b2, labels, np.arange(len(labels)))
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


def patches(images):
    """Return the 3x3 windows of images (B, H, W, C) as rows."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, 9 * images.shape[3])


def from_patches(rows, shape):
    """Return the sum over windows of what each pixel got in them."""
    batch, height, width, maps = shape
    padded = np.zeros((batch, height + 2, width + 2, maps), rows.dtype)
    rows = rows.reshape(batch, height, width, 3, 3, maps)
    for row in range(3):
        for column in range(3):
            padded[:, row : row + height, column : column + width] += rows[:, :, :, row, column]
    return padded[:, 1:-1, 1:-1]


def pooled(maps):
    batch, height, width, depth = maps.shape
    return maps.reshape(batch, height // 2, 2, width // 2, 2, depth).max(axis=(2, 4))


def from_pooled(maps, largest, slopes):
    result, free = np.zeros_like(maps), np.ones(largest.shape, bool)
    for row in range(2):
        for column in range(2):
            chosen = (maps[:, row::2, column::2] == largest) & free
            free &= ~chosen
            result[:, row::2, column::2] = slopes * chosen
    return result


def lone_cnn(parameters, images, labels):
    """Return loss and gradient of one worker of `cnn` with 8 and 16 maps on 8x8 images."""
    k1, b1, k2, b2, w, b = np.split(parameters, [72, 80, 1232, 1248, 1888])
    k1, k2, w = k1.reshape(9, 8), k2.reshape(72, 16), w.reshape(64, 10)
    rows = np.arange(len(labels))
    seen1 = patches(images[..., None])
    maps1 = np.maximum(seen1 @ k1 + b1, 0).reshape(-1, 8, 8, 8)
    kept1 = pooled(maps1)
    seen2 = patches(kept1)
    maps2 = np.maximum(seen2 @ k2 + b2, 0).reshape(-1, 4, 4, 16)
    kept2 = pooled(maps2)
    flat = kept2.reshape(-1, 64)
    loss, slopes = judged(flat @ w + b, labels, rows)
    below2 = from_pooled(maps2, kept2, (slopes @ w.T).reshape(kept2.shape)) * (maps2 > 0)
    below2 = below2.reshape(-1, 16)
    below1 = from_pooled(maps1, kept1, from_patches(below2 @ k2.T, kept1.shape)) * (maps1 > 0)
    below1 = below1.reshape(-1, 8)
    parts = (seen1.T @ below1, below1.sum(axis=0), seen2.T @ below2, below2.sum(axis=0))
    parts += (flat.T @ slopes, slopes.sum(axis=0))
    return loss, np.concatenate([part.ravel() for part in parts])


@pytest.mark.parametrize(
    ('make', 'lone', 'bar'),
    [(partial(mlp, hidden=[64]), lone_mlp, 2.5), (cnn, lone_cnn, 1.2)],
    ids=['mlp 64-64-10', 'cnn 8 and 16 maps'],
)
def test_gradients_of_128_workers(benchmark, request, make, lone, bar):
    rng = np.random.default_rng(0)
    model = make(Task((8, 8), 10))
    parameters = np.stack([model.init(rng) for _ in range(WORKERS)])
    images = rng.random((WORKERS, BATCH, 8, 8), dtype=np.float32)
    labels = rng.integers(0, 10, (WORKERS, BATCH))

    def loop():
        return [lone(*one) for one in zip(parameters, images, labels, strict=True)]

    losses, gradients, _ = benchmark.pedantic(
        model.losses_and_gradients, (parameters, images, labels), rounds=5, warmup_rounds=1
    )
    for i, (loss, gradient) in enumerate(loop()):
        assert losses[i] == pytest.approx(loss, rel=1e-5)
        assert gradients[i] == pytest.approx(gradient, abs=1e-5)

    ratio = times_faster(lambda: model.losses_and_gradients(parameters, images, labels), loop)
    benchmark.extra_info['times faster than a loop'] = ratio
    name = request.node.callspec.id
    sys.stdout.write(f'\n{name}, {WORKERS} workers: {ratio:.2f} x a per-worker loop ({bar})\n')
    assert ratio >= bar
