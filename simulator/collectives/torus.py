"""Rings along the rows of a grid, then along its columns, and back."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt
from typing import Annotated

import numpy as np
from annotated_types import Ge

from simulator.collectives.ranks import Ranks
from simulator.collectives.schedule import Steps, Transfers, assembled
from simulator.errors import ScheduleError

__all__ = ['grid_rows', 'torus_2d']


@assembled
def torus_2d(ranks: Ranks, *, rows: Annotated[int, Ge(1)] | None = None) -> Steps:
    """Reduce-scatter around each row, all-reduce around each column, all-gather around each row.

    The bandwidth of the ring with far fewer steps; on a torus of the same shape all transfers
    run between neighbours. Ranks fill the grid row by row.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.
    rows : int, optional
        Number of rows, a divisor of m. By default the greatest that is at most sqrt(m), as in
        the topology of that name; a prime number of ranks gives one ring.

    Returns
    -------
    Schedule
        2(r - 1) + 2(c - 1) steps of m transfers, for m = r c.

    Raises
    ------
    ScheduleError
        If *rows* does not divide the number of ranks.

    References
    ----------
    .. [1] Mikami et al., "Massively Distributed SGD: ImageNet/ResNet-50 Training in a Flash",
       arXiv:1811.05233, 2018.

    Examples
    --------
    >>> torus_2d(Ranks(12)).steps, torus_2d(Ranks(12), rows=2).steps
    (10, 12)
    """
    m = ranks.count
    r = grid_rows(m, rows)
    c = m // r
    return Steps(m, m, 2 * (r + c - 2) * m, _rows_columns_rows(r, c))


def grid_rows(m: int, rows: int | None) -> int:
    """Return the number of rows of a grid of *m* ranks, as given or as near to square as can be."""
    if rows is None:
        return max(r for r in range(1, isqrt(m) + 1) if m % r == 0)
    if rows < 1 or m % rows:
        raise ScheduleError(f'torus_2d: rows(={rows}) must divide the number of ranks, {m}')
    return rows


def _rows_columns_rows(r: int, c: int) -> Iterator[Transfers]:
    """Cut the vector into c blocks, one a column, of r chunks, one a row."""
    rank = np.arange(r * c, dtype=np.int32)
    row, column = np.divmod(rank, np.int32(c))
    right = row * c + (column + 1) % c
    below = (rank + c) % (r * c)
    for step in range(c - 1):
        yield Transfers(rank, right, (column - 1 - step) % c * r, r, reduce=True)
    # the m chunks of all columns go round at once: each column its own block
    for step in range(2 * (r - 1)):
        chunk = column * r + (row - 1 - step) % r
        yield Transfers(rank, below, chunk, 1, reduce=step < r - 1)
    for step in range(c - 1):
        yield Transfers(rank, right, (column - step) % c * r, r, reduce=False)
