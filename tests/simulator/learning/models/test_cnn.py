import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning import Task, cnn
from simulator.learning.models.convolution import axis, convolution, pool
from simulator.learning.models.layer import Aside

RNG = np.random.default_rng(0)


def slow_convolution(image, weights, bias, stride, padding):
    """Slide the window over one image, place by place."""
    size = weights.shape[0]
    down, across = (axis(length, size, stride, padding) for length in image.shape[:2])
    padded = np.pad(image, [(a.before, a.after) for a in (down, across)] + [(0, 0)])
    result = np.empty((down.places, across.places, weights.shape[3]))
    for row in range(down.places):
        for column in range(across.places):
            window = padded[row * stride :, column * stride :][:size, :size]
            result[row, column] = np.einsum('ijc,ijcm->m', window, weights) + bias
    return result


@pytest.mark.parametrize('padding', ['same', 'valid'])
@pytest.mark.parametrize('stride', [1, 2, 3])
@pytest.mark.parametrize('size', [1, 2, 3, 5])
def test_convolution_is_a_window_slid_over_the_image(size, stride, padding):
    layer = convolution((7, 6, 2), 3, size, stride, padding, 'he_normal')
    images = RNG.random((2, 4, 7, 6, 2))
    weights, bias = RNG.random((2, size, size, 2, 3)), RNG.random((2, 3))
    found, _ = layer.forward([weights, bias], images, Aside(training=True))
    assert found.shape[2:] == layer.outputs
    for worker in range(2):
        for sample in range(4):
            slow = slow_convolution(
                images[worker, sample], weights[worker], bias[worker], stride, padding
            )
            assert found[worker, sample] == pytest.approx(slow)


@pytest.mark.parametrize('length', [1, 5, 8, 9])
@pytest.mark.parametrize('stride', [1, 2, 3])
def test_padding_same_gives_as_many_places_as_strides(length, stride):
    found = axis(length, 3, stride, 'same')
    assert found.places == -(-length // stride)
    assert 0 <= found.after - found.before <= 1
    assert axis(8, 3, 1, 'valid') == (3, 1, 0, 0, 6)


@pytest.mark.parametrize(('kind', 'reduce'), [('max', np.max), ('mean', np.mean)])
def test_pooling_reduces_each_window_and_cuts_off_the_rest(kind, reduce):
    images = RNG.random((2, 3, 7, 5, 4))
    found, _ = pool((7, 5, 4), 2, kind).forward((), images, Aside(training=True))
    windows = images[:, :, :6, :4].reshape(2, 3, 3, 2, 2, 2, 4)
    assert found == pytest.approx(reduce(windows, axis=(3, 5)))


def test_where_several_are_largest_the_first_takes_the_gradient():
    _, pull = pool((2, 2, 1), 2, 'max').forward((), np.ones((1, 1, 2, 2, 1)), Aside(training=True))
    below = pull(np.full((1, 1, 1, 1, 1), 7.0), (), True)
    assert below.ravel().tolist() == [7, 0, 0, 0]


def test_parameters_and_flops_as_counted_by_hand():
    model = cnn(Task((8, 8), 10), maps=[8, 16], hidden=[20])
    assert model.dimension == (9 * 8 + 8) + (72 * 16 + 16) + (64 * 20 + 20) + (20 * 10 + 10)
    assert [layer.flops for layer in model.layers if layer.flops] == [
        2 * 9 * 8 * 64,  # convolution
        8 * 64,  # relu
        4 * 8 * 16,  # pooling
        2 * 72 * 16 * 16,
        16 * 16,
        4 * 16 * 4,
        2 * 64 * 20,
        20,
        2 * 20 * 10,
    ]


def test_channels_may_be_given():
    assert cnn(Task((8, 8, 3), 10), maps=[5]).layers[1].arrays['weights'].shape == (3, 3, 3, 5)


def test_a_moved_image_gives_moved_maps():
    layer = convolution((8, 8, 1), 2, 3, 1, 'same', 'he_normal')
    weights = [RNG.random((1, 3, 3, 1, 2)), np.zeros((1, 2))]
    image = np.zeros((1, 1, 8, 8, 1))
    image[..., 2:4, 2:4, :] = RNG.random((2, 2, 1))
    there, _ = layer.forward(weights, image, Aside(training=True))
    moved, _ = layer.forward(weights, np.roll(image, (2, 1), axis=(2, 3)), Aside(training=True))
    assert moved == pytest.approx(np.roll(there, (2, 1), axis=(2, 3)))


def test_what_is_no_image_is_refused():
    with pytest.raises(DataError, match=r'samples of shape \(64,\) are no images'):
        cnn(Task((64,), 10))


def test_windows_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match='a window of 2 does not fit into 1 pixels'):
        cnn(Task((8, 8), 10), maps=[4, 4, 4], padding='valid')
