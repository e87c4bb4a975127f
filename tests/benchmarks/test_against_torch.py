"""Gradients of 128 workers against torch's vmap of grad, on one thread of the CPU."""

import sys
from functools import partial
from time import process_time

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from simulator.learning.models import Task, cnn, mlp

torch = pytest.importorskip('torch')
nn = torch.nn

WORKERS, BATCH, ROUNDS = 128, 32, 15

PEERS = {
    'mlp 64-64-10': (
        partial(mlp, hidden=[64]),
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)),
    ),
    'cnn 8 and 16 maps': (
        cnn,
        lambda: nn.Sequential(
            nn.Unflatten(1, (1, 8)),
            nn.Conv2d(1, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64, 10),
        ),
    ),
}


def seconds_of(*calls):
    """Return the least processor time of each call, taken in turns: all meet the same noise."""
    seconds = np.empty((ROUNDS, len(calls)))
    for row in seconds:
        for column, call in enumerate(calls):
            start = process_time()
            call()
            row[column] = process_time() - start
    return seconds.min(axis=0)


@pytest.mark.parametrize('name', PEERS)
def test_not_slower_than_vmap_of_grad(benchmark, name):
    ours, theirs = PEERS[name]
    rng, model, module = np.random.default_rng(0), ours(Task((8, 8), 10)), theirs()
    parameters = np.stack([model.init(rng) for _ in range(WORKERS)])
    images = rng.random((WORKERS, BATCH, 8, 8), dtype=np.float32)
    labels = rng.integers(0, 10, (WORKERS, BATCH))
    stacked = {
        name: each.detach().expand(WORKERS, *each.shape).contiguous()
        for name, each in module.named_parameters()
    }
    assert sum(each[0].numel() for each in stacked.values()) == model.dimension
    tensors = torch.from_numpy(images), torch.from_numpy(labels)

    def loss(weights, some, wanted):
        outputs = torch.func.functional_call(module, weights, (some,))
        return nn.functional.cross_entropy(outputs, wanted)

    gradients = torch.func.vmap(torch.func.grad_and_value(loss))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            mine, other = seconds_of(
                lambda: model.losses_and_gradients(parameters, images, labels),
                lambda: gradients(stacked, *tensors),
            )
            benchmark.pedantic(model.losses_and_gradients, (parameters, images, labels), rounds=3)
    finally:
        torch.set_num_threads(threads)
    benchmark.extra_info['times faster than vmap of grad'] = other / mine
    sys.stdout.write(f'\n{name}, {WORKERS} workers: {other / mine:.2f} x vmap of grad\n')
    assert mine <= other
