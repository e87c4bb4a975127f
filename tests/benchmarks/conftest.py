"""What benchmarks share: one thread, rates, and the slopes of a small network by hand."""

from time import process_time

import numpy as np
import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture
def one_thread():
    """Let all algebra run on one thread."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def rated():
    """Return a function that calls what counts and measures: counts a CPU second, the measure."""

    def rate(call):
        begun = process_time()
        count, accuracy = call()
        return count / (process_time() - begun), accuracy

    return rate


@pytest.fixture
def slopes_by_hand():
    """Return a function of a mini-batch's slopes in a network of one hidden layer.

    It takes the weights (w1, b1, w2, b2), the inputs and labels of a mini-batch, and the numbers
    0.. of its rows.
    """

    def slopes_of(weights, inputs, labels, rows):
        w1, b1, w2, b2 = weights
        hidden = np.maximum(inputs @ w1 + b1, 0)
        outputs = hidden @ w2 + b2
        outputs -= outputs.max(axis=1, keepdims=True)
        slopes = np.exp(outputs)
        slopes /= slopes.sum(axis=1, keepdims=True)
        slopes[rows, labels] -= 1
        slopes /= len(rows)
        below = (slopes @ w2.T) * (hidden > 0)
        return inputs.T @ below, below.sum(axis=0), hidden.T @ slopes, slopes.sum(axis=0)

    return slopes_of
