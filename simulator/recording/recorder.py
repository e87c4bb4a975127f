"""The pen of a run: rows in, Parquet parts out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

import numpy as np

from simulator.recording.columns import Coded
from simulator.recording.options import EVERYTHING, RecordOptions, Thinning
from simulator.recording.table import ROWS_TO_FOLD, TableWriter
from simulator.traces import PART_ROWS, TABLES

__all__ = ['Recorder']


class Recorder:
    """Write the tables of one run into its folder while it goes on.

    What was recorded reaches the disk every *flush_every* seconds of wall clock, and when
    the recorder is closed (leaving a `with` block closes it, after an error too): a run
    that is killed keeps all but its last seconds. The parts of a run that ended depend on
    its rows alone, to the byte. Nothing is made in the folder before there is a row.

    Parameters
    ----------
    folder : Path
        The run's folder.
    options : RecordOptions
        What is kept; the rest costs one look into a dict.
    part_rows : int
        Rows of a final part.
    flush_every : float
        Seconds of wall clock between two writings of the tails.

    Examples
    --------
    >>> import tempfile
    >>> from simulator.traces import part_paths
    >>> folder = Path(tempfile.mkdtemp())
    >>> with Recorder(folder) as recorder:
    ...     recorder.metric(0.5, 1, 0.1, -1, 'train_loss', 2.3)
    ...     recorder.span(3, 'compute', 'gradient', 1, 0.0, 0.5)
    >>> [path.name for path in part_paths(folder, 'metrics')]
    ['part-00000.parquet']
    """

    def __init__(
        self,
        folder: Path,
        options: RecordOptions = EVERYTHING,
        *,
        part_rows: int = PART_ROWS,
        flush_every: float = 5.0,
    ) -> None:
        self.options = options
        self._writers = {
            name: TableWriter(table, folder, part_rows)
            for name, table in TABLES.items()
            if options.wants(name)
        }
        self._metrics, self._spans = (
            self._writers[name].waiting if name in self._writers else None
            for name in ('metrics', 'spans')
        )
        self._thinning = options.thinning
        self._flush_every = flush_every
        self._due = monotonic() + flush_every

    def wants(self, table: str) -> bool:
        """Return whether rows of *table* are kept: if not, don't assemble them."""
        return table in self._writers

    @property
    def rows(self) -> dict[str, int]:
        """Rows written into columns so far, by table."""
        return {name: writer.rows for name, writer in self._writers.items()}

    def metric(
        self, time: float, step: int, epoch: float, device: int, metric: str, value: float
    ) -> None:
        """Record one value measured at simulated *time*, s (device -1: the whole run)."""
        if self._metrics is not None:
            self._metrics.append((time, step, epoch, device, metric, value))
            if len(self._metrics) >= ROWS_TO_FOLD or monotonic() >= self._due:
                self._tidy('metrics')

    def span(
        self, device: int, activity: str, operation: str, step: int, start: float, end: float
    ) -> None:
        """Record that *device* was busy with *activity* from *start* to *end*, s."""
        if self._spans is not None:
            self._spans.append((device, activity, operation, step, start, end))
            if len(self._spans) >= ROWS_TO_FOLD or monotonic() >= self._due:
                self._tidy('spans')

    def extend(self, table: str, columns: Mapping[str, Any]) -> None:
        """Record many rows of *table*, given as columns.

        Parameters
        ----------
        table : str
            A key of `simulator.traces.TABLES`.
        columns : mapping of str to array or scalar
            Every column of the table, `(n,)`; a scalar holds for all rows. Times are given
            as float seconds without their suffix (`sent`, not `sent_ns`), NaN = never;
            texts as a sequence, or as `Coded` numbers. Messages are thinned here if the
            options say so.
        """
        writer = self._writers.get(table)
        if writer is None:
            _ = TABLES[table]  # an unknown table is an error also where nothing is kept
            return
        if table == 'messages' and self._thinning is not None:
            columns = _thinned(columns, self._thinning)
        writer.extend(columns)
        self.tick()

    def tick(self) -> None:
        """Write the tails if that is due; for loops that run long without a row."""
        if monotonic() >= self._due:
            self.flush()

    def _tidy(self, table: str) -> None:
        self._writers[table].fold()
        self.tick()

    def flush(self) -> None:
        """Bring everything recorded so far to disk."""
        for writer in self._writers.values():
            writer.flush()
        self._due = monotonic() + self._flush_every

    def close(self) -> None:
        """Write what is left; the recorder may be closed twice."""
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _thinned(columns: Mapping[str, Any], thinning: Thinning) -> dict[str, Any]:
    """Return the messages that *thinning* keeps; what holds for all rows stays as it is."""
    messages = np.atleast_1d(columns['message'])
    kept = thinning.keeps(messages)

    def thin(value: Any) -> Any:
        if isinstance(value, Coded):
            return Coded(np.asarray(value.codes)[kept], value.names)
        if isinstance(value, str) or np.ndim(value) == 0:
            return value
        return np.asarray(value)[kept]

    return {name: thin(value) for name, value in {**columns, 'message': messages}.items()}
