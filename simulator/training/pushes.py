"""What workers and servers send each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.learning import Pending
from simulator.learning.arrays import Floats
from simulator.training.packing import Parcel

__all__ = ['Fetched', 'Joined', 'Pushed']


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
    parcels : list of Parcel
        With compression, what is sent to each server.
    """

    worker: int
    versions: list[int]
    pending: Pending
    origin: Floats | None
    samples: int
    parcels: list[Parcel] = field(default_factory=list)

    def vector(self, part: slice) -> Floats:
        """Return what a server is to apply to its slice: a gradient, or minus the way gone."""
        value = self.pending.value[part]
        return value if self.origin is None else self.origin[part] - value

    def received(self, shard: int, part: slice) -> Floats:
        """Return what the server of a slice makes of what it has got."""
        return self.parcels[shard].packet.vector if self.parcels else self.vector(part)
