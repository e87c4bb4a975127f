"""How a worker draws its mini-batches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]

# a call costs more than a few more numbers
AHEAD = 4
"""Batches with replacement that are drawn at once."""
FEW = 32
"""Samples that are shuffled at once at the least, in several passes over a small shard."""


class Batches:
    """The endless mini-batches of one worker, drawn from a stream of its own.

    The shard is shuffled anew for each pass and read from end to end, so a pass uses each
    sample once; a batch may reach from one pass into the next, so all have the same size. Where
    the shard is smaller than a batch, its samples are drawn with replacement.

    Parameters
    ----------
    shard : array of int
        The worker's samples, by number.
    size : int or None
        Samples of a batch; None takes the whole shard each time, as it stands, drawing nothing.
    rng : Generator
        The worker's own: what others draw never matters.

    Examples
    --------
    >>> batches = Batches(np.array([3, 5, 7, 9]), 2, np.random.default_rng(0))
    >>> np.sort([*next(batches), *next(batches)])
    array([3, 5, 7, 9])
    """

    def __init__(self, shard: Indices, size: int | None, rng: np.random.Generator):
        self._shard = shard
        self.size = len(shard) if size is None else size
        self._whole = size is None
        self._rng = rng
        self._ahead = shard[:0]
        self._taken = 0

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> Indices:
        batch: Indices = self.take(1)[0]
        return batch

    def take(self, count: int) -> Indices:
        """Return the next *count* batches, (count, size).

        Examples
        --------
        >>> Batches(np.arange(9), 4, np.random.default_rng(0)).take(3).shape
        (3, 4)
        """
        if self._whole:
            return np.broadcast_to(self._shard, (count, self.size))
        wanted = count * self.size
        left = len(self._ahead) - self._taken
        if left < wanted:
            more = self._more(wanted - left)
            self._ahead = np.concatenate([self._ahead[self._taken :], more]) if left else more
            self._taken = 0
        start, self._taken = self._taken, self._taken + wanted
        return self._ahead[start : self._taken].reshape(count, self.size)

    def _more(self, wanted: int) -> Indices:
        shard, rng = self._shard, self._rng
        if self.size > len(shard):
            return shard[rng.integers(len(shard), size=max(wanted, AHEAD * self.size))]
        passes = -(-max(wanted, FEW) // len(shard))
        if passes == 1:
            return rng.permutation(shard)
        # as so many calls of `permutation`, to the last bit
        return rng.permuted(shard[None].repeat(passes, axis=0), axis=1).ravel()
