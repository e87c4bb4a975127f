"""Samples set aside from those to train on, to tell when to stop."""

from __future__ import annotations

import numpy as np

from simulator.errors import DataError
from simulator.learning.arrays import frozen
from simulator.learning.data.dataset import Dataset, Samples


def with_validation(data: Dataset, share: float, rng: np.random.Generator) -> Dataset:
    """Return *data* with a share of its training samples (of each class) kept for validation.

    Parameters
    ----------
    data : Dataset
    share : float
        Between 0 and 1.
    rng : Generator
        Which samples.

    Raises
    ------
    DataError
        If that is not a single sample.

    Examples
    --------
    >>> from simulator.learning.data import digits
    >>> data = with_validation(digits(), 0.1, np.random.default_rng(0))
    >>> len(data.train.inputs), len(data.validation.inputs), len(data.test.inputs)
    (1302, 140, 355)
    """
    targets = data.train.targets
    labels = targets if targets.ndim == 1 else np.zeros(len(targets))
    out = np.zeros(len(targets), bool)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        out[members[: int(share * len(members))]] = True
    if not out.any():
        raise DataError(
            f'validation: a share of {share:g} of each class is not one sample; raise it.'
        )
    kept, held = (
        Samples(frozen(data.train.inputs[rows]), frozen(targets[rows])) for rows in (~out, out)
    )
    columns = {name: values[~out] for name, values in data.columns.items()}
    return data._replace(train=kept, validation=held, columns=columns)
