"""One table of a run, written as it grows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.recording.columns import Names, columns_of
from simulator.recording.files import make_folder, replacing
from simulator.traces import PART_ROWS, Table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ['ROWS_TO_FOLD', 'TableWriter']

ROWS_TO_FOLD = 2048
"""Single rows are turned into columns this many at a time."""


class TableWriter:
    """The rows of one table on their way into Parquet parts.

    A part that has *part_rows* rows is written and final. The rows after it are the tail:
    `flush` writes them too, as the next part, which later flushes replace until it is
    full. So the parts of a closed table depend on its rows only, not on how they were
    handed over or when it was flushed.

    Parameters
    ----------
    table : Table
    folder : Path
        The run's folder; the table's own is made with its first part.
    part_rows : int
        Rows of a final part.

    Attributes
    ----------
    waiting : list of tuple
        Single rows on their way into columns, in the order of the columns, times in float
        seconds. Who puts some here calls `fold` as soon as there are `ROWS_TO_FOLD`.
    """

    def __init__(self, table: Table, folder: Path, part_rows: int = PART_ROWS) -> None:
        self.table = table
        self.rows = 0
        self._folder = folder / table.name
        self._part_rows = part_rows
        self._names = {c.name: Names() for c in table.columns if c.type == 'text'}
        self._tail: dict[str, NDArray[Any]] = {}
        self._parts = 0
        self._filled = 0
        self._written = 0  # rows of the tail that are on disk
        self.waiting: list[tuple[Any, ...]] = []  # the same list for ever: others hold it
        self._keys = tuple(name.removesuffix('_ns') for name in table.names)

    def extend(self, given: Mapping[str, Any]) -> None:
        """Take many rows as columns (see `columns_of`)."""
        self.fold()
        self._extend(given)

    def flush(self) -> None:
        """Bring all rows taken so far to disk."""
        self.fold()
        if self._filled > self._written:
            self._write_part()
            self._written = self._filled

    def fold(self) -> None:
        """Turn the rows that wait into columns."""
        if self.waiting:
            rows = self.waiting.copy()
            self.waiting.clear()
            self._extend(dict(zip(self._keys, zip(*rows, strict=True), strict=True)))

    def _extend(self, given: Mapping[str, Any]) -> None:
        columns = columns_of(self.table, given, self._names)
        total = max((len(value) for value in columns.values() if value.ndim), default=1)
        taken = 0
        while taken < total:
            count = min(total - taken, self._part_rows - self._filled)
            self._fill(columns, taken, count)
            taken += count
            if self._filled == self._part_rows:
                self._finish_part()

    def _fill(self, columns: Mapping[str, NDArray[Any]], start: int, count: int) -> None:
        if not self._tail:
            # np.empty touches no memory: a table of ten rows costs ten rows
            self._tail = {n: np.empty(self._part_rows, v.dtype) for n, v in columns.items()}
        end = self._filled + count
        for name, value in columns.items():
            rows = value[start : start + count] if value.ndim else value
            self._tail[name][self._filled : end] = rows
        self._filled = end
        self.rows += count

    def _finish_part(self) -> None:
        self._write_part()
        self._parts += 1
        self._filled = self._written = 0

    def _write_part(self) -> None:
        import pyarrow.parquet as pq

        content = self._content()
        make_folder(self._folder)
        with replacing(self._folder / f'part-{self._parts:05}.parquet') as temporary:
            pq.write_table(
                content,
                temporary,
                compression='zstd',
                # integers rise or repeat: differences pack better than dictionaries
                use_dictionary=[c.name for c in self.table.columns if c.type[:3] != 'int'],
                column_encoding={
                    c.name: 'DELTA_BINARY_PACKED' for c in self.table.columns if c.type[:3] == 'int'
                },
                row_group_size=self._part_rows,
            )

    def _content(self) -> pa.Table:
        import pyarrow as pa

        tail = {name: values[: self._filled] for name, values in self._tail.items()}
        columns = [
            _texts(values, self._names[name].texts) if name in self._names else pa.array(values)
            for name, values in tail.items()
        ]
        return pa.table(columns, schema=self.table.schema)


def _texts(codes: NDArray[np.int32], texts: list[str]) -> pa.DictionaryArray:
    """Return a text column whose dictionary is what these rows use, in order of appearance.

    The codes number texts as the whole run met them, with some that come later: they must
    not leave a trace in an earlier part.
    """
    import pyarrow as pa

    used = pa.array(codes).dictionary_encode()
    names = [texts[code] for code in used.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(used.indices, pa.array(names, pa.string()))
