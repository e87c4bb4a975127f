"""From the runs of a scenario to jobs: each gets its id and its folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulator.catalogue import Plugin, installed, load_plugin, packaged_plugins
from simulator.recording import Identity
from simulator.recording.identity import file_digest, run_id, source_digest
from simulator.scenario import RunSpec
from simulator.scenario.inputs import input_files, without_folders
from simulator.scenario.kinds import CATALOGUES
from simulator.scenario.spec import to_yaml
from simulator.sweep.job import Job

__all__ = ['plan', 'plugged']

_BASE = 'base'  # what the only variant of a file without variants is called


def plan(specs: Sequence[RunSpec], out: Path, plugins: Sequence[Plugin] = ()) -> list[Job]:
    """Return one job a run, in order; runs that are the same in all respects are one.

    Parameters
    ----------
    specs : sequence of RunSpec
        The runs of one scenario.
    out : Path
        The folder that holds the scenarios' folders.
    plugins : sequence of Plugin
        What is installed; a run depends on it.
    """
    with_variants = any(spec.variant != _BASE for spec in specs)
    jobs: dict[Path, Job] = {}
    for order, spec in enumerate(specs):
        identity = _identity(spec, order, spec.variant if with_variants else '', plugins)
        folder = out / identity.scenario / spec.variant / identity.id
        jobs.setdefault(folder, Job(spec, folder, identity))
    return list(jobs.values())


def _identity(spec: RunSpec, order: int, variant: str, plugins: Sequence[Plugin]) -> Identity:
    # the content of a file tells runs apart, not where it lies
    text, named = spec.yaml, to_yaml(without_folders(spec.resolved))
    files = {str(file): file_digest(file) for file in input_files(spec.resolved)}
    number = run_id(
        named.encode(),
        source_digest(),
        [plugin.sha256.encode() for plugin in plugins],
        files.values(),
    )
    notes: dict[str, Any] = {'order': order, 'question': spec.scenario.question}
    if files:
        notes['files'] = {name: digest.hex() for name, digest in files.items()}
    if spec.search is not None and spec.tuned:
        about = {'minimize': spec.search.minimize, 'trials': spec.search.trials}
        notes['tuned'] = {**about, 'values': dict(spec.tuned)}
    return Identity(number, spec.scenario.name, variant, dict(spec.vary), spec.seed, text, notes)


@contextmanager
def plugged(files: Sequence[Path] = ()) -> Iterator[list[Plugin]]:
    """Install the plug-ins of installed packages, then those in *files*; yield them all.

    Raises
    ------
    PluginError
        If one can't be loaded or clashes with what is there.
    """
    plugins = [*packaged_plugins(), *(load_plugin(file) for file in files)]
    with installed(plugins, CATALOGUES):
        yield plugins
