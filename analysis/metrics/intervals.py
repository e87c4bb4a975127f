"""Stretches of time: their union, and how much of them falls between two instants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ['Intervals', 'accrued', 'union']

_PATIENCE = 500_000  # stretches that may wait to be merged


class Intervals(NamedTuple):
    """Stretches of time of several owners, ns.

    Attributes
    ----------
    owner : int array, shape (n,)
        Such as the device.
    start, end : int array, shape (n,)
    """

    owner: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def of(cls, owner: ArrayLike, start: ArrayLike, end: ArrayLike) -> Intervals:
        """Return stretches given by columns; empty ones are left out."""
        columns = [np.asarray(column, dtype=np.int64) for column in (owner, start, end)]
        lasting = columns[2] > columns[1]
        return cls(*(column[lasting] for column in columns))

    def merged(self) -> Intervals:
        """Return the union, each owner's for itself, as stretches that don't touch.

        Examples
        --------
        >>> Intervals.of([0, 0, 1], [0, 5, 7], [6, 9, 8]).merged().end.tolist()
        [9, 8]
        """
        if not len(self.owner):
            return self
        order = np.lexsort((self.start, self.owner))
        owner, start, end = (column[order] for column in self)
        # owners are laid one after the other on one line, so that one pass serves all
        span = int(end.max()) + 2
        shift = np.unique(owner, return_inverse=True)[1] * span
        reached = np.maximum.accumulate(end + shift)
        first = np.flatnonzero(np.r_[True, (start + shift)[1:] > reached[:-1]])
        last = np.r_[first[1:], len(owner)] - 1
        return Intervals(owner[first], start[first], reached[last] - shift[last])

    def seconds(self, owners: int) -> NDArray[np.float64]:
        """Return the length of each owner's stretches, s, as array of shape (owners,)."""
        lasting = (self.end - self.start) / 1e9
        return np.bincount(self.owner, weights=lasting, minlength=owners).astype(float)


def union(pieces: Iterable[Intervals]) -> Intervals:
    """Return the union of *pieces*, which may be many: memory stays near that of the result."""
    found, waiting, size = Intervals.of([], [], []), [], 0
    for piece in pieces:
        waiting.append(piece.merged())
        size += len(waiting[-1].owner)
        if size > _PATIENCE + len(found.owner):
            found, waiting, size = _joined([found, *waiting]).merged(), [], 0
    return _joined([found, *waiting]).merged()


def _joined(pieces: Sequence[Intervals]) -> Intervals:
    return Intervals(*(np.concatenate(columns) for columns in zip(*pieces, strict=True)))


def accrued(
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    amount: NDArray[np.float64],
    instants: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return how much had come together by each of *instants*.

    Parameters
    ----------
    start, end : int array, shape (n,)
        Stretches, ns.
    amount : float array, shape (n,)
        What each brings, evenly from its start to its end; all at once where it takes no time.
    instants : float array, shape (k,)
        Rising, ns.

    Returns
    -------
    array, shape (k,)

    Examples
    --------
    >>> stretch = np.array([0]), np.array([10]), np.array([5.0])
    >>> accrued(*stretch, instants=np.array([0.0, 4.0, 20.0])).tolist()
    [0.0, 2.0, 5.0]
    """
    sudden = end <= start
    rate = np.divide(amount, end - start, out=np.zeros(len(start)), where=~sudden)
    rising = _ramps(start[~sudden], rate[~sudden], instants)
    falling = _ramps(end[~sudden], rate[~sudden], instants)
    return rising - falling + _steps(start[sudden], amount[sudden], instants)


def _ramps(
    begin: NDArray[np.int64], rate: NDArray[np.float64], instants: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the sum of ramps that rise by *rate* from *begin* on."""
    order = np.argsort(begin, kind='stable')
    begin, rate = begin[order], rate[order]
    rates = np.r_[0.0, np.cumsum(rate)]
    moments = np.r_[0.0, np.cumsum(rate * begin)]
    until = np.searchsorted(begin, instants)
    return np.asarray(rates[until] * instants - moments[until])


def _steps(
    at: NDArray[np.int64], amount: NDArray[np.float64], instants: NDArray[np.float64]
) -> NDArray[np.float64]:
    order = np.argsort(at, kind='stable')
    sums = np.r_[0.0, np.cumsum(amount[order])]
    return np.asarray(sums[np.searchsorted(at[order], instants, side='right')])
