"""Entries that users bring along, without touching the project.

A plug-in is a Python file, or an installed package with an entry point in the group
``bosphorus``, that says what it adds in one dict::

    from simulator.units import Seconds


    def my_rule(vectors, *, f: int):
        '''Say in one sentence what it does.'''
        return vectors[f:].mean(axis=0)


    BOSPHORUS = {'aggregation': {'my_rule': my_rule}}

Nothing is registered by importing: whoever loads a plug-in installs it for as long as it is
wanted, so that two runs or two tests in one process do not see each other's.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from simulator.catalogue.catalogue import Catalogue
from simulator.errors import PluginError, did_you_mean

__all__ = ['Plugin', 'installed', 'load_plugin', 'packaged_plugins']

ENTRIES = 'BOSPHORUS'
GROUP = 'bosphorus'


class Plugin(NamedTuple):
    """What a plug-in adds.

    Attributes
    ----------
    source : str
        Its file, or the entry point of its package.
    sha256 : str
        Of the file, or of the package's name and version.
    entries : mapping
        Kind of catalogue -> name -> function.
    """

    source: str
    sha256: str
    entries: Mapping[str, Mapping[str, Callable[..., Any]]]


def load_plugin(path: str | Path) -> Plugin:
    """Run the plug-in file at *path* and return what it adds; nothing is installed yet.

    Raises
    ------
    PluginError
        If it can't be read or run, or does not say what it adds.
    """
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise PluginError(f'{path}: {error.strerror or error}') from error
    digest = sha256(content).hexdigest()
    module = _executed(file, f'bosphorus_plugin_{file.stem}_{digest[:8]}')
    if not hasattr(module, ENTRIES):
        raise PluginError(
            f'{path}: says nothing; it needs a dict {ENTRIES} such as '
            "{'aggregation': {'my_rule': my_rule}}"
        )
    return Plugin(str(path), digest, _checked(getattr(module, ENTRIES), str(path)))


def packaged_plugins() -> Iterator[Plugin]:
    """Yield what installed packages add through the entry-point group ``bosphorus``.

    Raises
    ------
    PluginError
        If one can't be loaded; its message names the package.
    """
    for point in entry_points(group=GROUP):
        owner = f'{point.dist.name} {point.dist.version}' if point.dist else point.value
        try:
            loaded = point.load()
        except Exception as error:  # whatever a foreign package can raise
            raise PluginError(f'{owner}: entry point {point.name}: {error}') from error
        entries = getattr(loaded, ENTRIES, loaded)
        yield Plugin(owner, sha256(owner.encode()).hexdigest(), _checked(entries, owner))


@contextmanager
def installed(plugins: Iterable[Plugin], kinds: Mapping[str, Catalogue]) -> Iterator[None]:
    """Add the entries of *plugins* to the catalogues *kinds*; take them out again at the end.

    Raises
    ------
    PluginError
        If a kind is unknown, a name is taken (built-in ones can't be replaced), or a signature
        is no schema. Nothing stays installed then.
    """
    added = list[tuple[Catalogue, str]]()
    try:
        for plugin in plugins:
            for kind, entries in plugin.entries.items():
                if kind not in kinds:
                    raise PluginError(
                        f'{plugin.source}: no catalogue {kind!r}{did_you_mean(kind, kinds)}'
                    )
                kinds[kind].add(entries, plugin.source)
                added.append((kinds[kind], plugin.source))
        yield
    finally:
        for catalogue, source in added:
            catalogue.remove(source)


def _executed(file: Path, name: str) -> ModuleType:
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PluginError(f'{file}: is no Python file; its name must end in .py')
    module = module_from_spec(spec)
    # signatures are read through the module, so it has to be found there
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever a foreign file can raise
        del sys.modules[name]
        raise PluginError(f'{_where(error, file)}: {type(error).__name__}: {error}') from error
    return module


def _where(error: BaseException, file: Path) -> str:
    """Return the file and the line in it at which *error* came up."""
    if isinstance(error, SyntaxError):
        return f'{file}:{error.lineno}'
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
    return f'{file}:{lines[-1]}' if lines else str(file)


def _checked(entries: object, source: str) -> Mapping[str, Mapping[str, Callable[..., Any]]]:
    remedy = f"{ENTRIES} must look like {{'aggregation': {{'my_rule': my_rule}}}}"
    if not isinstance(entries, Mapping):
        raise PluginError(f'{source}: {remedy}, not {type(entries).__name__}')
    for kind, named in entries.items():
        if not isinstance(named, Mapping) or not all(map(callable, named.values())):
            raise PluginError(f'{source}: {remedy}; {kind!r} holds no dict of functions')
        if not all(isinstance(name, str) for name in [kind, *named]):
            raise PluginError(f'{source}: {remedy}; names are texts')
    return entries
