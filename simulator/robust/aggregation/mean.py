"""The average: the best there is among the honest, and at the mercy of one liar."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ['mean', 'mean_flops']

Vectors = NDArray[np.floating[Any]]


def mean(vectors: Vectors) -> Vectors:
    """Average the vectors; one Byzantine vector among them can move it anywhere.

    Parameters
    ----------
    vectors : array, shape (n, d)

    Returns
    -------
    array, shape (d,)
        Of the dtype of *vectors*.

    References
    ----------
    .. [1] Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient
       Descent", NeurIPS 2017 (lemma 1: no linear rule tolerates a single Byzantine worker).

    Examples
    --------
    >>> mean(np.array([[1.0, 2.0], [3.0, 6.0]]))
    array([2., 4.])
    """
    return np.asarray(vectors.mean(axis=0))


def mean_flops(n: int, d: int) -> float:
    """Return what averaging n vectors of d entries costs: n - 1 additions, one division each."""
    return float(n * d)
