"""Layers that see a sample as maps of features, (height, width, maps): convolution and pooling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Literal, NamedTuple

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
        patches = _patches(samples, down, across).reshape(workers, -1, window)
        result = np.matmul(patches, matrix)
        result += weights[1][:, None]

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            above = upstream.reshape(workers, -1, maps)
            found = gradients[0].reshape(workers, window, maps)
            np.matmul(patches.swapaxes(1, 2), above, out=found)
            gradients[1][...] = summed(above)
            if not wanted:
                return None
            below = np.matmul(above, matrix.swapaxes(1, 2))
            return _gathered(below, samples.shape, down, across)

        return result.reshape(workers, batch, *outputs), pull

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


def _windows(down: Axis, across: Axis) -> Iterator[tuple[int, int, tuple[slice, ...]]]:
    """Yield each offset in the window, and what all windows together see there."""
    for row in range(down.size):
        for column in range(across.size):
            every = slice(None)
            yield row, column, (every, every, down.seen(row), across.seen(column))


def _patches(samples: Floats, down: Axis, across: Axis) -> Floats:
    padded = _padded(samples, down, across)
    shape = (*samples.shape[:2], down.places, across.places, down.size, across.size)
    patches = np.empty((*shape, samples.shape[-1]), samples.dtype)
    for row, column, seen in _windows(down, across):
        patches[..., row, column, :] = padded[seen]
    return patches


def _padded(samples: Floats, down: Axis, across: Axis) -> Floats:
    if not any((down.before, down.after, across.before, across.after)):
        return samples
    workers, batch, height, width, depth = samples.shape
    tall, wide = height + down.before + down.after, width + across.before + across.after
    padded = np.zeros((workers, batch, tall, wide, depth), samples.dtype)
    padded[:, :, down.before : down.before + height, across.before : across.before + width] = (
        samples
    )
    return padded


def _gathered(patches: Floats, shape: Shape, down: Axis, across: Axis) -> Floats:
    """Add up what each pixel is worth in all the windows that see it."""
    height, width = shape[2:4]
    tall, wide = height + down.before + down.after, width + across.before + across.after
    padded = np.zeros((*shape[:2], tall, wide, shape[4]), patches.dtype)
    places = (*shape[:2], down.places, across.places, down.size, across.size, shape[4])
    patches = patches.reshape(places)
    for row, column, seen in _windows(down, across):
        padded[seen] += patches[..., row, column, :]
    return padded[:, :, down.before : down.before + height, across.before : across.before + width]


def _largest(
    samples: Floats, down: Axis, across: Axis
) -> tuple[Floats, Callable[[Floats], Floats]]:
    seen = [seen for _, _, seen in _windows(down, across)]
    largest = samples[seen[0]].copy()
    for other in seen[1:]:
        np.maximum(largest, samples[other], out=largest)

    def back(upstream: Floats) -> Floats:
        below = np.zeros_like(samples)
        free = np.ones(largest.shape, bool)
        for each in seen:
            # where several are largest, the first takes it all
            chosen = (samples[each] == largest) & free
            free &= ~chosen
            below[each] = upstream * chosen
        return below

    return largest, back


def _mean(samples: Floats, down: Axis, across: Axis) -> tuple[Floats, Callable[[Floats], Floats]]:
    seen = [seen for _, _, seen in _windows(down, across)]
    mean = samples[seen[0]].copy()
    for other in seen[1:]:
        mean += samples[other]
    mean /= len(seen)

    def back(upstream: Floats) -> Floats:
        below = np.zeros_like(samples)
        share = upstream / len(seen)
        for each in seen:
            below[each] = share
        return below

    return mean, back
