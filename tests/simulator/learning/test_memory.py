"""What a worker weighs, as `GradientPool` says it."""

import tracemalloc

import numpy as np
import pytest

from simulator.learning import Learning, cnn, digits, mlp
from simulator.learning.arrays import CACHE
from simulator.seeds import Seeds


def few_each(rng, _labels, workers):
    return [rng.permutation(1442)[:40].copy() for _ in range(workers)]


def held(workers):
    """Return the bytes of so many workers at rest, and with a gradient each."""
    tracemalloc.start()
    learning = Learning.draw(digits, few_each, mlp, workers=workers, seeds=Seeds(0))
    rest = tracemalloc.get_traced_memory()[0]
    pending = [learning.request(worker, learning.initial) for worker in range(workers)]
    values = [each.value for each in pending]
    busy = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return np.array([rest, busy]), values[0].nbytes


def test_a_worker_takes_three_kilobytes_and_its_gradient():
    held(2)  # what is made once
    (few, gradient), (many, _) = held(20), held(220)
    rest, busy = (many - few) / 200
    assert rest < 3000 + 8 * 40
    assert busy - rest < gradient + 2000


@pytest.mark.parametrize('model', [mlp, cnn])
def test_computing_takes_a_cacheful_whatever_the_number_of_workers(model):
    for workers in (20, 120):
        learning = Learning.draw(digits, few_each, model, workers=workers, seeds=Seeds(0))
        pending = [learning.request(worker, learning.initial) for worker in range(workers)]
        tracemalloc.start()
        values = [each.value for each in pending]
        kept, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(values) == workers
        assert peak - kept < CACHE
