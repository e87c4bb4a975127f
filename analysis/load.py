"""Run folders as light objects: small figures at once, tables when asked for.

A `Run` holds what its JSON files say. Its tables stay on disk until `Run.table` or
`Run.batches` reads the columns that are wanted, so totals of a run with a hundred million
messages cost no more than those of a small one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from simulator import traces
from simulator.errors import RunFolderError

__all__ = ['DamagedRunError', 'Loaded', 'Run', 'Skipped', 'load', 'read_run']

_TYPES = {'id': str, 'seed': int, 'status': str, 'scenario': str, 'vary': dict | None}
_DEPTH = 4  # runs / scenario / variant / id


class DamagedRunError(RunFolderError):
    """A run folder turned out to be damaged only when a file in it was read."""

    def __init__(self, folder: Path, reason: str):
        super().__init__(f'{folder}: {reason}')
        self.folder = folder
        self.reason = reason


@dataclass(frozen=True, eq=False)
class Run:
    """One run folder.

    Attributes
    ----------
    folder : Path
        Where it is.
    manifest : mapping
        `manifest.json`, see `simulator.traces.MANIFEST`.
    summary : mapping
        `summary.json`, see `simulator.traces.SUMMARY`; empty while the run has not ended.
    memory : dict
        What was computed from the tables and is small enough to keep.
    """

    folder: Path
    manifest: Mapping[str, Any]
    summary: Mapping[str, Any]
    memory: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def id(self) -> str:
        """The run's id."""
        return str(self.manifest['id'])

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return str(self.manifest['scenario'])

    @property
    def variant(self) -> str:
        """Name of the variant; '' where the scenario has none."""
        return str(self.manifest['variant'] or '')

    @property
    def vary(self) -> dict[str, Any]:
        """The varied keys of this run, without the seed: seeds are repetitions."""
        vary = self.manifest['vary'] or {}
        return {key: value for key, value in vary.items() if key != 'seed'}

    @property
    def seed(self) -> int:
        """Seed of every random draw."""
        return int(self.manifest['seed'])

    @property
    def status(self) -> str:
        """`finished`, or why it did not."""
        return str(self.manifest['status'])

    @property
    def finished(self) -> bool:
        """Whether the run reached its end."""
        return self.status == 'finished'

    @cached_property
    def text(self) -> str:
        """`scenario.yaml` as it stands in the folder."""
        try:
            return (self.folder / 'scenario.yaml').read_text(encoding='utf-8')
        except (OSError, UnicodeDecodeError) as error:
            raise DamagedRunError(self.folder, f'scenario.yaml cannot be read: {error}') from error

    @cached_property
    def scenario(self) -> dict[str, Any]:
        """The resolved scenario."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        try:
            content = YAML(typ='safe', pure=True).load(self.text)
        except YAMLError as error:
            raise DamagedRunError(self.folder, 'scenario.yaml is no valid YAML') from error
        if not isinstance(content, dict):
            raise DamagedRunError(self.folder, 'scenario.yaml holds no mapping')
        return content

    @property
    def question(self) -> str:
        """The question the scenario answers: its leading comment."""
        told = self.manifest.get('question') or self.scenario.get('question')
        return ' '.join(str(told or leading_comment(self.text)).split())

    def rows(self, table: str) -> int:
        """Return the number of rows of *table*, from the files' footers alone."""
        dataset = self._dataset(table)
        with self._blaming(table):
            return 0 if dataset is None else int(dataset.count_rows())

    def table(
        self, table: str, columns: Sequence[str] | None = None, where: Any = None
    ) -> pd.DataFrame:
        """Return *table* as a frame; texts are categories, `attrs['units']` names the units.

        Parameters
        ----------
        table : str
            A key of `simulator.traces.TABLES`.
        columns : sequence of str, optional
            The columns to read; default all.
        where : pyarrow.compute.Expression, optional
            Which rows to read; row groups that can hold none are passed over.

        Raises
        ------
        DamagedRunError
            If a part cannot be read or lacks a column.
        """
        dataset = self._dataset(table)
        if dataset is None:
            return self._empty(table, columns)
        with self._blaming(table):
            content = dataset.to_table(columns=columns, filter=where)
            return _frame(content.unify_dictionaries(), table)

    def batches(
        self, table: str, columns: Sequence[str] | None = None, where: Any = None
    ) -> Iterator[pd.DataFrame]:
        """Yield *table* piece by piece, in order; at least one, perhaps empty, frame.

        Memory stays at a few row groups, whatever the size of the table.
        """
        yield self._empty(table, columns)
        dataset = self._dataset(table)
        if dataset is None:
            return
        with self._blaming(table):
            for batch in dataset.to_batches(columns=columns, filter=where):
                if batch.num_rows:
                    yield _frame(pa.Table.from_batches([batch]), table)

    def _empty(self, table: str, columns: Sequence[str] | None) -> pd.DataFrame:
        schema = traces.TABLES[table].schema
        fields = [schema.field(name) for name in columns or schema.names]
        return _frame(pa.schema(fields).empty_table(), table)

    @contextmanager
    def _blaming(self, table: str) -> Iterator[None]:
        """Turn what a broken file raises into an error that names this run."""
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            # where the folder lies is no part of what is wrong with it
            reason = _first_line(error).replace(f'{self.folder}{os.sep}', '')
            raise DamagedRunError(self.folder, f'{table}: {reason}') from error

    def check(self) -> None:
        """Read what is small of every file.

        Raises
        ------
        DamagedRunError
            If the scenario, or the footer of a part of a table, is damaged.
        """
        _ = self.scenario
        for table in traces.TABLES:
            self.rows(table)

    def _dataset(self, table: str) -> Any:
        paths = [str(path) for path in traces.part_paths(self.folder, table)]
        if not paths:
            return None
        with self._blaming(table):
            dataset = ds.dataset(paths, format='parquet')
        if missing := set(traces.TABLES[table].names) - set(dataset.schema.names):
            raise DamagedRunError(self.folder, f'{table} lacks {", ".join(sorted(missing))}')
        return dataset


class Skipped(NamedTuple):
    """A folder that was not read, and why."""

    folder: Path
    reason: str


class Loaded(NamedTuple):
    """What was found: the runs, in order, and the folders that were passed over."""

    runs: tuple[Run, ...]
    skipped: tuple[Skipped, ...]

    def without(self, damage: DamagedRunError) -> Loaded:
        """Return the same without the run that turned out to be damaged."""
        runs = tuple(run for run in self.runs if run.folder != damage.folder)
        return Loaded(runs, (*self.skipped, Skipped(damage.folder, damage.reason)))

    def checked(self) -> Loaded:
        """Return the same without the runs of which a file turns out to be damaged."""
        found = self
        for run in self.runs:
            try:
                run.check()
            except DamagedRunError as damage:
                found = found.without(damage)
        return found


def load(folders: Sequence[Path] | Path) -> Loaded:
    """Find and open the runs in *folders*.

    Parameters
    ----------
    folders : Path or sequence of Path
        Run folders, or folders that hold run folders at any depth down to
        `runs/<scenario>/<variant>/<id>`. A run found twice is taken once.

    Returns
    -------
    Loaded
        Unfinished runs are among `runs`, as far as they can be read; folders that are
        damaged or no runs at all are among `skipped`.
    """
    given = [folders] if isinstance(folders, Path) else list(folders)
    runs: dict[Path, Run] = {}
    skipped: dict[Path, Skipped] = {}
    for folder in (found for top in given for found in _candidates(Path(top), _DEPTH)):
        key = folder.resolve()
        try:
            runs.setdefault(key, read_run(folder))
        except RunFolderError as error:
            skipped.setdefault(key, Skipped(folder, _reason(error, folder)))
    ordered = sorted(runs.values(), key=lambda run: _order(run.manifest))
    return Loaded(tuple(ordered), tuple(skipped.values()))


def read_run(folder: Path) -> Run:
    """Return the run in *folder*.

    Raises
    ------
    RunFolderError
        If it is no run folder, is damaged, or was written by another version.
    """
    manifest = traces.read_manifest(folder)
    if wrong := _mistyped(manifest):
        raise RunFolderError(f'{folder}: manifest.json: {wrong}; it is damaged')
    try:
        summary = traces.read_summary(folder)
    except RunFolderError:
        if manifest['status'] == 'finished':
            raise
        summary = {}
    return Run(folder, manifest, summary)


def _mistyped(manifest: Mapping[str, Any]) -> str:
    """Return which key of a manifest is not what it should be, and how; '' where all are."""
    for key, kind in _TYPES.items():
        value = manifest[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            return f'{key} is {value!r}'
    return ''


def leading_comment(text: str) -> str:
    r"""Return the comment a YAML file begins with, without notes to editors.

    Examples
    --------
    >>> leading_comment('# yaml-language-server: $schema=x\n# Is a ring\n# faster?\nname: a\n')
    'Is a ring faster?'
    """
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith('#'):
            break
        lines.append(line.lstrip('#').strip())
    return ' '.join(line for line in lines if line and not line.startswith('yaml-language'))


def _candidates(folder: Path, depth: int) -> list[Path]:
    """Return the run folders in *folder*, or itself where there are none."""
    if (folder / 'manifest.json').exists() or depth == 0:
        return [folder]
    inside = _subfolders(folder)
    if not inside or any(child.name in traces.TABLES for child in inside):
        return [folder]
    return [found for child in inside for found in _candidates(child, depth - 1)]


def _subfolders(folder: Path) -> list[Path]:
    try:
        entries = [entry.name for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return []
    children = [folder / name for name in sorted(entries) if not name.startswith('.')]
    return [child for child in children if not _beside_a_report(child)]


def _beside_a_report(folder: Path) -> bool:
    """Whether a folder holds the CSVs of a report, which lie among the runs they tell of."""
    return folder.name.endswith('-data') and (folder / 'runs.csv').exists()


def _order(manifest: Mapping[str, Any]) -> float:
    order = manifest.get('order')
    return float(order) if isinstance(order, int | float) else float('inf')


def _frame(content: Any, table: str) -> pd.DataFrame:
    frame: pd.DataFrame = content.to_pandas(strings_to_categorical=True)
    # metadata of a column's field is lost on the way to pandas
    frame.attrs['units'] = {name: traces.TABLES[table][name].unit for name in frame.columns}
    return frame


def _reason(error: RunFolderError, folder: Path) -> str:
    return str(error).removeprefix(f'{folder}: ')


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
