"""The user's own arrays: numpy archives, and IDX files as MNIST comes in."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from simulator.errors import DataError, did_you_mean
from simulator.learning.data.dataset import (
    NO_COLUMNS,
    Columns,
    Dataset,
    Samples,
    dataset,
    standardized,
)
from simulator.units import InputFile

IDX_TYPES = {8: 'u1', 9: 'i1', 11: '>i2', 12: '>i4', 13: '>f4', 14: '>f8'}


def read(path: str) -> bytes:
    """Return what the file holds.

    Raises
    ------
    DataError
        If it can't be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DataError(f'{path}: {error.strerror or error}.') from None


def digest(*raw: bytes) -> str:
    """Return the SHA-256 of one file, or of several after one another."""
    return sha256(b''.join(raw)).hexdigest()


def npz(
    _rng: np.random.Generator | None = None,
    *,
    path: InputFile,
    inputs: str = 'inputs',
    targets: str = 'targets',
    test_inputs: str | None = None,
    test_targets: str | None = None,
    standardize: bool = False,
) -> Dataset:
    """Arrays of your own from a numpy archive (.npz).

    Targets that are whole numbers are classes 0..c-1, others are values. Other arrays in the
    file that hold one value a sample are columns that a partition may go by.

    Parameters
    ----------
    path : str
        The file.
    inputs : str
        Name of the array of samples to train on, (N, ...).
    targets : str
        Name of their targets, (N,) or (N, k).
    test_inputs : str
        Samples to test on; without them a fifth of each class is held out.
    test_targets : str
        Their targets.
    standardize : bool
        Whether inputs (and values) are shifted and scaled to mean 0 and deviation 1.
    """
    raw = read(path)
    if (test_inputs is None) != (test_targets is None):
        raise DataError(f'{path}: test_inputs and test_targets go together.')
    names = [name for name in (inputs, targets, test_inputs, test_targets) if name is not None]
    held = archive(path, raw)
    for name in names:
        if name not in held:
            raise DataError(f'{path}: no array {name!r}{did_you_mean(name, held)}.')
    arrays = [held[name] for name in names]
    arrays[1::2] = [_goals(array) for array in arrays[1::2]]
    columns = {
        name: array
        for name, array in held.items()
        if name not in names[:1] and array.shape == arrays[0].shape[:1]
    }
    return _made(path, arrays, digest(raw), standardize, columns)


def idx(
    _rng: np.random.Generator | None = None,
    *,
    images: InputFile,
    labels: InputFile,
    test_images: InputFile | None = None,
    test_labels: InputFile | None = None,
) -> Dataset:
    """Images of your own in IDX files, the format of MNIST; may be gzipped.

    Bytes are scaled to 0..1.

    Parameters
    ----------
    images : str
        File of the images to train on.
    labels : str
        File of their classes, 0..c-1.
    test_images : str
        File of the images to test on; without them a fifth of each class is held out.
    test_labels : str
        File of their classes.

    References
    ----------
    .. [1] LeCun, Cortes & Burges, "The MNIST database of handwritten digits", 1998.
    """
    if (test_images is None) != (test_labels is None):
        raise DataError(f'{images}: test_images and test_labels go together.')
    paths = [path for path in (images, labels, test_images, test_labels) if path is not None]
    raw = [read(path) for path in paths]
    arrays = [_idx(path, part) for path, part in zip(paths, raw, strict=True)]
    for number, (path, array) in enumerate(zip(paths, arrays, strict=True)):
        if number % 2 and (array.ndim != 1 or array.dtype.kind not in 'iu'):
            raise DataError(f'{path}: labels are one whole number a sample.')
        arrays[number] = array.astype(np.intp) if number % 2 else _scaled(array)
    return _made(images, arrays, digest(*raw))


def archive(path: str, raw: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of a numpy archive (.npz) by name.

    Raises
    ------
    DataError
        If it is none, or holds something else than plain arrays.
    """
    try:
        loaded = np.load(BytesIO(raw), allow_pickle=False)
        arrays = dict(loaded) if isinstance(loaded, NpzFile) else {}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f'{path}: no numpy archive of numbers ({error}).') from None
    if not arrays:
        raise DataError(f'{path}: no named arrays; save inputs and targets with numpy.savez.')
    return arrays


def _goals(targets: NDArray[Any]) -> NDArray[Any]:
    # bool and whole numbers are classes, the rest values, one a sample or several
    if targets.ndim == 1 and targets.dtype.kind in 'iub':
        return targets.astype(np.intp)
    return targets.reshape(len(targets), -1) if targets.ndim else targets


def _made(
    path: str,
    arrays: Sequence[NDArray[Any]],
    sha: str,
    standardize: bool = False,
    columns: Columns = NO_COLUMNS,
) -> Dataset:
    test = Samples(*arrays[2:]) if len(arrays) > 2 else None
    data = dataset(Path(path).name, arrays[0], arrays[1], test, sha, columns)
    return standardized(data) if standardize else data


def _scaled(array: NDArray[Any]) -> NDArray[Any]:
    return array / np.float32(255) if array.dtype == np.uint8 else array


def _idx(path: str, raw: bytes) -> NDArray[Any]:
    if raw[:2] == b'\x1f\x8b':
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f'{path}: damaged gzip file ({error}).') from None
    if len(raw) < 4 or raw[:2] != b'\0\0' or raw[2] not in IDX_TYPES or not raw[3]:
        raise DataError(
            f'{path}: no IDX file: it begins with {raw[:4].hex(" ")}, not with 00 00, a type '
            'and the number of axes; take a file of the format of MNIST.'
        )
    start = 4 + 4 * raw[3]
    if len(raw) < start:
        raise DataError(f'{path}: cut off within its header.')
    shape = tuple(int(size) for size in np.frombuffer(raw[4:start], '>u4'))
    dtype = np.dtype(IDX_TYPES[raw[2]])
    expected = prod(shape) * dtype.itemsize
    if len(raw) - start != expected:
        raise DataError(
            f'{path}: {len(raw) - start} bytes of numbers where its header promises {expected}.'
        )
    return np.frombuffer(raw, dtype, offset=start).reshape(shape)
