"""The digits that come with the package."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from io import BytesIO

import numpy as np

from simulator.learning.data.dataset import Dataset, classification


def digits(_rng: np.random.Generator | None = None) -> Dataset:
    """1797 handwritten digits of 8x8 grey pixels, scaled to 0..1; a fifth of each for testing.

    Nothing is drawn: the split is the same for every seed.

    References
    ----------
    .. [1] Alpaydin & Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
       Repository, 1998, doi:10.24432/C50P49 (CC BY 4.0).

    Examples
    --------
    >>> data = digits()
    >>> data.task
    Task(inputs=(8, 8), outputs=10, labels=True)
    >>> len(data.train.inputs), len(data.test.inputs)
    (1442, 355)
    """
    raw = files('simulator.learning.data').joinpath('digits.npz').read_bytes()
    with np.load(BytesIO(raw)) as file:
        images, labels = file['images'], file['labels']
    return classification('digits', images / 16, labels, sha256(raw).hexdigest())
