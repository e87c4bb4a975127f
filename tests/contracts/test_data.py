"""What every data set of the catalogue promises."""

from functools import partial

import numpy as np
import pytest

from simulator.learning.data import DATA


def user_files(folder):
    """Write a file of each format, and return the options that lead there."""
    inputs, labels = np.random.default_rng(0).integers(0, 9, (30, 4)), np.arange(30) % 3
    np.savez(folder / 'some.npz', inputs=inputs, targets=labels)
    rows = [','.join(map(str, [*row, label])) for row, label in zip(inputs, labels, strict=True)]
    (folder / 'some.csv').write_text('\n'.join(['a,b,c,d,kind', *rows]))
    images = bytes([0, 0, 8, 3, 0, 0, 0, 30, 0, 0, 0, 2, 0, 0, 0, 2]) + bytes(
        inputs.ravel().tolist()
    )
    (folder / 'images').write_bytes(images)
    (folder / 'labels').write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 30, *labels]))
    return {
        'npz': {'path': str(folder / 'some.npz')},
        'csv': {'path': str(folder / 'some.csv'), 'target': 'kind'},
        'idx': {'images': str(folder / 'images'), 'labels': str(folder / 'labels')},
    }


@pytest.fixture(params=DATA)
def make(request, tmp_path):
    return partial(DATA[request.param], **user_files(tmp_path).get(request.param, {}))


@pytest.fixture
def data(make):
    return make(np.random.default_rng(7))


def test_its_arrays_are_of_its_task(data):
    for inputs, targets in (data.train, data.test):
        task, count = data.task, (len(inputs),)
        assert inputs.dtype == (np.int32 if task.tokens else np.float32)
        assert inputs.shape[1:] == task.inputs
        assert np.isfinite(inputs).all()
        assert len(inputs) == len(targets) > 0
        expected = (*count, task.steps) if task.steps else count
        assert targets.shape == (expected if task.labels else (*expected, task.outputs))
        if task.tokens:
            assert -1 <= inputs.min() <= inputs.max() < task.tokens
            assert (inputs[:, 0] >= 0).all()
        if task.labels and task.steps:
            assert -1 <= targets.min() <= targets.max() < task.outputs
        elif task.labels:
            assert set(np.unique(targets)) == set(range(task.outputs))
        assert not inputs.flags.writeable
        assert not targets.flags.writeable


def test_the_same_stream_gives_the_same_data(make, data):
    again = make(np.random.default_rng(7))
    assert again.sha256 == data.sha256
    assert len(data.sha256) == 64
    assert (again.train.inputs == data.train.inputs).all()
    assert (again.test.targets == data.test.targets).all()
