"""The folder of one run, from claiming it to its last word.

The manifest is the word that counts: a run is finished when its manifest says so, and it
says so last. Everything that carries wall-clock time is in `manifest.json` and
`summary.json`; all other files of two runs of one scenario are identical to the byte.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import monotonic
from traceback import format_exception
from typing import Any

from numpy.typing import NDArray

from simulator.errors import BosphorusError, RunFolderError
from simulator.recording.files import (
    make_folder,
    plain,
    replacing,
    write_arrays,
    write_json,
    write_text,
)
from simulator.recording.identity import Identity
from simulator.recording.lock import locked
from simulator.traces import (
    FORMAT,
    MANIFEST,
    SUMMARY,
    TABLES,
    Status,
    read_manifest,
    read_summary,
)

__all__ = ['RunFolder', 'note', 'reason', 'save_model']

_COMPUTES_WITH = (
    'bosphorus',
    'numpy',
    'numba',
    'simpy',
    'networkx',
    'pydantic',
    'pyarrow',
    'pandas',
)
_FILES = ('scenario.yaml', 'manifest.json', 'summary.json', 'model.npz')


class RunFolder:
    """The folder of one run.

    Parameters
    ----------
    path : Path

    Examples
    --------
    >>> import tempfile
    >>> folder = RunFolder(Path(tempfile.mkdtemp()) / 'plain' / '0123456789ab')
    >>> which = Identity('0123456789ab', 'demo', 'plain', {}, 7, 'name: demo')
    >>> with folder.writing(which) as run:
    ...     summary = run.finish({'rounds': 3, 'messages': 12})
    >>> folder.result('0123456789ab')['rounds'], folder.status
    (3, 'finished')
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def status(self) -> Status | None:
        """What the manifest says, None if there is none to be read."""
        try:
            status: Status = read_manifest(self.path)['status']
        except RunFolderError:
            return None
        return status

    def result(self, identity: str) -> dict[str, Any] | None:
        """Return the summary if the run *identity* is finished here, else None."""
        try:
            manifest = read_manifest(self.path)
            if (manifest['status'], manifest['id']) == ('finished', identity):
                return read_summary(self.path)
        except RunFolderError:
            pass  # damaged, foreign or not there: to be done again
        return None

    @contextmanager
    def writing(self, identity: Identity, attempt: int = 1) -> Iterator[RunWriter]:
        """Claim the folder and start the run in it from scratch.

        Whatever an earlier attempt left is removed (files that no run makes stay). An
        error that leaves the block marks the run as failed, Ctrl-C as interrupted.

        Raises
        ------
        RunFolderError
            If the folder cannot be written, or another process is writing it.
        """
        make_folder(self.path)
        with locked(self.path):
            writer = RunWriter(self.path, identity, attempt)
            try:
                yield writer
            except KeyboardInterrupt:
                writer.end('interrupted')
                raise
            except BaseException as error:
                writer.end('failed', reason(error), traceback=_trace(error))
                raise

    def adopt(self, files: Mapping[str, bytes], attempt: int = 1) -> None:
        """Take in the *files* of a run that was done elsewhere, the manifest last.

        Raises
        ------
        RunFolderError
            If the folder cannot be written, or another process is writing it.
        """
        make_folder(self.path)
        with locked(self.path):
            _clear(self.path)
            for name in sorted(files, key=lambda name: (name == 'manifest.json', name)):
                path = self.path / name
                make_folder(path.parent)
                with replacing(path) as temporary:
                    temporary.write_bytes(files[name])
            note(self.path, attempts=attempt)

    def give_up(self, identity: Identity, attempt: int, error: str) -> dict[str, Any]:
        """Mark as failed a run whose process died; return its summary."""
        manifest = _blank(identity, attempt)
        with suppress(RunFolderError):  # it may have died before it could say anything
            manifest = read_manifest(self.path)
        manifest |= {'status': 'failed', 'error': error, 'attempts': attempt, 'ended': _now()}
        make_folder(self.path)
        summary = {**dict.fromkeys(SUMMARY), 'status': 'failed'}
        write_json(self.path / 'summary.json', summary)
        write_json(self.path / 'manifest.json', manifest)
        return summary


class RunWriter:
    """A claimed run folder; `RunFolder.writing` gives it.

    Attributes
    ----------
    path : Path
        The folder, for a `Recorder`, `save_model` and `note`.
    """

    def __init__(self, path: Path, identity: Identity, attempt: int) -> None:
        self.path = path
        self._begun = monotonic()
        _clear(path)
        write_json(path / 'manifest.json', _blank(identity, attempt))
        write_text(path / 'scenario.yaml', identity.resolved)

    def finish(self, figures: Mapping[str, Any]) -> dict[str, Any]:
        """Write the summary of a run that came to its end; return it.

        Parameters
        ----------
        figures : mapping
            Keys of `SUMMARY`, and any others. What concerns wall clock is filled in here
            where it is not given; what is missing becomes null.
        """
        return self.end('finished', None, figures)

    def end(
        self,
        status: Status,
        error: str | None = None,
        figures: Mapping[str, Any] | None = None,
        traceback: str | None = None,
    ) -> dict[str, Any]:
        """Write the last word of the run: its summary, then its status."""
        wall = monotonic() - self._begun
        summary: dict[str, Any] = {**dict.fromkeys(SUMMARY), **(figures or {}), 'status': status}
        if summary['wall_seconds'] is None:
            summary['wall_seconds'] = wall
        if summary['messages'] is not None and summary['messages_per_wall_second'] is None:
            summary['messages_per_wall_second'] = summary['messages'] / summary['wall_seconds']
        summary = plain(summary)
        write_json(self.path / 'summary.json', summary)
        keys = {} if traceback is None else {'traceback': traceback}
        note(self.path, **keys, status=status, error=error, ended=_now(), wall_seconds=wall)
        return summary


def reason(error: BaseException) -> str:
    """Return why a run failed, in a line: for our own errors, their message says it."""
    return str(error) if isinstance(error, BosphorusError) else f'{type(error).__name__}: {error}'


def _trace(error: BaseException) -> str | None:
    """Return the traceback of what must be a bug, None for a message to users."""
    return None if isinstance(error, BosphorusError) else ''.join(format_exception(error))


def note(folder: Path, **keys: Any) -> None:
    """Set keys of the manifest of the run in *folder*, such as `data` and its sha256."""
    write_json(folder / 'manifest.json', {**read_manifest(folder), **keys})


def save_model(folder: Path, **arrays: NDArray[Any]) -> Path:
    """Write the final parameters (and what belongs to them) to `model.npz`; return its path.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> path = save_model(Path(tempfile.mkdtemp()), parameters=np.zeros(3, np.float32))
    >>> np.load(path)['parameters']
    array([0., 0., 0.], dtype=float32)
    """
    path = folder / 'model.npz'
    write_arrays(path, arrays)
    return path


def _blank(identity: Identity, attempt: int) -> dict[str, Any]:
    """Return the manifest of a run that starts now."""
    return {
        **dict.fromkeys(MANIFEST),
        **identity.notes,
        'format': FORMAT,
        'id': identity.id,
        'status': 'running',
        'scenario': identity.scenario,
        'variant': identity.variant,
        'vary': identity.vary,
        'seed': identity.seed,
        'versions': _versions(),
        'platform': {'system': platform.platform(), 'machine': platform.machine()},
        'data': {},
        'started': _now(),
        'attempts': attempt,
    }


@cache  # reading what is installed takes longer than a short run's other files together
def _versions() -> dict[str, str]:
    versions = {'python': platform.python_version()}
    for package in _COMPUTES_WITH:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # run from the source tree, not installed
            versions[package] = 'not installed'
    return versions


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec='seconds')


def _clear(path: Path) -> None:
    """Remove what an earlier attempt left, the manifest first: it must not vouch for less."""
    try:
        for name in ('manifest.json', *_FILES):
            (path / name).unlink(missing_ok=True)
        for table in TABLES:
            if (path / table).is_dir():
                shutil.rmtree(path / table)
        for leftover in path.glob('.*.tmp'):
            leftover.unlink(missing_ok=True)
    except OSError as error:
        raise RunFolderError(f'{path}: an earlier run cannot be removed: {error}') from error
