"""Files that are either there and whole, or not there."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import RunFolderError

__all__ = ['make_folder', 'plain', 'replacing', 'write_arrays', 'write_json', 'write_text']

_TIMELESS = (1980, 1, 1, 0, 0, 0)  # the first instant a zip archive can name


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside *path*; rename it into place when the body succeeds.

    A process killed in between leaves the old file, or none, and a `.name.tmp`. The
    renaming survives the death of the process; nothing is promised about power cuts.

    Raises
    ------
    RunFolderError
        If the folder cannot be written (read-only, full, gone).
    """
    temporary = path.with_name(f'.{path.name}.tmp')
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write *text* to *path*, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding='utf-8', newline='\n')


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write *content* to *path* as JSON that any parser takes: NaN and inf become null."""
    text = json.dumps(plain(content), indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + '\n')


def plain(value: Any) -> Any:
    """Return *value* as what JSON knows.

    Examples
    --------
    >>> plain({'loss': np.float32(0.5), 'times': (np.inf, 2), 3: Path('a')})
    {'loss': 0.5, 'times': [None, 2], '3': 'a'}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write *arrays* as an .npz whose bytes depend on nothing but them.

    `numpy.savez` stamps each member with the time of day; this does not.
    """
    with replacing(path) as temporary, zipfile.ZipFile(temporary, 'w') as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f'{name}.npy', date_time=_TIMELESS)
            with archive.open(member, 'w', force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)


def make_folder(path: Path) -> None:
    """Make the folder *path* and check that files can be made in it.

    Raises
    ------
    RunFolderError
        If it cannot be made or written, with the reason.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise _unwritable(path, PermissionError('no permission'))


def _unwritable(path: Path, error: OSError) -> RunFolderError:
    reason = error.strerror or str(error)
    return RunFolderError(f'{path}: cannot be written: {reason}; choose another folder (--out)')
