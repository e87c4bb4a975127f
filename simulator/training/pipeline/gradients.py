"""The gradients of micro-batches, and of whole mini-batches as their mean."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.learning import Learning, Pending
from simulator.learning.arrays import Floats
from simulator.learning.orders import GRADIENT

__all__ = ['MicroBatches']


class MicroBatches(NamedTuple):
    """A mini-batch in parts, as even as can be.

    The gradient is the mean over the parts, weighed by their samples: that of the whole
    mini-batch, to rounding. (A layer that measures its batch, as batch normalization does,
    measures the parts.)

    Attributes
    ----------
    pendings : list of Pending
    samples : list of int
        Of each part.
    """

    pendings: list[Pending]
    samples: list[int]

    @classmethod
    def drawn(cls, learning: Learning, shard: int, parameters: Floats, count: int) -> MicroBatches:
        """Ask for the gradients at *parameters* (d,) on the next mini-batch of a *shard*."""
        batches, noise = learning.next_batches(shard, 1)
        parts = np.array_split(batches, count, axis=1)
        draws = [None] * count if noise is None else np.array_split(noise, count, axis=1)
        pendings = [
            learning.pool.request_steps(shard, parameters, part, GRADIENT, noise=draw)
            for part, draw in zip(parts, draws, strict=True)
        ]
        return cls(pendings, [part.shape[1] for part in parts])

    @property
    def gradient(self) -> Floats:
        """Of the whole mini-batch, (d,), added up in float64."""
        vectors = [pending.value for pending in self.pendings]
        mean = np.average(np.asarray(vectors, np.float64), axis=0, weights=self.samples)
        return np.asarray(mean, vectors[0].dtype)

    @property
    def loss(self) -> float:
        """Mean over the mini-batch."""
        losses = [pending.loss for pending in self.pendings]
        return float(np.average(losses, weights=self.samples))
