"""The file of a model that a run starts from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning import Learning, Model
from simulator.learning.data.files import archive, read

__all__ = ['read_start', 'start_from']


def read_start(file: Path, model: Model) -> dict[str, NDArray[Any]]:
    """Return the arrays of the model in *file*: parameters, and running statistics if it has any.

    Raises
    ------
    DataError
        If it can't be read, or is of another model.
    """
    held = archive(str(file), read(str(file)))
    if 'parameters' not in held or any(held[name].dtype.kind != 'f' for name in held):
        raise DataError(f'{file} holds no parameters; give the model.npz of a run.')
    expected = {'parameters': model.dimension, 'statistics': model.statistics.size}
    found = {name: held[name].astype(np.float32) for name in expected if name in held}
    for name, array in found.items():
        if array.shape != (expected[name],):
            raise DataError(
                f'{file} holds {array.size} {name}, where the model has {expected[name]}; '
                'start from a run of the same model.'
            )
    return found


def start_from(file: Path, learning: Learning) -> None:
    """Let *learning* begin with the model in *file*.

    Raises
    ------
    DataError
        If it can't be read, or is of another model.
    """
    try:
        learning.start_from(**read_start(file, learning.model))
    except DataError as error:
        raise DataError(f'learning.start: {error}') from None
