"""What every data set of the catalogue promises."""

import numpy as np
import pytest

from simulator.learning.data import DATA


@pytest.fixture(params=DATA)
def make(request):
    return DATA[request.param]


@pytest.fixture
def data(make):
    return make(np.random.default_rng(7))


def test_its_arrays_are_of_its_task(data):
    for inputs, targets in (data.train, data.test):
        assert inputs.dtype == np.float32
        assert inputs.shape[1:] == data.task.inputs
        assert np.isfinite(inputs).all()
        assert len(inputs) == len(targets) > 0
        if data.task.labels:
            assert targets.shape == (len(inputs),)
            assert set(np.unique(targets)) == set(range(data.task.outputs))
        else:
            assert targets.shape == (len(inputs), data.task.outputs)
        assert not inputs.flags.writeable
        assert not targets.flags.writeable


def test_the_same_stream_gives_the_same_data(make, data):
    again = make(np.random.default_rng(7))
    assert again.sha256 == data.sha256
    assert len(data.sha256) == 64
    assert (again.train.inputs == data.train.inputs).all()
    assert (again.test.targets == data.test.targets).all()
