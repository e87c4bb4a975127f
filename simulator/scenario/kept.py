"""Models that other runs have kept: found by the file, the run, or the folder of a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError, RunFolderError
from simulator.learning.data.files import archive, read
from simulator.traces import read_manifest

__all__ = ['MODEL', 'kept_model', 'read_model']

MODEL = 'model.npz'


def kept_model(path: Path, seed: int) -> Path:
    """Return the file of parameters that *path* stands for.

    Parameters
    ----------
    path : Path
        The file itself, the folder of a run that kept it, or a folder of runs further down
        (of a scenario, of a variant): of these the one finished run with the same seed, or the
        only one there is.
    seed : int

    Raises
    ------
    DataError
        If there is no such run, or more than one.
    """
    if not path.is_dir():
        return path
    if (path / MODEL).is_file():
        return path / MODEL
    runs = list(_finished(path))
    if not runs:
        raise DataError(f'{path} holds no finished run with a {MODEL}; run its scenario first.')
    same = [file for file, manifest in runs if manifest['seed'] == seed]
    if len(runs) == 1 or len(same) == 1:
        return same[0] if same else runs[0][0]
    if not same:
        raise DataError(f'{path} holds {len(runs)} runs, none with seed {seed}; name one of them.')
    named = ', '.join(str(file.parent.relative_to(path)) for file in same[:3])
    raise DataError(f'{path} holds {len(same)} runs with seed {seed}; name one of {named}.')


def read_model(file: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file of parameters, numbers in float32.

    Raises
    ------
    DataError
        If it can't be read, or is no such file.
    """
    held = archive(str(file), read(str(file)))
    if 'parameters' not in held or any(each.dtype.kind not in 'fU' for each in held.values()):
        raise DataError(f'{file} holds no parameters; give the model.npz of a run.')
    return {
        name: each.astype(np.float32) if each.dtype.kind == 'f' else each
        for name, each in held.items()
    }


def _finished(path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for file in sorted(path.rglob(MODEL)):
        try:
            manifest = read_manifest(file.parent)
        except RunFolderError:
            continue
        if manifest['status'] == 'finished':
            yield file, manifest
