"""Layers that see a sample as maps of features, (height, width, maps): convolution and pooling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, Literal, NamedTuple

import numpy as np

from simulator.errors import DataError
from simulator.learning.arrays import Floats
from simulator.learning.models.dense import summed
from simulator.learning.models.initialization import Fans, Initialization, drawing, zeros
from simulator.learning.models.layer import Aside, Layer, Pull, Shape, Views, Weight, fixed

Padding = Literal['same', 'valid']
Pooling = Literal['max', 'mean']


class Axis(NamedTuple):
    """How a window of *size* moves along one axis: zeros *before* and *after*, places it takes."""

    size: int
    stride: int
    before: int
    after: int
    places: int

    def seen(self, offset: int) -> slice:
        """Return what the windows see at *offset* from their starts."""
        return slice(offset, offset + self.stride * (self.places - 1) + 1, self.stride)


def axis(length: int, size: int, stride: int, padding: Padding) -> Axis:
    """Return how a window moves along *length* pixels.

    With padding ``same`` there are length/stride places, rounded up, and zeros all around (one
    more after than before, where they are odd); with ``valid`` the window stays inside.

    Examples
    --------
    >>> axis(8, 3, 1, 'same').places, axis(8, 3, 1, 'valid').places, axis(8, 3, 2, 'same').places
    (8, 6, 4)
    """
    if padding == 'valid':
        if size > length:
            raise DataError(
                f'cnn: a window of {size} does not fit into {length} pixels; '
                "take fewer layers, smaller windows, or padding 'same'."
            )
        return Axis(size, stride, 0, 0, (length - size) // stride + 1)
    places = -(-length // stride)
    missing = max(0, (places - 1) * stride + size - length)
    return Axis(size, stride, missing // 2, missing - missing // 2, places)


def convolution(
    inputs: Shape, maps: int, kernel: int, stride: int, padding: Padding, init: Initialization
) -> Layer:
    """Weigh a window around each place, with the same weights everywhere, for each of *maps*.

    References
    ----------
    .. [1] LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proceedings
       of the IEEE 86, 1998.

    Examples
    --------
    >>> layer = convolution((8, 8, 3), 5, 3, 1, 'same', 'he_normal')
    >>> layer.outputs, layer.weights[0].shape, layer.flops
    ((8, 8, 5), (3, 3, 3, 5), 17280.0)
    """
    down, across = (axis(length, kernel, stride, padding) for length in inputs[:2])
    outputs = (down.places, across.places, maps)
    window = kernel * kernel * inputs[2]

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        workers, batch = samples.shape[:2]
        matrix = weights[0].reshape(workers, window, maps)
        images = _turned(samples)
        patches = _patches(images, down, across).reshape(workers, window, -1)
        result = np.matmul(matrix.swapaxes(1, 2), patches)
        result += weights[1][..., None]

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            above = np.ascontiguousarray(_turned(upstream)).reshape(workers, maps, -1)
            found = gradients[0].reshape(workers, window, maps)
            np.matmul(patches, above.swapaxes(1, 2), out=found)
            gradients[1][...] = summed(above.swapaxes(1, 2))
            if not wanted:
                return None
            below = np.matmul(matrix, above)
            return _turned(_gathered(below, images.shape, down, across))

        return _turned(result.reshape(workers, maps, *outputs[:2], batch)), pull

    fans = Fans(window, kernel * kernel * maps)
    matrix = Weight('weights', (kernel, kernel, inputs[2], maps), drawing(init, fans))
    return Layer(
        'convolution',
        outputs,
        forward,
        (matrix, Weight('bias', (maps,), zeros)),
        flops=2.0 * window * prod(outputs),
        scratch=window * down.places * across.places,
    )


def pool(inputs: Shape, size: int, kind: Pooling) -> Layer:
    """Keep of each *size* x *size* window the largest value, or the mean; a rest is cut off.

    Examples
    --------
    >>> image = np.arange(4.0).reshape(1, 1, 2, 2, 1)
    >>> for kind in ('max', 'mean'):
    ...     pool((2, 2, 1), 2, kind).forward((), image, Aside(True))[0].item()
    3.0
    1.5
    """
    down, across = (axis(length, size, size, 'valid') for length in inputs[:2])
    outputs = (down.places, across.places, inputs[2])
    apply = _largest if kind == 'max' else _mean

    def reduce(samples: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        return apply(samples, down, across)

    return fixed(f'{kind}_pool', outputs, reduce, flops=float(size * size * prod(outputs)))


def _turned(samples: Floats) -> Floats:
    """Return (W, B, height, width, maps) as (W, maps, height, width, B), or back: a view.

    Where numbers lie in memory in the latter order, windows are copied in long rows, and what
    comes out of the products lies in that order again. Other layers need not know: they see the
    former shape, and numpy's functions of single numbers keep the order in memory.
    """
    return samples.swapaxes(1, 4)


def _windows(down: Axis, across: Axis) -> Iterator[tuple[int, int, tuple[slice, ...]]]:
    """Yield each offset in the window, and what all windows together see there."""
    for row in range(down.size):
        for column in range(across.size):
            yield row, column, (down.seen(row), across.seen(column))


def _patches(images: Floats, down: Axis, across: Axis) -> Floats:
    """Return what each place sees, (W, down.size, across.size, maps, places, places, B)."""
    padded = _padded(images, down, across)
    workers, maps, batch = images.shape[0], images.shape[1], images.shape[4]
    shape = (workers, down.size, across.size, maps, down.places, across.places, batch)
    patches = np.empty(shape, images.dtype)
    for row, column, (rows, columns) in _windows(down, across):
        patches[:, row, column] = padded[:, :, rows, columns]
    return patches


def _padded(images: Floats, down: Axis, across: Axis) -> Floats:
    if not any((down.before, down.after, across.before, across.after)):
        return np.ascontiguousarray(images)
    padded = _margin(images.shape, down, across, images.dtype)
    _inside(padded, images.shape, down, across)[...] = images
    return padded


def _margin(shape: Shape, down: Axis, across: Axis, dtype: np.dtype[Any]) -> Floats:
    workers, maps, height, width, batch = shape
    tall, wide = height + down.before + down.after, width + across.before + across.after
    return np.zeros((workers, maps, tall, wide, batch), dtype)


def _inside(padded: Floats, shape: Shape, down: Axis, across: Axis) -> Floats:
    height, width = shape[2:4]
    rows = slice(down.before, down.before + height)
    return padded[:, :, rows, across.before : across.before + width]


def _gathered(patches: Floats, shape: Shape, down: Axis, across: Axis) -> Floats:
    """Add up what each pixel of images (W, maps, height, width, B) is worth in all windows."""
    padded = _margin(shape, down, across, patches.dtype)
    workers, maps, batch = shape[0], shape[1], shape[4]
    places = (workers, down.size, across.size, maps, down.places, across.places, batch)
    patches = patches.reshape(places)
    for row, column, (rows, columns) in _windows(down, across):
        padded[:, :, rows, columns] += patches[:, row, column]
    return _inside(padded, shape, down, across)


def _largest(
    samples: Floats, down: Axis, across: Axis
) -> tuple[Floats, Callable[[Floats], Floats]]:
    views = [view for view, _ in _seen(samples, samples, down, across)]
    largest = views[0].copy(order='K')
    for view in views[1:]:
        np.maximum(largest, view, out=largest)

    def back(upstream: Floats) -> Floats:
        above = _laid_like(largest, upstream)
        below = np.zeros_like(samples)
        free = np.ones_like(largest, bool)
        for view, result in _seen(samples, below, down, across):
            # where several are largest, the first takes it all
            chosen = view == largest
            chosen &= free
            free ^= chosen
            np.multiply(above, chosen, out=result)
        return below

    return largest, back


def _mean(samples: Floats, down: Axis, across: Axis) -> tuple[Floats, Callable[[Floats], Floats]]:
    views = [view for view, _ in _seen(samples, samples, down, across)]
    mean = views[0].copy(order='K')
    for view in views[1:]:
        mean += view
    mean /= len(views)

    def back(upstream: Floats) -> Floats:
        share = _laid_like(mean, upstream)
        share /= len(views)
        below = np.zeros_like(samples)
        for _, result in _seen(samples, below, down, across):
            result[...] = share
        return below

    return mean, back


def _seen(
    samples: Floats, results: Floats, down: Axis, across: Axis
) -> Iterator[tuple[Floats, Floats]]:
    """Yield what windows see at each offset, of two arrays (W, B, height, width, maps)."""
    for _, _, (rows, columns) in _windows(down, across):
        yield samples[:, :, rows, columns], results[:, :, rows, columns]


def _laid_like(model: Floats, values: Floats) -> Floats:
    """Return a copy of *values* that lies in memory as *model* does."""
    copy = np.empty_like(model)
    copy[...] = values
    return copy
