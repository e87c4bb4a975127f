"""All-reduce of compressed vectors: by gathering packets, or by merging them on the way.

Schedules come as plain columns, so that sizes are known of each transfer before it is timed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.compression.compressor import QUIET, CompressionError, Packet, Vector
from simulator.compression.floats import Floats
from simulator.compression.merging import Columns, Merging
from simulator.compression.sparse import Sparse

__all__ = ['Columns', 'Exchanged', 'added', 'all_send_their_own', 'gathered', 'merged']


class Exchanged(NamedTuple):
    """What an all-reduce sends, and what its ranks then hold.

    Attributes
    ----------
    sizes : array of int64, shape (rows,)
        Bytes of each transfer of the schedule.
    vectors : array of float32, shape (m, d)
        What each rank holds in the end.
    """

    sizes: NDArray[np.int64]
    vectors: Vector


@QUIET
def added(packets: Sequence[Packet]) -> Vector:
    """Return the sum of the packets' vectors (d,), in their order.

    Examples
    --------
    >>> from simulator.compression import top_k
    >>> compressor, rng = top_k(count=1), np.random.default_rng(0)
    >>> vectors = np.array([[1, 2], [4, 3]], np.float32)
    >>> added([compressor.apply(vector, (), rng)[0] for vector in vectors])
    array([4., 2.], dtype=float32)
    """
    total = np.zeros_like(packets[0].vector)
    for packet in packets:
        where = slice(None) if packet.indices is None else packet.indices
        total[where] += packet.vector[where]
    return total


def gathered(columns: Columns, packets: Sequence[Packet]) -> Exchanged:
    """Let every rank collect the packets of all, and add them up.

    Any packets can be gathered, and all ranks end with the same sum, added in order of ranks; but
    each receives m - 1 packets, however much these have in common.

    Parameters
    ----------
    columns : Columns
        Of an all-gather, whose r-th of m chunks is what rank r sends; or of a schedule in which
        all send their own inputs whole.
    packets : sequence of Packet
        One a rank.

    Returns
    -------
    Exchanged
        The rows of its vectors are one array.
    """
    _check(columns, packets)
    sizes = np.array([packet.bytes for packet in packets], np.int64)
    total = added(packets)
    vectors = np.broadcast_to(total, (columns.ranks, len(total)))
    if all_send_their_own(columns):
        return Exchanged(sizes[columns.source], vectors)
    if columns.chunks != columns.ranks or columns.reduce.any():
        raise CompressionError('gathered: the schedule must be an all-gather of a chunk a rank')
    ends = np.concatenate(([0], np.cumsum(sizes)))
    last = columns.first_chunk + columns.count
    return Exchanged(ends[last] - ends[columns.first_chunk], vectors)


@QUIET
def merged(columns: Columns, packets: Sequence[Packet]) -> Exchanged:
    """Let the ranks add up what they receive and pass the sums on.

    A transfer carries the entries that its sender holds something for, within its chunks, encoded
    as one `Sparse` vector of their length: sets of entries grow as they are merged, until all
    numbers are sent, without indices. Dense packets of floats are added on the way likewise, in
    chunks without headers. Sums of halves are halves, rounded each time something is added.

    Parameters
    ----------
    columns : Columns
        Of any all-reduce.
    packets : sequence of Packet
        One a rank, all of one form: floats, or some entries as floats. Others could not be added
        without decoding: they have to be `gathered`.

    Returns
    -------
    Exchanged
        Ranks may add in different orders, so that their vectors differ by rounding.

    References
    ----------
    .. [1] Renggli et al., "SparCML: High-Performance Sparse Communication for Machine Learning",
       SC 2019, arXiv:1802.08021.
    """
    _check(columns, packets)
    form = packets[0].form
    numbers = form.numbers if isinstance(form, Sparse) else form
    if not isinstance(numbers, Floats) or any(packet.form != form for packet in packets):
        raise CompressionError('merged: only packets of floats, all of one form, add up on the way')
    merging = Merging(columns, packets, numbers)
    sizes = merging.play()
    return Exchanged(sizes, merging.vectors())


def all_send_their_own(columns: Columns) -> bool:
    """Say whether each rank sends its own whole vector, and nothing else, to each other."""
    own = columns.inputs or not columns.step.any()
    pairs = columns.ranks * (columns.ranks - 1)
    return bool(own and len(columns.step) == pairs and (columns.count == columns.chunks).all())


def _check(columns: Columns, packets: Sequence[Packet]) -> None:
    if len(packets) != columns.ranks or len({len(packet.vector) for packet in packets}) != 1:
        raise CompressionError(
            f'{len(packets)} packets for {columns.ranks} ranks; one a rank is due, all of one d'
        )
