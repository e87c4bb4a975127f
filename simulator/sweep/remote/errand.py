"""What a Dask worker does: unpack the kit, do one run in a process of its own, bring it back.

This module is carried to the workers by value, so it knows nothing but the standard library; the
project itself is what it unpacks.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import IO, Any

__all__ = ['run_errand']

DIGEST = 'from simulator.recording.identity import source_digest; print(source_digest().hex())'
LAST_WORDS = 2000  # characters of what a dead process said


def run_errand(kit: tuple[str, bytes], parcel: bytes, key: str, topic: str) -> dict[str, Any]:
    """Do the run in *parcel* and return its folder as a zip file, with how it came out.

    Parameters
    ----------
    kit : (digest, archive)
    parcel : bytes
        A zip file: ``job.pickle`` and the files that the scenario names.
    key : str
        By which the run is called in the events it sends.
    topic : str
        Of events about its progress, which the client listens to.

    Raises
    ------
    RuntimeError
        If the process died; Dask then tries again elsewhere.
    """
    home = _unpacked_kit(*kit)
    # in the worker's own folder, which Dask removes when the worker was killed
    with tempfile.TemporaryDirectory(dir=_worker().local_directory) as place:
        _unpack(parcel, Path(place))
        _tell(topic, {'key': key})
        outcome = _do(home, Path(place), key, topic)
        outcome['archive'] = _packed(Path(place) / 'folder')
        return outcome


def _do(home: Path, place: Path, key: str, topic: str) -> dict[str, Any]:
    """Start the process, pass on what it says, and return how the run came out."""
    command = [sys.executable, '-m', 'simulator.sweep.remote.do', str(place)]
    environment = {**os.environ, 'BOSPHORUS_KIT': str(home)}
    if not _installed(home):
        environment['PYTHONPATH'] = str(home)
    errors = (place / 'errors.txt').open('w+')
    # its standard input stays open as long as this process lives: it ends when that closes
    with (
        errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            text=True,
        ) as process,
    ):
        outcome = _listened(process.stdout, key, topic) if process.stdout else None
        process.wait()
        if outcome is None:
            errors.seek(0)
            said = errors.read()[-LAST_WORDS:].strip()
            raise RuntimeError(f'its process ended with exit code {process.returncode}: {said}')
    return outcome


def _listened(lines: IO[str], key: str, topic: str) -> dict[str, Any] | None:
    outcome = None
    for line in lines:
        message = json.loads(line)
        if 'outcome' in message:
            outcome = message['outcome']
        else:
            _tell(topic, {'key': key, **message})
    return outcome


def _tell(topic: str, message: dict[str, Any]) -> None:
    _worker().log_event(topic, message)


def _worker() -> Any:
    from distributed import get_worker

    return get_worker()


def _unpacked_kit(digest: str, archive: bytes) -> Path:
    """Return the folder of the kit, unpacked if no other run on this machine has done it."""
    home = Path(tempfile.gettempdir()) / f'bosphorus-{os.getuid()}-{digest}'
    if not home.exists():
        fresh = Path(tempfile.mkdtemp(prefix='bosphorus-kit-'))
        _unpack(archive, fresh)
        try:
            fresh.rename(home)
        except OSError:  # another one was faster
            shutil.rmtree(fresh, ignore_errors=True)
    return home


def _installed(home: Path) -> bool:
    """Whether the project is installed here as it is in the kit, compiled already perhaps."""
    note = home / 'installed.txt'
    if not note.exists():
        asked = subprocess.run(
            [sys.executable, '-c', DIGEST], capture_output=True, text=True, check=False, cwd='/'
        )
        fresh = home / f'installed-{os.getpid()}.txt'
        fresh.write_text(asked.stdout.strip())
        fresh.rename(note)
    return note.read_text() == (home / 'source.txt').read_text()


def _unpack(archive: bytes, place: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as inside:
        inside.extractall(place)


def _packed(folder: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as archive:  # traces are compressed already
        for path in sorted(folder.rglob('*')):
            if path.is_file() and not path.name.startswith('.'):
                archive.write(path, path.relative_to(folder).as_posix())
    return out.getvalue()
