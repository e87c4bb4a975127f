"""Does a schedule keep its promise? Replayed on sets of contributions, kept as bits."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.collectives.replay import Round, replay
from simulator.collectives.schedule import Schedule
from simulator.errors import ScheduleError

__all__ = ['Postcondition', 'verify']

Postcondition = Literal['all_reduce', 'reduce', 'broadcast', 'reduce_scatter', 'all_gather']

_BLOCK_WORDS = 2**24  # 128 MB of contribution bits at a time

Bits = NDArray[np.uint64]


def verify(
    schedule: Schedule, postcondition: Postcondition = 'all_reduce', *, root: int = 0
) -> None:
    """Replay *schedule* on sets of contributions and check what each rank ends with.

    Parameters
    ----------
    schedule : Schedule
        What is to be checked.
    postcondition : str
        all_reduce: every rank holds each chunk with every rank's part in it, once.
        reduce: rank *root* does.
        reduce_scatter: rank r does for its own chunks, the r-th of m equal runs of chunks.
        broadcast: every rank holds each chunk as *root* had it.
        all_gather: every rank holds each chunk as the rank had it to which it belongs.
    root : int
        For reduce and broadcast.

    Raises
    ------
    ScheduleError
        If the promise is broken, or if a transfer adds a part where it is held already. The
        message names rank, chunk and what it holds.

    Notes
    -----
    O(transfers x m / 64) time; memory is bounded, as chunks are replayed in blocks.

    Examples
    --------
    >>> from simulator.collectives import Ranks, ring
    >>> verify(ring(Ranks(5)))
    >>> verify(ring(Ranks(5)), 'reduce_scatter')
    >>> from dataclasses import replace
    >>> once = ring(Ranks(2))
    >>> verify(replace(once, reduce=np.ones(4, bool)))
    Traceback (most recent call last):
    simulator.errors.ScheduleError: row 2, step 1: rank 1 adds chunk 0 from rank 0 but holds ...
    """
    ranks, chunks = schedule.ranks, schedule.chunks
    if postcondition in ('reduce_scatter', 'all_gather') and chunks % ranks:
        raise ScheduleError(
            f'{postcondition}: {chunks} chunks do not belong to {ranks} ranks in equal runs'
        )
    words = -(-ranks // 64)
    width = max(1, min(chunks, _BLOCK_WORDS // (ranks * words)))
    for first in range(0, chunks, width):
        block = range(first, min(first + width, chunks))
        held = _contributions(schedule, block)
        _check_end(schedule, held, block, postcondition, root)


def _contributions(schedule: Schedule, block: range) -> Bits:
    """Replay the chunks of *block*: whose parts each rank ends with, (ranks * block, words)."""
    ranks, width = schedule.ranks, len(block)
    own = np.repeat(_singles(ranks), width, axis=0)
    held = own.copy()
    for rounds in replay(schedule, block.start, block.stop):
        # several rounds must all read what was held before the step
        before = own if schedule.inputs else held.copy() if len(rounds) > 1 else held
        for transfers in rounds:
            arrived = before[transfers.source]
            present = held[transfers.target]
            present[~transfers.reduce] = 0
            if (present & arrived).any():
                _report_double(schedule, transfers, block, present & arrived)
            held[transfers.target] = present | arrived
    return held


def _singles(ranks: int) -> Bits:
    """Return for each rank the set that holds it alone, (ranks, words)."""
    rank = np.arange(ranks)
    bits = np.zeros((ranks, -(-ranks // 64)), np.uint64)
    bits[rank, rank // 64] = np.uint64(1) << (rank % 64).astype(np.uint64)
    return bits


def _report_double(schedule: Schedule, transfers: Round, block: range, both: Bits) -> None:
    first = np.flatnonzero(both.any(axis=1))[0]
    row = transfers.row[first]
    chunk = block[transfers.target[first] % len(block)]
    raise ScheduleError(
        f'row {row}, step {schedule.step[row]}: rank {schedule.target[row]} adds chunk {chunk} '
        f'from rank {schedule.source[row]} but holds the parts of {_named(both[first])} already'
    )


def _check_end(
    schedule: Schedule, held: Bits, block: range, postcondition: Postcondition, root: int
) -> None:
    """Compare what is held at the end of the replay with what was promised."""
    ranks, width = schedule.ranks, len(block)
    rank, chunk = np.divmod(np.arange(ranks * width), width)
    owner = (chunk + block.start) // max(1, schedule.chunks // ranks)
    singles = _singles(ranks)
    if postcondition == 'broadcast':
        wanted = singles[np.full_like(owner, root)]
    elif postcondition == 'all_gather':
        wanted = singles[owner]
    else:
        wanted = np.bitwise_or.reduce(singles, axis=0)[None, :]
    bound = {'reduce': rank == root, 'reduce_scatter': rank == owner}.get(postcondition, rank >= 0)
    wrong = (held != wanted).any(axis=1) & bound
    if wrong.any():
        cell = int(np.flatnonzero(wrong)[0])
        raise ScheduleError(
            f'{postcondition}: rank {rank[cell]}, chunk {chunk[cell] + block.start}: ends with the '
            f'parts of {_named(held[cell])}, not of {_named(wanted[cell % len(wanted)])}'
        )


def _named(bits: Bits) -> str:
    """Name the ranks in a set; a few of many."""
    ranks = [int(r) for r in np.flatnonzero(np.unpackbits(bits.view(np.uint8), bitorder='little'))]
    shown = ', '.join(map(str, ranks[:12]))
    more = f', ... ({len(ranks)} in all)' if len(ranks) > 12 else ''
    return f'{"rank" if len(ranks) == 1 else "ranks"} {shown}{more}' if ranks else 'nobody'
