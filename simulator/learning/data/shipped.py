"""The data sets that come with the package; `SOURCES.md` names where from, and the licences.

Nothing is drawn: the split is the same for every seed, a fifth of each class for testing.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.learning.data.dataset import Dataset, dataset, standardized


def digits(_rng: np.random.Generator | None = None) -> Dataset:
    """1797 handwritten digits, 8x8 grey pixels scaled to 0..1.

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
    inputs, targets, digest = _shipped('digits')
    return dataset('digits', inputs / 16, targets.astype(np.intp), sha256=digest)


def iris(_rng: np.random.Generator | None = None) -> Dataset:
    """150 irises of 3 species, 4 lengths, standardized.

    References
    ----------
    .. [1] Fisher, "The Use of Multiple Measurements in Taxonomic Problems", Annals of Eugenics
       7, 1936; UCI Machine Learning Repository, doi:10.24432/C56C76 (CC BY 4.0).
    """
    return _table('iris')


def wine(_rng: np.random.Generator | None = None) -> Dataset:
    """178 wines of 3 cultivars, 13 chemical measurements, standardized.

    References
    ----------
    .. [1] Aeberhard & Forina, "Wine", UCI Machine Learning Repository, 1992,
       doi:10.24432/C5PC7J (CC BY 4.0).
    """
    return _table('wine')


def breast_cancer(_rng: np.random.Generator | None = None) -> Dataset:
    """569 tumours, malignant or benign, 30 features of cell nuclei, standardized.

    References
    ----------
    .. [1] Wolberg et al., "Breast Cancer Wisconsin (Diagnostic)", UCI Machine Learning
       Repository, 1993, doi:10.24432/C5DW2B (CC BY 4.0).
    """
    return _table('breast_cancer')


def diabetes(_rng: np.random.Generator | None = None) -> Dataset:
    """442 patients, 10 measurements, and how far the illness went on in a year; standardized.

    The target is a value, so there is no accuracy, and partitions by class are refused.

    References
    ----------
    .. [1] Efron et al., "Least Angle Regression", Annals of Statistics 32, 2004.
    """
    return _table('diabetes')


def _table(name: str) -> Dataset:
    inputs, targets, digest = _shipped(name)
    whole = targets.dtype.kind in 'iu'
    goals = targets.astype(np.intp) if whole else targets[:, None]
    return standardized(dataset(name, inputs, goals, sha256=digest))


def _shipped(name: str) -> tuple[NDArray[Any], NDArray[Any], str]:
    raw = files('simulator.learning.data').joinpath(f'{name}.npz').read_bytes()
    with np.load(BytesIO(raw)) as file:
        return file['inputs'], file['targets'], sha256(raw).hexdigest()
