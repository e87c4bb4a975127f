import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import DataError
from simulator.learning import Learning, digits, iid, linear
from simulator.learning.augmentation import Augmentation, augmented, warped
from simulator.learning.data import blobs
from simulator.seeds import Seeds

ONE = np.ones(1)


def draw_image(shape=(1, 7, 5), seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


@given(down=st.integers(-6, 6), across=st.integers(-4, 4))
def test_whole_pixels_are_moved_as_they_are(down, across):
    image = draw_image()
    moved = warped(image, 0 * ONE, ONE, np.array([[down, across]]))[0]
    room = np.zeros((19, 13), np.float32)
    room[6 + down : 13 + down, 4 + across : 9 + across] = image[0]
    assert (moved == room[6:13, 4:9]).all()


@pytest.mark.parametrize(('quarters', 'shape'), [(1, (1, 6, 6)), (2, (1, 7, 5)), (3, (1, 5, 5, 2))])
def test_a_right_angle_turns_an_image_like_its_array(quarters, shape):
    image = draw_image(shape)
    turned = warped(image, quarters * np.pi / 2 * ONE, ONE, np.zeros((1, 2)))
    assert turned[0] == pytest.approx(np.rot90(image[0], quarters), abs=1e-5)


@given(st.floats(0.8, 2))
@settings(max_examples=20)
def test_resizing_keeps_an_even_brightness_and_its_middle(scale):
    image = np.zeros((1, 41, 41), np.float32)
    image[0, 15:26, 15:26] = 1
    mass = warped(image, 0 * ONE, scale * ONE, np.zeros((1, 2)))[0]
    assert mass.sum() == pytest.approx(121 * scale**2, rel=0.12)
    rows = np.arange(41)
    assert (mass.sum(axis=1) * rows).sum() / mass.sum() == pytest.approx(20, abs=1e-3)


def test_copies_go_to_who_has_the_originals():
    how = Augmentation(copies=2, shift=1, rotate=10, resize=0.1)
    data, parts = digits(), [np.arange(0, 1442, 2), np.arange(1, 1442, 2)]
    more, shards = augmented(data, parts, how, np.random.default_rng(1))
    for part, shard in zip(parts, shards, strict=True):
        assert (np.sort(shard % 1442) == np.repeat(part, 3)).all()
        assert (more.train.targets[shard] == data.train.targets[shard % 1442]).all()
    assert (more.train.inputs[:1442] == data.train.inputs).all()
    assert (more.train.inputs[1442:2884] != more.train.inputs[2884:]).any()
    assert more.test is data.test
    assert np.abs(more.train.inputs[1442:] - np.tile(data.train.inputs, (2, 1, 1))).mean() < 0.2


def test_what_is_no_image_is_refused():
    with pytest.raises(DataError, match='augmentation: varies images'):
        Learning.draw(
            blobs, iid, linear, workers=2, seeds=Seeds(1), augmentation=Augmentation(shift=1)
        )


def test_samples_for_validation_are_neither_varied_nor_trained_on():
    learning = Learning.draw(
        digits,
        iid,
        linear,
        workers=2,
        seeds=Seeds(1),
        validation=0.2,
        augmentation=Augmentation(copies=1, shift=1),
    )
    data, kept = learning.data, len(learning.data.validation.inputs)
    assert kept + len(data.train.inputs) // 2 == 1442
    assert learning.samples_per_epoch == 2 * (1442 - kept)
    seen = {each.tobytes() for each in data.train.inputs}
    assert not seen & {each.tobytes() for each in data.validation.inputs}
