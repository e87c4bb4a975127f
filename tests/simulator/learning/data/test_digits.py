import numpy as np
import pytest

from simulator.learning.data import digits


def test_the_images_are_those_of_the_source():
    source = pytest.importorskip('sklearn.datasets').load_digits()
    data = digits()
    ours = np.concatenate([data.train.inputs, data.test.inputs]).reshape(-1, 64)
    labels = np.concatenate([data.train.targets, data.test.targets])

    def ordered(images, of):
        return np.array(sorted((*image, label) for image, label in zip(images, of, strict=True)))

    assert (ordered(16 * ours, labels) == ordered(source.data, source.target)).all()


def test_a_fifth_of_each_digit_is_for_testing():
    data = digits()
    train, test = (np.bincount(part.targets) for part in (data.train, data.test))
    assert (test == (train + test) // 5).all()


def test_no_draw_changes_them():
    data = digits(np.random.default_rng(1))
    assert data.sha256 == digits(np.random.default_rng(2)).sha256
    assert (data.train.inputs == digits(np.random.default_rng(2)).train.inputs).all()


def test_pixels_lie_between_0_and_1():
    inputs = digits().train.inputs
    assert (inputs.min(), inputs.max()) == (0, 1)
