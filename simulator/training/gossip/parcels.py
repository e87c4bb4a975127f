"""Models on their way: what their receivers decode, and how many bytes that takes."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from simulator.compression import Compressor
from simulator.compression.compressor import State
from simulator.learning.arrays import Floats
from simulator.seeds import Seeds
from simulator.training.promises import Ledger, Model, Promise

__all__ = ['Compressing', 'Parcel']


class Parcel(NamedTuple):
    """A model as it is sent.

    Attributes
    ----------
    model : array, shape (d,), or Promise
        What its receivers decode.
    bytes : float
        On the wire, of the small model.
    """

    model: Model
    bytes: float


class Sent(NamedTuple):
    """What a compressor has made: the vector decoded, its size, and the compressor's state."""

    vector: Floats
    bytes: int
    state: State


class Compressing:
    """The compressors of all peers: each has a state and a stream of draws of its own.

    Parameters
    ----------
    compressor : Compressor
    ledger : Ledger
        Where what they make is promised.
    dimension : int
        d.
    seeds : Seeds
        Streams ``compression``, one a device.
    devices : sequence of int

    Attributes
    ----------
    plain_bytes, packed_bytes : float
        Of all parcels so far: as float32 numbers, and as they are.
    """

    def __init__(
        self,
        compressor: Compressor,
        ledger: Ledger,
        dimension: int,
        seeds: Seeds,
        devices: Sequence[int],
    ):
        self.compressor = compressor
        self.dimension = dimension
        self.plain_bytes = self.packed_bytes = 0.0
        self._ledger = ledger
        self._rngs = [seeds.stream('compression', device=device) for device in devices]
        self._last: list[Promise | None] = [None] * len(devices)
        self._remembers = bool(compressor.init(dimension))

    def pack(self, number: int, vector: Model) -> Parcel:
        """Return the parcel that peer *number* makes of a vector (d,)."""
        rng, last = self._rngs[number], self._last[number] if self._remembers else None

        def apply(vector: Floats, before: Sent | None) -> Sent:
            state = self.compressor.init(self.dimension) if before is None else before.state
            packet, state = self.compressor.apply(vector, state, rng)
            packet.vector.setflags(write=False)
            return Sent(packet.vector, packet.bytes, state)

        sent = self._ledger.derive(apply, vector, last)
        self._last[number] = sent
        size = self.compressor.size(self.dimension)
        size = sent.value.bytes if size is None else size  # values decide it: they are due now
        self.plain_bytes += 4.0 * self.dimension
        self.packed_bytes += size
        return Parcel(self._ledger.derive(attrgetter('vector'), sent), size)

    def forget(self, number: int) -> None:
        """Let a peer's compressor begin anew."""
        self._last[number] = None

    @property
    def figures(self) -> dict[str, Any]:
        """How many times smaller parcels were than models."""
        return (
            {'compression_ratio': self.plain_bytes / self.packed_bytes} if self.packed_bytes else {}
        )


def shrinking(compressor: Compressor, dimension: int) -> tuple[float, float | None]:
    """Return a factor that makes a compressor a contraction, and delta of the contraction.

    ||x - factor C(x)||^2 <= (1 - delta) ||x||^2 in the mean. An unbiased C whose variance is
    omega ||x||^2 is scaled by 1 / (1 + omega); None where nothing is promised.

    Examples
    --------
    >>> from simulator.compression import random_k, threshold, top_k
    >>> shrinking(top_k(share=0.1), 100), shrinking(random_k(share=0.1), 100)
    ((1.0, 0.1), (0.1, 0.1))
    >>> shrinking(threshold(value=1.0), 100)
    (1.0, None)
    """
    error = compressor.promises.error and compressor.promises.error(dimension)
    if error is None:
        return 1.0, None
    if error < 1:
        return 1.0, round(1 - error, 12)
    return (1 / (1 + error), 1 / (1 + error)) if compressor.promises.unbiased else (1.0, None)
