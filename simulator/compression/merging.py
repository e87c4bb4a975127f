"""Sums of compressed vectors, followed along a schedule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.compression.compressor import Packet, Vector
from simulator.compression.floats import Floats
from simulator.compression.sparse import Sparse

__all__ = ['Columns', 'Merging']

Integers = NDArray[np.integer[Any]]
Sizes = NDArray[np.int64]
Booleans = NDArray[np.bool_]


class Columns(Protocol):
    """A schedule, one row a transfer, ordered by step; what a rank sends it held before the step.

    Attributes
    ----------
    ranks, chunks : int
        Of m ranks each holds a vector cut into chunks, the first ones an entry longer.
    step, source, target, first_chunk, count : array of int, shape (rows,)
        In *step*, *source* sends chunks first_chunk .. first_chunk + count - 1 to *target* ...
    reduce : array of bool, shape (rows,)
        ... which adds them to its own, or replaces its own.
    inputs : bool
        Whether every transfer carries the sender's own input, whatever it has added since.
    """

    @property
    def ranks(self) -> int: ...  # noqa: D102
    @property
    def chunks(self) -> int: ...  # noqa: D102
    @property
    def step(self) -> Integers: ...  # noqa: D102
    @property
    def source(self) -> Integers: ...  # noqa: D102
    @property
    def target(self) -> Integers: ...  # noqa: D102
    @property
    def first_chunk(self) -> Integers: ...  # noqa: D102
    @property
    def count(self) -> Integers: ...  # noqa: D102
    @property
    def reduce(self) -> NDArray[np.bool_]: ...  # noqa: D102
    @property
    def inputs(self) -> bool: ...  # noqa: D102


class _Transfers(NamedTuple):
    """The transfers of a step, taken apart into those of single chunks.

    Attributes
    ----------
    begins : array of int, shape (rows,)
        Where the chunks of each row begin in the other columns.
    source, target : array of int, shape (k,)
        Cells read and written: rank * chunks + chunk.
    reduce : array of bool, shape (k,)
    """

    begins: Sizes
    source: Sizes
    target: Sizes
    reduce: Booleans


class Merging:
    """What each rank holds of each chunk: one row a cell, rank * chunks + chunk.

    Parameters
    ----------
    columns : Columns
    packets : sequence of Packet
        One a rank, all with indices or none.
    numbers : Floats
        How numbers go over the wire, and how sums are kept.
    """

    def __init__(self, columns: Columns, packets: Sequence[Packet], numbers: Floats):
        self._columns = columns
        self._numbers = numbers
        least, larger = divmod(len(packets[0].vector), columns.chunks)
        self._lengths = least + (np.arange(columns.chunks) < larger).astype(np.int64)
        # chunks are padded to one length
        self._real = np.arange(self._lengths.max()) < self._lengths[:, None]
        self._sums = self._cells([packet.vector for packet in packets])
        sets = [_mask(packet) for packet in packets if packet.indices is not None]
        self._held = self._cells(sets) if sets else None

    def play(self) -> Sizes:
        """Let all transfers arrive, and return the bytes of each."""
        columns = self._columns
        sizes = np.zeros(len(columns.step), np.int64)
        inputs = self._copies() if columns.inputs else None
        bounds = np.flatnonzero(np.diff(columns.step, prepend=-1, append=-1))
        for begin, end in pairwise(bounds.tolist()):
            transfers = _apart(columns, begin, end)
            rounds = list(_rounds(transfers.target))
            # several rounds must all read what was held before the step
            sums, held = inputs or (self._copies() if len(rounds) > 1 else self._own())
            sizes[begin:end] = self._sizes(transfers, held)
            for some in rounds:
                self._deliver(transfers, some, sums, held)
        return sizes

    def vectors(self) -> Vector:
        """Return what each rank holds, (m, d)."""
        cells: Vector = self._sums.reshape(self._columns.ranks, *self._real.shape)
        return cells[:, self._real]

    def _cells(self, vectors: Sequence[NDArray[Any]]) -> NDArray[Any]:
        cells = np.zeros((len(vectors), *self._real.shape), vectors[0].dtype)
        cells[:, self._real] = vectors
        return cells.reshape(-1, self._real.shape[1])

    def _own(self) -> tuple[Vector, Booleans | None]:
        return self._sums, self._held

    def _copies(self) -> tuple[Vector, Booleans | None]:
        return self._sums.copy(), None if self._held is None else self._held.copy()

    def _sizes(self, transfers: _Transfers, held: Booleans | None) -> Sizes:
        """Return the bytes of each row of a step: one encoding for all its chunks."""
        lengths = self._lengths[transfers.source % len(self._lengths)]
        lengths = np.add.reduceat(lengths, transfers.begins)
        if held is None:
            return self._numbers.itemsize * lengths
        entries = np.count_nonzero(held[transfers.source], axis=1)
        kept = np.add.reduceat(entries, transfers.begins)
        return Sparse(self._numbers).sizes(lengths, kept)

    def _deliver(
        self, transfers: _Transfers, some: Any, sums: Vector, held: Booleans | None
    ) -> None:
        """Let one round arrive: no two into the same cell."""
        source, target = transfers.source[some], transfers.target[some]
        adds = transfers.reduce[some][:, None]
        arrived = sums[source]
        total = self._rounded(self._sums[target] + arrived)
        self._sums[target] = np.where(adds, total, arrived)
        if held is not None and self._held is not None:
            self._held[target] = held[source] | (adds & self._held[target])

    def _rounded(self, sums: Vector) -> Vector:
        # buffers hold what the wire carries, so that all ranks end with the same
        return self._numbers.vector(self._numbers.content(sums), 0)


def _apart(columns: Columns, begin: int, end: int) -> _Transfers:
    counts = columns.count[begin:end].astype(np.int64)
    begins = np.cumsum(counts) - counts
    row = np.repeat(np.arange(begin, end), counts)
    chunk = np.arange(len(row)) + np.repeat(columns.first_chunk[begin:end] - begins, counts)
    source = columns.source[row].astype(np.int64) * columns.chunks + chunk
    target = columns.target[row].astype(np.int64) * columns.chunks + chunk
    return _Transfers(begins, source, target, columns.reduce[row])


def _rounds(target: Sizes) -> Iterator[Any]:
    """Yield which transfers come first, second, ... into their cells."""
    order = np.argsort(target, kind='stable')
    places = np.arange(len(target))
    opens = np.diff(target[order], prepend=-1) != 0
    turns = places - np.maximum.accumulate(np.where(opens, places, 0))
    if opens.all():
        yield slice(None)
        return
    for turn in range(int(turns.max()) + 1):
        yield order[turns == turn]


def _mask(packet: Packet) -> Booleans:
    mask = np.zeros(len(packet.vector), np.bool_)
    mask[packet.indices] = True
    return mask
