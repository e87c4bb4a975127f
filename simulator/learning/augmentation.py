"""More images out of those there are: shifted, rotated, resized."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.arrays import Floats, frozen
from simulator.learning.data import Dataset, Samples
from simulator.learning.partitions import Shards

Copies = Annotated[int, Gt(0), Le(100)]
Pixels = Annotated[float, Ge(0)]
Degrees = Annotated[float, Ge(0), Le(180)]
Stretch = Annotated[float, Ge(0), Lt(1)]


class Augmentation(NamedTuple):
    """How images are varied.

    Attributes
    ----------
    copies : int
        Varied copies of each training image, beside itself.
    shift : float
        Pixels by which a copy is shifted at most, along each axis.
    rotate : float
        Degrees by which it is turned at most, either way.
    resize : float
        Share by which it is made larger or smaller at most.
    """

    copies: int = 1
    shift: float = 0.0
    rotate: float = 0.0
    resize: float = 0.0


def augmented(
    data: Dataset, shards: Shards, how: Augmentation, rng: np.random.Generator
) -> tuple[Dataset, Shards]:
    """Return *data* with varied copies of the training images, dealt to who has the originals.

    Each copy is drawn by itself, uniformly within the limits. Test images, and those kept for
    validation, stay as they are.

    Parameters
    ----------
    data : Dataset
    shards : list of array of int
    how : Augmentation
    rng : Generator

    Raises
    ------
    DataError
        If samples are no images, (height, width) or (height, width, channels).

    References
    ----------
    .. [1] Simard, Steinkraus & Platt, "Best Practices for Convolutional Neural Networks Applied
       to Visual Document Analysis", ICDAR 2003.

    Examples
    --------
    >>> from simulator.learning import digits, iid
    >>> rng, data = np.random.default_rng(0), digits()
    >>> data, shards = augmented(data, [np.arange(1442)], Augmentation(copies=2, shift=1), rng)
    >>> len(data.train.inputs), len(shards[0])
    (4326, 4326)
    """
    check_images(data)
    inputs, targets = data.train
    more = [_varied(inputs, how, rng) for _ in range(how.copies)]
    times = how.copies + 1
    train = Samples(
        frozen(np.concatenate([inputs, *more])), frozen(np.concatenate([targets] * times))
    )
    columns = {name: np.tile(values, times) for name, values in data.columns.items()}
    starts = len(inputs) * np.arange(times)
    shards = [(starts[:, None] + shard).ravel() for shard in shards]
    return data._replace(train=train, columns=columns), shards


def check_images(data: Dataset) -> None:
    """Refuse samples that are no images.

    Raises
    ------
    DataError
        Saying so.
    """
    if len(data.task.inputs) not in (2, 3):
        raise DataError(
            f'augmentation: varies images, but samples of {data.name} are of shape '
            f'{data.task.inputs}; leave it out.'
        )


def _varied(images: Floats, how: Augmentation, rng: np.random.Generator) -> Floats:
    count, turn = len(images), np.deg2rad(how.rotate)
    angles = rng.uniform(-turn, turn, count)
    scales = 1 + rng.uniform(-how.resize, how.resize, count)
    shifts = rng.uniform(-how.shift, how.shift, (count, 2))
    return warped(images, angles, scales, shifts)


def warped(
    images: Floats,
    angles: NDArray[np.float64],
    scales: NDArray[np.float64],
    shifts: NDArray[np.float64],
) -> Floats:
    """Return *images* turned and resized about their middles, then shifted.

    What comes in from outside is 0.

    Parameters
    ----------
    images : array, shape (N, height, width, ...)
    angles : array, shape (N,)
        Radians, from the first axis to the second.
    scales : array, shape (N,)
        Above 1 makes what is seen larger.
    shifts : array, shape (N, 2)
        Pixels along the two axes.

    Examples
    --------
    >>> image = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    >>> warped(image, np.zeros(1), np.ones(1), np.array([[1.0, 0.0]])).tolist()
    [[[0.0, 0.0], [1.0, 2.0]]]
    """
    height, width = images.shape[1:3]
    middle = np.array([height - 1, width - 1]) / 2
    places = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing='ij'), axis=-1)
    # for each pixel of the result, where in the image it comes from
    away = places - middle - shifts[:, None, None]
    cosine, sine = (each(angles)[:, None, None] for each in (np.cos, np.sin))
    rows = (cosine * away[..., 0] + sine * away[..., 1]) / scales[:, None, None] + middle[0]
    columns = (cosine * away[..., 1] - sine * away[..., 0]) / scales[:, None, None] + middle[1]
    return _between(images, rows, columns)


def _between(images: Floats, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> Floats:
    """Return the images' values at places between pixels, by those of the four around each."""
    height, width = images.shape[1:3]
    number = np.arange(len(images))[:, None, None]
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    total = np.zeros(images.shape, np.float64)
    for row in (top, top + 1):
        for column in (left, left + 1):
            weight = (1 - abs(rows - row)) * (1 - abs(columns - column))
            weight *= (row >= 0) & (row < height) & (column >= 0) & (column < width)
            there = images[number, row.clip(0, height - 1), column.clip(0, width - 1)]
            total += weight.reshape(*weight.shape, *[1] * (there.ndim - 3)) * there
    return total.astype(images.dtype)
