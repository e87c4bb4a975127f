"""One process at a time writes a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.errors import RunFolderError

__all__ = ['locked']


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of the run in *folder*; the system frees it when the process dies.

    Raises
    ------
    RunFolderError
        If another process holds it.
    """
    path = folder / '.lock'
    file = _taken(path)
    if file is None:
        raise RunFolderError(
            f'{folder}: another process is writing this run; wait for it, or choose another '
            'folder (--out)'
        )
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(file)


def _taken(path: Path) -> int | None:
    """Return the locked file, None if it is taken."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _lock(file):
            os.close(file)
            return None
        if _is_at(file, path):
            return file
        os.close(file)  # its holder removed it between our open and our lock: once more


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _lock(file: int) -> bool:
    try:
        import fcntl
    except ImportError:  # not POSIX: two writers are then up to the user
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
