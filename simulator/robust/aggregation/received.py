"""The one step that all rules share: make of what was received an array that is safe to use.

A Byzantine node may send nothing, something that is no vector, or a vector that is not finite or
so large that its square overflows. What is missing or no vector (another length, text, objects)
counts as the zero vector: a worker that sends nothing asks for no step. So does a vector with an
entry that is not finite, and an outsize one. n stays what it was, so that tolerances keep their
meaning, and a liar gains nothing: it could have sent zeros itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import ScenarioError
from simulator.robust.arrays import Vector, Vectors, squared_norms

__all__ = ['OUTSIZE', 'cleaned', 'stacked']

OUTSIZE = 1e-4
"""Share of the largest float that a squared norm may reach: 1.8e17 for a float32 vector's norm.

Below it, no sum of squared distances over a few thousand vectors overflows."""


def cleaned(received: Vectors | Sequence[object]) -> Vectors:
    """Return (n, d) floats, zeros in place of rows that are missing, not finite, or outsize.

    Parameters
    ----------
    received : array, shape (n, d), or sequence of n objects
        Never written to; a sound array is returned as it is, without a copy.

    Examples
    --------
    >>> cleaned([np.ones(2), None, np.array([np.nan, 1.0]), np.array([1e300, 0.0])])
    array([[1., 1.],
           [0., 0.],
           [0., 0.],
           [0., 0.]])
    """
    vectors = stacked(received)
    with np.errstate(all='ignore'):
        squares = squared_norms(vectors)
        # a comparison with nan is false: one pass finds all that is wrong
        sound = squares <= OUTSIZE * float(np.finfo(vectors.dtype).max)
    return vectors if sound.all() else np.where(sound[:, None], vectors, vectors.dtype.type(0))


def stacked(received: Vectors | Sequence[object]) -> Vectors:
    """Return (n, d) floats, whatever their values, zeros for what is no vector.

    The length d and the dtype are those that most have, in a sequence.

    Raises
    ------
    ScenarioError
        If there is no vector at all.
    """
    if isinstance(received, np.ndarray) and received.ndim == 2 and received.dtype.kind in 'fiu':
        vectors = received if received.dtype.itemsize >= 4 else received.astype(np.float32)
        if vectors.dtype.kind != 'f':
            vectors = vectors.astype(np.float64)
    else:
        vectors = _gathered([_as_vector(each) for each in received])
    if not vectors.size:
        raise ScenarioError(f'aggregation: no vector among {len(vectors)} received')
    return vectors


def _gathered(rows: list[Vector | None]) -> Vectors:
    formats = Counter((len(row), row.dtype) for row in rows if row is not None)
    if not formats:
        raise ScenarioError(f'aggregation: no vector among {len(rows)} received')
    length, dtype = formats.most_common(1)[0][0]
    vectors = np.zeros((len(rows), length), dtype)
    with np.errstate(over='ignore'):
        for row, vector in zip(rows, vectors, strict=True):
            if row is not None and len(row) == length:
                vector[:] = row
    return vectors


def _as_vector(thing: Any) -> Vector | None:
    """Return *thing* as an array of floats, None if it is not one row of numbers."""
    try:
        array: NDArray[Any] = np.asarray(thing)
    except (ValueError, TypeError):  # ragged lists, or what refuses to be an array
        return None
    if array.ndim != 1 or array.dtype.kind not in 'fiu':
        return None
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float32)
