import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning.data import blobs, xor


def test_noise_spreads_xor_around_its_corners():
    data = xor(np.random.default_rng(0), samples=4000, noise=0.1)
    away = data.train.inputs - np.round(data.train.inputs)
    assert away.std() == pytest.approx(0.1, rel=0.05)
    corners = np.round(data.train.inputs).astype(int)
    assert (corners[:, 0] ^ corners[:, 1] == data.train.targets).all()
    assert not (data.test.inputs == data.train.inputs).any()


def test_blobs_are_equal_clouds():
    data = blobs(np.random.default_rng(0), samples=5000, classes=5, spread=0.2)
    assert (np.bincount(data.train.targets) == 800).all()
    for label in range(5):
        cloud = data.train.inputs[data.train.targets == label]
        assert cloud.std(axis=0) == pytest.approx(0.2, rel=0.1)


def test_other_streams_draw_other_blobs():
    assert blobs(np.random.default_rng(0)).sha256 != blobs(np.random.default_rng(1)).sha256


def test_too_few_blobs_to_test_on_are_refused():
    with pytest.raises(DataError, match=r'samples\(=9\) must be >= 10'):
        blobs(np.random.default_rng(0), samples=9, classes=2)
