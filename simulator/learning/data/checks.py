"""What arrays must fulfil to be samples for training or for testing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError


def check(name: str, inputs: NDArray[Any], targets: NDArray[Any]) -> None:
    """Refuse training samples that are no numbers, do not match, or hold no classes 0..c-1.

    Raises
    ------
    DataError
        Naming what is wrong, and where.

    Examples
    --------
    >>> check('small', np.zeros((2, 3)), np.array([0, 2]))
    Traceback (most recent call last):
    simulator.errors.DataError: small: classes must be numbered 0, 1, ...; these are [0 2].
    """
    _check_numbers(name, inputs, targets)
    if targets.ndim > 1:
        return
    found = np.unique(targets)
    if len(found) < 2:
        raise DataError(
            f'{name}: all targets are {found}: there is nothing to tell apart; give two classes.'
        )
    if (found != np.arange(len(found))).any():
        shown = np.array2string(found, threshold=10)
        raise DataError(f'{name}: classes must be numbered 0, 1, ...; these are {shown}.')


def check_test(
    name: str,
    inputs: NDArray[Any],
    targets: NDArray[Any],
    test_inputs: NDArray[Any],
    test_targets: NDArray[Any],
) -> None:
    """Refuse test samples unlike the training samples.

    Raises
    ------
    DataError
        If shapes differ, or there are classes that training does not know.
    """
    _check_numbers(f'{name} (test)', test_inputs, test_targets)
    for what, train, test in (('inputs', inputs, test_inputs), ('targets', targets, test_targets)):
        if train.shape[1:] != test.shape[1:]:
            raise DataError(
                f'{name}: {what} of shape {train.shape[1:]} to train on, {test.shape[1:]} to test.'
            )
    if targets.ndim == 1 and not np.isin(test_targets, targets).all():
        strange = np.setdiff1d(test_targets, targets)
        raise DataError(f'{name}: classes {strange} are tested but never trained.')


def _check_numbers(name: str, inputs: NDArray[Any], targets: NDArray[Any]) -> None:
    for what, array in (('inputs', inputs), ('targets', targets)):
        if array.dtype.kind not in 'iufb':
            raise DataError(f'{name}: {what} are {array.dtype}, not numbers.')
        if not array.ndim or not array.size:
            raise DataError(f'{name}: there are no {what}.')
        if not np.isfinite(array).all():
            row = np.argwhere(~np.isfinite(array))[0][0]
            raise DataError(
                f'{name}: {what} of sample {row} are nan or infinite; drop it, or fill the gap.'
            )
    if len(inputs) != len(targets):
        raise DataError(f'{name}: {len(inputs)} inputs do not go with {len(targets)} targets.')
