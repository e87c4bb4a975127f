import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning.data import DATA, blobs, moons, spirals, xor


def rng(seed=0):
    return np.random.default_rng(seed)


def test_noise_spreads_xor_around_its_corners():
    data = xor(rng(), samples=4000, noise=0.1)
    away = data.train.inputs - np.round(data.train.inputs)
    assert away.std() == pytest.approx(0.1, rel=0.05)
    corners = np.round(data.train.inputs).astype(int)
    assert (corners[:, 0] ^ corners[:, 1] == data.train.targets).all()
    assert not (data.test.inputs == data.train.inputs).any()


def test_blobs_are_equal_clouds():
    data = blobs(rng(), samples=5000, classes=5, spread=0.2)
    assert (np.bincount(data.train.targets) == 800).all()
    for label in range(5):
        cloud = data.train.inputs[data.train.targets == label]
        assert cloud.std(axis=0) == pytest.approx(0.2, rel=0.1)


def test_the_arms_of_a_spiral_are_one_arm_turned():
    data = spirals(rng(), samples=5000, classes=4, turns=2, noise=0)
    x, y = data.train.inputs.T
    radius, angle = np.hypot(x, y), np.arctan2(y, x) / (2 * np.pi)
    arm = (angle - 2 * radius) % 1 * 4
    away = np.abs((arm - data.train.targets + 2) % 4 - 2)
    assert away.max() < 1e-3
    assert 0.99 < radius.max() <= 1


def test_moons_are_half_circles():
    data = moons(rng(), noise=0)
    for label, (x, y), side in ((0, (0, 0), 1), (1, (1, 0.5), -1)):
        moon = data.train.inputs[data.train.targets == label] - [x, y]
        assert np.hypot(*moon.T) == pytest.approx(1, rel=1e-5)
        assert (side * moon[:, 1] > -1e-6).all()


@pytest.mark.parametrize('name', ['blobs', 'spirals', 'moons'])
def test_other_streams_draw_other_samples(name):
    assert DATA[name](rng(0)).sha256 != DATA[name](rng(1)).sha256


def test_too_few_to_test_on_are_refused():
    with pytest.raises(DataError, match='leave none to test on'):
        blobs(rng(), samples=12, classes=4)
