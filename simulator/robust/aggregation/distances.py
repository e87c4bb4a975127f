"""Squared distances of all pairs, by blocked matrix products: (n, n), never (n, n, d).

|a - b|^2 = |a|^2 + |b|^2 - 2 a.b cancels where a and b are much longer than they are far apart,
as gradients late in training are. So vectors are first centred on one of them: one of median
norm, which no minority of liars can make outsize. Where that one turns out to be far from where
most are (a flipped sign has the same norm), they are centred once more on one amid the most.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulator.robust.arrays import Matrix, Vector, Vectors, column_blocks, squared_norms

__all__ = ['coordinates', 'distances_to', 'squared_distances']

FAR = 100.0
"""The centre is moved if its squared distances are so many times those of a better one."""

SAMPLE = 1000
"""Coordinates that decide on the first centre, about; a wrong choice costs time only."""

NOISE = 32.0
"""A squared distance of less than so many roundings of what it is a difference of counts as 0."""


def squared_distances(vectors: Vectors) -> Matrix:
    """Return |v_i - v_j|^2, exactly symmetric, 0 on the diagonal.

    Parameters
    ----------
    vectors : array, shape (n, d)
        Finite, and small enough to be squared (see `received`).

    Returns
    -------
    array of float64, shape (n, n)
        Accurate to about 1e-5 for pairs of float32 vectors among the most; one liar, however
        long, does not change what is found for the others.

    Examples
    --------
    >>> squared_distances(np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    array([[ 0., 25.,  1.],
           [25.,  0., 18.],
           [ 1., 18.,  0.]])
    """
    centre = _median_norm(vectors)
    distances = _centred(vectors, centre)
    spread = _middle(distances)
    best = int(np.argmin(spread))
    if spread[best] * FAR < spread[centre]:
        distances = _centred(vectors, best)
    return distances


def distances_to(vectors: Vectors, point: Vector) -> Vector:
    """Return |v_i - point| for each row, in double precision.

    Examples
    --------
    >>> distances_to(np.array([[3.0, 4.0], [0.0, 1.0]]), np.zeros(2))
    array([5., 1.])
    """
    squares = np.zeros(len(vectors))
    for block in _shifted_blocks(vectors, point):
        squares += squared_norms(block)
    return np.asarray(np.sqrt(squares))


def coordinates(vectors: Vectors) -> Matrix:
    """Return points in as few dimensions as n points span, with the same distances as *vectors*.

    What depends on distances alone (a geometric median, a covariance's eigenvectors) is found
    among these, at a cost that does not depend on d.

    Returns
    -------
    array of float64, shape (n, r), r <= n
    """
    n, d = vectors.shape
    if d <= n:
        return np.asarray(vectors - vectors[_median_norm(vectors)].astype(np.float64))
    distances = squared_distances(vectors)
    centre = int(np.argmin(_middle(distances)))
    to_centre = distances[centre]
    products = (to_centre[:, None] + to_centre[None, :] - distances) / 2
    # scaled to cosines, so that a row's error is relative to its own length: one of 1e15 beside
    # many of 1 would else drown them
    length = np.sqrt(to_centre)
    scale = np.where(length > 0, length, 1.0)
    values, axes = np.linalg.eigh(products / scale[:, None] / scale[None, :])
    spanned = values > 1e-12 * max(1.0, float(values[-1]))
    spanned[-1] = True  # one dimension even where all are the same
    points = length[:, None] * axes[:, spanned] * np.sqrt(np.maximum(values[spanned], 0))
    return np.asarray(points[np.argmax(distances == 0, axis=1)])  # equals stay equal


def _middle(distances: Matrix) -> Vector:
    """Return the (upper) median of each row: many times faster than `numpy.median` on few."""
    middle = len(distances) // 2
    return np.asarray(np.partition(distances, middle, axis=1)[:, middle])


def _median_norm(vectors: Vectors) -> int:
    """Return a vector of median norm, as far as every so-manyth coordinate tells."""
    some = np.ascontiguousarray(vectors[:, :: max(1, vectors.shape[1] // SAMPLE)])
    norms = squared_norms(some)
    return int(np.argsort(norms, kind='stable')[len(norms) // 2])


def _shifted_blocks(vectors: Vectors, origin: Vector) -> Iterator[Vectors]:
    """Yield *vectors* - *origin* a block of columns at a time, always in the same memory."""
    memory: Vectors | None = None
    for part in column_blocks(len(vectors), vectors.shape[1], vectors.itemsize):
        if memory is None:
            memory = np.empty((len(vectors), part.stop), vectors.dtype)
        yield np.subtract(vectors[:, part], origin[part], out=memory[:, : part.stop - part.start])


def _centred(vectors: Vectors, centre: int) -> Matrix:
    n = len(vectors)
    products = np.zeros((n, n))
    for block in _shifted_blocks(vectors, vectors[centre]):
        products += block @ block.T
    squares = products.diagonal()
    sums = squares[:, None] + squares[None, :]
    distances = sums - (products + products.T)
    distances[distances < NOISE * float(np.finfo(vectors.dtype).eps) * sums] = 0.0
    np.fill_diagonal(distances, 0.0)
    return distances
