"""What workers and servers send each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

from simulator.learning import Pending
from simulator.learning.arrays import Floats
from simulator.training.packing import Parcel

__all__ = ['Fetched', 'Joined', 'Pushed', 'Vector', 'gradient_tag', 'model_tag']

Vector: TypeAlias = Callable[[], Floats]
"""A vector (d,) that is made when somebody looks at it."""


class Fetched(NamedTuple):
    """A slice of the model as a worker gets it, after so many updates."""

    version: int
    model: Floats


class Joined(NamedTuple):
    """A worker says that it begins its life number *life*, and needs the model."""

    worker: int
    life: int


@dataclass(eq=False, slots=True)
class Pushed:
    """What a worker pushes.

    Attributes
    ----------
    worker : int
    versions : list of int
        Of the slices it was computed from.
    pending : Pending
        The promise of a gradient, or of the model after local steps.
    origin : array, optional
        With local steps, the model they started from.
    samples : int
        Training samples it took.
    parcels : sequence of Parcel
        With compression, what is sent to each server.
    smoothed : callable, optional
        With momentum, returns the vector that an honest worker sends.
    lie : callable, optional
        Returns the vector (d,) that a Byzantine worker sends instead.
    counted : int
        Shards whose servers have got it, a bit each.
    """

    worker: int
    versions: list[int]
    pending: Pending
    origin: Floats | None
    samples: int
    parcels: Sequence[Parcel] = ()
    smoothed: Vector | None = None
    lie: Vector | None = None
    counted: int = 0

    def is_news(self, shard: int) -> bool:
        """Whether a server has not got this yet: of a flood, one counts."""
        before = self.counted
        self.counted |= 1 << shard
        return self.counted != before

    @property
    def truth(self) -> Vector:
        """Returns the whole vector (d,) that an honest worker pushes, whenever it is due."""
        return self.smoothed or partial(_computed, self.pending, self.origin)

    def vector(self, part: slice) -> Floats:
        """Return what a server is to apply to its slice: a gradient, or minus the way gone."""
        whole = self.lie or self.smoothed
        if whole is not None:
            return whole()[part]
        value = self.pending.value[part]
        return value if self.origin is None else self.origin[part] - value

    def received(self, shard: int, part: slice) -> Floats:
        """Return what the server of a slice makes of what it has got."""
        return self.parcels[shard].packet.vector if self.parcels else self.vector(part)


def _computed(pending: Pending, origin: Floats | None) -> Floats:
    return pending.value if origin is None else origin - pending.value


def gradient_tag(shard: int) -> tuple[str | int, ...]:
    """Return the tag of what workers push to the server of a slice."""
    return ('gradient', shard)


def model_tag(shard: int, life: int) -> tuple[str | int, ...]:
    """Return the tag of a slice that is sent to a worker in one of its lives."""
    return ('model', shard, 'life', life) if life else ('model', shard)
