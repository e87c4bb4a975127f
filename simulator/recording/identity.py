"""Which run is this? The same inputs and code give the same id, and so the same folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ['PACKAGES', 'Identity', 'file_digest', 'run_id', 'source_digest']

PACKAGES = ('simulator', 'topologies')  # what a run can depend on; reports read, and don't count


@dataclass(frozen=True)
class Identity:
    """What tells one run from another, as its folder states it.

    Attributes
    ----------
    id : str
        12 hexadecimal digits (see `run_id`): the name of the run's folder.
    scenario : str
        Name of the scenario.
    variant : str
        Name of the variant.
    vary : mapping of str to value
        The varied keys with this run's values.
    seed : int
        Seed of every random draw.
    resolved : str
        The resolved scenario as YAML: the content of `scenario.yaml`.
    notes : mapping
        More for the manifest: see `simulator.traces.NOTES`.
    """

    id: str
    scenario: str
    variant: str
    vary: Mapping[str, Any]
    seed: int
    resolved: str
    notes: Mapping[str, Any] = field(default_factory=dict)


def run_id(
    scenario: bytes, source: bytes, plugins: Iterable[bytes] = (), data: Iterable[bytes] = ()
) -> str:
    """Return the id of a run: 12 hexadecimal digits that change with any input.

    Parameters
    ----------
    scenario : bytes
        The resolved scenario.
    source : bytes
        The code that runs it (`source_digest`).
    plugins, data : iterable of bytes
        Contents, or digests, of the user's plug-ins and data files, in order.

    Examples
    --------
    >>> run_id(b'name: a', b'source')
    '2907453f184f'
    >>> run_id(b'', b'', [b'x']) == run_id(b'', b'', [], [b'x'])
    False
    """
    pieces = hashlib.sha256()
    for group in ((scenario,), (source,), plugins, data):
        inner = hashlib.sha256()
        for piece in group:
            inner.update(hashlib.sha256(piece).digest())
        # each group a digest of its own: no byte can wander from one piece to the next
        pieces.update(inner.digest())
    return pieces.hexdigest()[:12]


def file_digest(path: Path) -> bytes:
    """Return the sha256 of a file's content."""
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').digest()


@cache
def source_digest() -> bytes:
    """Return the sha256 over names and contents of all Python files that a run can depend on."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        spec = find_spec(package)
        for place in (spec and spec.submodule_search_locations) or ():
            for path in sorted(Path(place).rglob('*.py')):
                name = f'{package}/{path.relative_to(place).as_posix()}'
                digest.update(hashlib.sha256(name.encode()).digest() + file_digest(path))
    return digest.digest()
