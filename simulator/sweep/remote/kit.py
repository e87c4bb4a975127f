"""What workers elsewhere need: the project's source, the user's plug-ins and files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from simulator.recording.identity import PACKAGES, source_digest

__all__ = ['PLUGINS', 'Kit', 'packed', 'unpacked']

PLUGINS = 'plugins'
"""Folder of the plug-ins inside a kit."""

_LEFT_OUT = {'__pycache__', 'py.typed'}
_TIMELESS = (1980, 1, 1, 0, 0, 0)


class Kit(NamedTuple):
    """An archive that is unpacked once on each machine.

    Attributes
    ----------
    digest : str
        Of its content: the name of the folder it is unpacked to.
    archive : bytes
        A zip file.
    """

    digest: str
    archive: bytes

    @classmethod
    def of(cls, plugins: Sequence[Path] = ()) -> Kit:
        """Return the kit of this project and some plug-in files, in their order."""
        files = {'source.txt': source_digest().hex().encode(), **dict(_sources())}
        for number, path in enumerate(plugins):
            files[f'{PLUGINS}/{number:03d}/{path.name}'] = path.read_bytes()
        archive = packed(files)
        return cls(sha256(archive).hexdigest()[:16], archive)


def _sources() -> Iterator[tuple[str, bytes]]:
    for package in PACKAGES:
        spec = find_spec(package)
        for place in (spec and spec.submodule_search_locations) or ():
            for path in sorted(Path(place).rglob('*')):
                if path.is_file() and not _LEFT_OUT & set(path.parts):
                    yield f'{package}/{path.relative_to(place).as_posix()}', path.read_bytes()


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file of *files* that depends on nothing but their names and contents.

    Examples
    --------
    >>> unpacked(packed({'a/b.txt': b'text'}))
    {'a/b.txt': b'text'}
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _TIMELESS), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpacked(archive: bytes) -> dict[str, Any]:
    """Return the files in a zip file, by name."""
    with zipfile.ZipFile(io.BytesIO(archive)) as inside:
        return {name: inside.read(name) for name in inside.namelist()}
