"""Files that are whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simulator.errors import RunFolderError

__all__ = ['replacing']


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside *path*; rename it into place when the body succeeds.

    Raises
    ------
    RunFolderError
        If the file can't be written.
    """
    temporary = path.with_name(f'.{path.name}.tmp')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunFolderError(
            f'{path}: cannot be written: {reason}; choose another place'
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
