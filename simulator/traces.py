"""What a run leaves: the one declaration of every column, key and file name.

Who writes (`simulator.recording`) and who reads (`analysis`) agree here and nowhere
else. A table is a folder of Parquet parts inside the run's folder; pyarrow is imported
when a schema is first asked for, so that naming a column costs nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from simulator.errors import RunFolderError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    'FIGURES',
    'FORMAT',
    'LOST',
    'MANIFEST',
    'METRICS',
    'NOTES',
    'PART_ROWS',
    'SUMMARY',
    'TABLES',
    'Column',
    'Status',
    'Table',
    'check_manifest',
    'part_paths',
    'read_manifest',
    'read_summary',
]

FORMAT: Final = 1
"""Version of this page: a folder that carries another number is refused by name."""

LOST: Final = -1
"""A time that never came (`delivered_ns` of a lost message), an id that does not apply."""

PART_ROWS: Final = 250_000
"""Rows of every part of a finished table but the last."""

ColumnType = Literal['int32', 'int64', 'float64', 'text']
Status = Literal['running', 'finished', 'failed', 'interrupted']


@dataclass(frozen=True)
class Column:
    """One column: its name, type, unit (`'1'` is a pure number) and meaning."""

    name: str
    type: ColumnType
    unit: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """One table of a run.

    Attributes
    ----------
    name : str
        The table's folder inside the run's folder.
    meaning : str
        What one row stands for.
    columns : tuple of Column
        In the order in which they are stored.

    Examples
    --------
    >>> TABLES['links'].names
    ('link', 'source', 'target', 'bandwidth_bps', 'latency_ns', 'bytes', 'messages', 'busy_ns')
    >>> TABLES['links'].schema.field('busy_ns').type
    DataType(int64)
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def schema(self) -> pa.Schema:
        """The pyarrow schema: texts are dictionaries, every field carries its unit."""
        return _schema(self)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f'{self.name} has no column {name!r}; it has {", ".join(self.names)}')


@cache
def _schema(table: Table) -> pa.Schema:
    import pyarrow as pa

    types = {
        'int32': pa.int32(),
        'int64': pa.int64(),
        'float64': pa.float64(),
        'text': pa.dictionary(pa.int32(), pa.string()),
    }
    fields = [
        pa.field(c.name, types[c.type], nullable=False, metadata={'unit': c.unit})
        for c in table.columns
    ]
    return pa.schema(
        fields, metadata={'bosphorus.table': table.name, 'bosphorus.format': str(FORMAT)}
    )


def _table(name: str, meaning: str, *columns: tuple[str, ColumnType, str, str]) -> Table:
    return Table(name, meaning, tuple(Column(*column) for column in columns))


TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        _table(
            'metrics',
            'One measured value (tidy: one row a value).',
            ('time_ns', 'int64', 'ns', 'simulated time of the measurement'),
            ('step', 'int32', '1', 'steps of that device; of the whole run (-1): rounds done'),
            ('epoch', 'float64', '1', 'training samples used so far / size of the training set'),
            ('device', 'int32', 'node', 'node it was measured at; -1 = the run as a whole'),
            ('metric', 'text', '', 'what was measured: a key of METRICS, or a name of its own'),
            ('value', 'float64', 'by metric', 'the value'),
        ),
        _table(
            'messages',
            'One attempt to carry one message from host to host, in order of delivery.',
            ('message', 'int64', 'id', 'number of the message, shared by its attempts'),
            ('kind', 'text', '', 'what it carried, such as gradient, model, all_reduce'),
            ('source', 'int32', 'node', 'sending host'),
            ('target', 'int32', 'node', 'receiving host'),
            ('bytes', 'float64', 'byte', 'size on the wire (chunks of studies are real numbers)'),
            ('step', 'int32', '1', 'step of the collective, else the round it belongs to; or -1'),
            ('collective', 'int32', 'id', 'call of a collective it belongs to; -1 = none'),
            ('attempt', 'int32', '1', '0 for the first transmission, 1 for the first retry, ...'),
            ('sent_ns', 'int64', 'ns', 'simulated time at which the sender handed it over'),
            ('started_ns', 'int64', 'ns', 'when it first got on the wire: queueing ends here'),
            ('delivered_ns', 'int64', 'ns', 'when its last byte arrived; -1 = lost'),
        ),
        _table(
            'spans',
            'A stretch of simulated time that a device spent on one activity.',
            ('device', 'int32', 'node', 'the device'),
            ('activity', 'text', '', 'compute, reduce, aggregate, wait or down'),
            ('operation', 'text', '', 'what was computed or waited for, such as gradient'),
            ('step', 'int32', '1', "the device's step it belongs to; -1 = none"),
            ('start_ns', 'int64', 'ns', 'first instant'),
            ('end_ns', 'int64', 'ns', 'last instant, >= start_ns'),
        ),
        _table(
            'quorums',
            'A message for which a node waited: one of the first ones of a kind and step.',
            ('time_ns', 'int64', 'ns', 'simulated time at which the quorum was complete'),
            ('step', 'int32', '1', 'step of the messages'),
            ('node', 'int32', 'node', 'the node that waited'),
            ('kind', 'text', '', 'what it waited for: model, gradient or exchange'),
            ('source', 'int32', 'node', 'whose message it got'),
            ('byzantine', 'int32', '1', '1 where that node is Byzantine, else 0'),
        ),
        _table(
            'critical',
            'A link of the chain of operations and transfers that made the time of an execution.',
            ('step', 'int32', '1', 'which execution of the graph, from 1'),
            ('kind', 'text', '', 'compute or transfer'),
            ('operation', 'text', '', 'what was computed, or whose output was sent'),
            ('source', 'int32', 'node', 'where it was computed, or sent from'),
            ('target', 'int32', 'node', 'where it was computed, or sent to'),
            ('waited_for', 'text', '', 'why not earlier: start, input, or device (which was busy)'),
            ('start_ns', 'int64', 'ns', 'first instant'),
            ('end_ns', 'int64', 'ns', 'last instant: the next link begins here'),
        ),
        _table(
            'links',
            'A directed link, with what it carried over the whole run.',
            ('link', 'int32', 'id', 'number of the directed link'),
            ('source', 'int32', 'node', 'node it leaves'),
            ('target', 'int32', 'node', 'node it enters'),
            ('bandwidth_bps', 'float64', 'bit/s', 'nominal rate in BITS per second'),
            ('latency_ns', 'int64', 'ns', 'time a byte takes along it, jitter not included'),
            ('bytes', 'float64', 'byte', 'bytes carried'),
            ('messages', 'int64', '1', 'messages carried'),
            ('busy_ns', 'int64', 'ns', 'time during which it carried at least one message'),
        ),
        _table(
            'routes',
            'A directed link on the way of the messages from one host to another.',
            ('source', 'int32', 'node', 'sending host'),
            ('target', 'int32', 'node', 'receiving host'),
            ('hop', 'int32', '1', 'place of the link on the way, from 0'),
            ('link', 'int32', 'id', 'number of the directed link'),
        ),
        _table(
            'nodes',
            'A node of the topology.',
            ('node', 'int32', 'node', 'number of the node: hosts first, then switches'),
            ('kind', 'text', '', 'host or switch'),
            ('role', 'text', '', "worker, server, ... as trained; '' = idle or a switch"),
            ('x', 'float64', '1', 'where a drawing puts it'),
            ('y', 'float64', '1', 'where a drawing puts it'),
        ),
    )
}
"""The tables of a run, by name."""

METRICS: Final[dict[str, str]] = {
    'train_loss': 'mean loss on the training batches since the last row',
    'test_loss': 'mean loss on the test split',
    'test_accuracy': 'share of the test split that is classified rightly, 0..1',
    'test_perplexity': 'exp of the mean cross-entropy a token of the test split',
    'grams': 'n-grams of all lengths that a model of counts has counted',
    'unseen_grams': "share of the test split's longest n-grams that were never counted, 0..1",
    'bytes': 'bytes handed to the network so far, all nodes (with each evaluation)',
    'messages': 'messages handed to the network so far (with each evaluation)',
    'staleness': 'updates between reading a model and applying its gradient',
    'consensus': 'mean distance of the nodes from their average model, L2',
    'server_distance': 'largest distance between two honest servers after a step, L2',
    'byzantine_in_quorum': "Byzantine senders among those of a node's quorum",
    'aggregate_distance': 'distance of the aggregate from the mean of the honest vectors, L2',
    'aggregate_angle': 'angle between the aggregate and the mean of the honest vectors, radians',
    'byzantine_share': 'share of Byzantine vectors among those that a rule selected, 0..1',
    'variance_to_norm': 'E|G - E G|^2 / |E G|^2 of the honest vectors G',
    'attack_success_rate': 'share of test samples that are taken for what an attack wants, 0..1',
    'learning_rate': 'rate of the optimizer',
    'round_seconds': 'how long the round that ends here took, s',
    'collective_seconds': 'how long the call of a collective that ends here took, s',
    'makespan': 'how long the execution of a graph that ends here took, s',
    'busy_seconds': 'how long a device computed in the execution that ends here, s',
    'peak_memory': 'the most that a device held at once in the execution that ends here, byte',
}
"""Usual names of the column `metric`, with their meaning."""

SUMMARY: Final[dict[str, str]] = {
    'status': 'finished, failed or interrupted',
    'rounds': 'rounds done',
    'epochs': 'training samples used / size of the training set',
    'simulated_seconds': 'simulated time at the end, s',
    'wall_seconds': 'wall-clock time the run took, s',
    'messages': 'messages handed to the network, counted by the fabric',
    'bytes': 'bytes handed to the network, counted by the fabric',
    'train_loss': 'last training loss',
    'test_loss': 'last loss on the test split',
    'test_accuracy': 'last accuracy on the test split, 0..1',
    'messages_per_wall_second': 'messages / wall_seconds',
    'time_to_target': 'simulated time at which the target was reached, s',
    'bytes_to_target': 'bytes handed to the network by then',
    'predicted': 'closed forms: a mapping of name to value, such as seconds and bytes',
}
"""Keys that every `summary.json` holds (null where one does not apply)."""

FIGURES: Final[dict[str, str]] = {
    'test_perplexity': 'last perplexity on the test split, where tokens are predicted',
    'target': 'the accuracy that time_to_target speaks of',
    'val_loss': 'least loss on the samples kept for validation: that of the final parameters',
    'best_round': 'the round in which they were reached',
    'updates': 'updates of the model at a parameter server',
    'updates_per_second': 'updates / simulated_seconds, 1/s',
    'mean_staleness': 'updates between reading the model and the arrival of a gradient, mean',
    'byzantine': 'Byzantine nodes, by role',
    'aggregate_distance': 'mean over the rounds of the metric of that name',
    'aggregate_angle': 'mean over the rounds of the metric of that name',
    'byzantine_share': 'mean over the rounds of the metric of that name',
    'variance_to_norm': 'mean over the rounds of the metric of that name, where it is finite',
    'attack_success_rate': 'last value of the metric of that name',
    'rounds_per_second': 'rounds / simulated_seconds, where somebody may lie: availability, 1/s',
    'compression_ratio': 'bytes of what was compressed, as float32 / as it was sent',
    'compression_down_ratio': 'the same of what servers send',
    'server_distance': 'largest distance between two honest servers after a step, L2, at most',
    'byzantine_in_quorums': 'share of Byzantine senders in the quorums of honest nodes, mean',
    'lie_spread': 'share of the pieces of honest ranks that a lie makes wrong, first lying round',
    'lie_error': 'mean error of these pieces, as a share of what they should be',
    'measured': 'what was measured of `predicted` and is no key of its own, by name',
    'resilience': 'of a study of resilience: |E[F] - g|, its error, angle, |g|, bound, ...',
    'pipeline': 'of pipelines: stages, replicas, micro-batches, what is held at most',
    'collective': 'of a study of collectives: algorithm, ranks, bytes (a rank), seconds (a call)',
    'placement': 'of a study of placements: operations, devices used, makespan, what made it, ...',
}
"""Keys that a `summary.json` may hold besides."""

MANIFEST: Final[dict[str, str]] = {
    'format': 'version of this declaration (FORMAT)',
    'id': "the run's id: the name of its folder",
    'status': 'running, finished, failed or interrupted',
    'scenario': 'name of the scenario',
    'variant': 'name of the variant',
    'vary': 'the varied keys of this run and their values',
    'seed': 'seed of every random draw',
    'error': 'why the run failed, else null',
    'versions': 'bosphorus, python and the packages it computes with',
    'platform': 'operating system and processor',
    'data': 'sha256 of each data set used, by name',
    'started': 'wall clock at the start, ISO 8601, UTC',
    'ended': 'wall clock at the end, or null',
    'wall_seconds': 'wall-clock time taken, or null',
    'attempts': 'how often the run was started by the sweep that wrote this',
}
"""Keys that every `manifest.json` holds."""

NOTES: Final[dict[str, str]] = {
    'model': 'parameters, bytes and forward flops a sample of the model, in all and by layer',
    'files': 'sha256 of each file that the scenario names, by its path there',
    'start': 'the model that a run began with: file, its sha256, the layers it brought',
    'stands_for': 'the known model for which a small one stands: name, size, source',
    'question': 'the question the scenario answers, in words',
    'order': 'place of the run among those of its scenario, from 0',
    'promises': 'what the aggregation rule promises: rule, n, f (told), tolerance, needs, ...',
    'byzantine': 'who lies, by role: nodes, attack, from, until, knowledge',
    'tuned': 'what a search set before the comparison: minimize, trials, values by key',
    'traceback': 'where a run failed by a bug',
}
"""Keys that a manifest may hold besides, among others of the run's own."""

_PART = re.compile(r'part-\d{5,}\.parquet')


def part_paths(folder: Path, table: str) -> list[Path]:
    """Return the finished and the tail parts of *table* in the run folder, in order.

    Files still under their temporary name are left out; a table that was not recorded
    has none.
    """
    found = (folder / table).glob('part-*.parquet')
    # by number: part-100000 sorts before part-99999 as text
    return sorted((p for p in found if _PART.fullmatch(p.name)), key=lambda p: int(p.stem[5:]))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the checked manifest of the run in *folder*.

    Raises
    ------
    RunFolderError
        If there is none, it is damaged, or another version of Bosphorus wrote it.
    """
    manifest = _read_object(folder / 'manifest.json', 'not a run folder')
    check_manifest(manifest, folder)
    return manifest


def read_summary(folder: Path) -> dict[str, Any]:
    """Return `summary.json` of the run in *folder*, every key of SUMMARY present.

    Raises
    ------
    RunFolderError
        If there is none (the run has not ended) or it is damaged.
    """
    summary = _read_object(folder / 'summary.json', 'the run has not ended')
    return {**dict.fromkeys(SUMMARY), **summary}


def check_manifest(manifest: Mapping[str, Any], folder: Path) -> None:
    """Refuse a manifest of another format or with keys missing.

    Examples
    --------
    >>> check_manifest({'format': 99}, Path('runs/x'))
    Traceback (most recent call last):
    simulator.errors.RunFolderError: runs/x: written in format 99, this version reads 1; \
run the scenario again, or read it with the version that wrote it
    """
    if 'format' not in manifest:
        raise RunFolderError(f'{folder}: manifest.json names no format; not a run folder')
    if manifest['format'] != FORMAT:
        raise RunFolderError(
            f'{folder}: written in format {manifest["format"]}, this version reads {FORMAT}; '
            'run the scenario again, or read it with the version that wrote it'
        )
    if missing := [key for key in MANIFEST if key not in manifest]:
        raise RunFolderError(f'{folder}: manifest.json lacks {", ".join(missing)}; it is damaged')


def _read_object(path: Path, absent: str) -> dict[str, Any]:
    """Return the JSON object in *path*."""
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError as error:
        raise RunFolderError(f'{path.parent}: no {path.name}; {absent}') from error
    except (OSError, ValueError) as error:
        raise RunFolderError(f'{path.parent}: {path.name} cannot be read: {error}') from error
    if not isinstance(content, dict):
        raise RunFolderError(f'{path.parent}: {path.name} holds no JSON object; it is damaged')
    return content
