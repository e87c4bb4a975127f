"""Compression at work: the packets of many senders, put off until somebody looks into one.

Most compressors say beforehand how long a packet will be. It can be sent then before anybody
knows its values, as gradients can; when the first is opened, all that are under way are computed
together. Where values decide the length, they are due when the packet is sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from simulator.catalogue import Choice
from simulator.compression import Compressor, Packet, composed
from simulator.compression.compressor import State
from simulator.learning import Model
from simulator.learning.arrays import DIVERGENCE, Floats, chunks
from simulator.seeds import Seeds

__all__ = ['Packer', 'Parcel', 'compressor_of', 'packers', 'ratio']

FLOAT32 = 4


def compressor_of(
    choices: Sequence[Choice], model: Model, senders: int, *, whole: bool = True
) -> Compressor | None:
    """Return the compressor that a scenario's list makes; None where nothing is compressed.

    Parameters
    ----------
    choices : sequence of Choice
    model : Model
    senders : int
    whole : bool
        Whether whole models are compressed; only then the shapes of its arrays are known.
    """
    if not choices:
        return None
    arrays = [each for part in model.layers for each in part.arrays.values()]
    shapes = [each.shape for each in sorted(arrays, key=lambda each: each.place.start)]
    return composed(choices, shapes=shapes if whole else None, workers=senders)


class Parcel:
    """A packet that will be made when somebody looks into it.

    Attributes
    ----------
    bytes : int
        On the wire.
    """

    __slots__ = ('_packer', '_packet', 'bytes', 'vector')

    def __init__(self, packer: Packer, vector: Callable[[], Floats]):
        self._packer = packer
        self._packet: Packet | None = None
        self.vector: Callable[[], Floats] | None = vector  # until it is packed
        self.bytes = 0

    @property
    def packet(self) -> Packet:
        """What was sent."""
        if self._packet is None:
            self._packer.settle()
        assert self._packet is not None  # noqa: S101 - settled
        return self._packet

    def fill(self, packet: Packet) -> None:
        """Put in what the compressor has made."""
        self._packet, self.vector = packet, None


class Mark(NamedTuple):
    """What senders remember at some moment."""

    states: list[State]
    steps: list[int]


class Packer:
    """What a number of senders remember of what they have sent, and their parcels under way.

    Each sender has its own state (what error feedback left over, factors of the last packet, ...)
    and its own stream of draws.

    Parameters
    ----------
    compressor : Compressor
    dimension : int
        Length d of the vectors.
    seeds : Seeds
        Streams ``compression``, one a sender.
    senders : int
    place : str
        Tells these streams from those of other packers.

    Attributes
    ----------
    plain_bytes, packed_bytes : float
        Of all parcels: as float32 numbers, and as they are sent.

    Examples
    --------
    >>> from simulator.compression import top_k
    >>> packer = Packer(top_k(count=1), 2, Seeds(7), 3, 'example')
    >>> parcel = packer.pack(2, lambda: np.array([3, -4], np.float32))
    >>> parcel.bytes, parcel.packet.vector.tolist()
    (9, [0.0, -4.0])
    """

    def __init__(
        self, compressor: Compressor, dimension: int, seeds: Seeds, senders: int, place: str
    ):
        self.compressor = compressor
        self.dimension = dimension
        self.plain_bytes = self.packed_bytes = 0.0
        self._rngs = [seeds.stream('compression', sender=k, place=place) for k in range(senders)]
        self._states = [compressor.init(dimension) for _ in range(senders)]
        self._steps = [0] * senders
        self._open: dict[int, deque[Parcel]] = {k: deque() for k in range(senders)}

    @property
    def flops(self) -> float:
        """What compressing one vector costs."""
        return self.compressor.flops(self.dimension)

    def pack(self, sender: int, vector: Callable[[], Floats]) -> Parcel:
        """Return the parcel of the vector (d,) that *vector* will return, when it is due."""
        parcel = Parcel(self, vector)
        size = self.compressor.size(self.dimension, self._steps[sender])
        self._steps[sender] += 1
        self._open[sender].append(parcel)
        parcel.bytes = parcel.packet.bytes if size is None else size
        self.plain_bytes += FLOAT32 * self.dimension
        self.packed_bytes += parcel.bytes
        return parcel

    def forget(self, sender: int) -> None:
        """Let a sender begin anew: it has crashed."""
        self.settle()
        self._states[sender] = self.compressor.init(self.dimension)
        self._steps[sender] = 0

    def mark(self) -> Mark:
        """Return what is remembered now, for `back_to`; all packets under way are made first."""
        self.settle()
        return Mark(list(self._states), list(self._steps))

    def back_to(self, mark: Mark) -> None:
        """Forget everything since."""
        self._states, self._steps = list(mark.states), list(mark.steps)
        for parcels in self._open.values():
            parcels.clear()

    def settle(self) -> None:
        """Make all packets under way, each sender's in its order, those of many at once."""
        while turn := [sender for sender, parcels in self._open.items() if parcels]:
            for some in chunks(len(turn), 16 * self.dimension):
                self._settle(turn[some])

    @DIVERGENCE
    def _settle(self, senders: list[int]) -> None:
        parcels = [self._open[sender].popleft() for sender in senders]
        vectors = np.stack([parcel.vector() for parcel in parcels if parcel.vector])
        states = [self._states[sender] for sender in senders]
        rngs = [self._rngs[sender] for sender in senders]
        made = self.compressor.apply_all(vectors, states, rngs)
        for sender, parcel, (packet, state) in zip(senders, parcels, made, strict=True):
            parcel.fill(packet)
            self._states[sender] = state


def packers(
    compressor: Compressor | None,
    slices: Sequence[slice],
    seeds: Seeds,
    senders: int,
    place: str = '',
) -> list[Packer]:
    """Return what remembers the packets of each slice of a vector; [] where none are made."""
    if compressor is None:
        return []
    return [
        Packer(compressor, part.stop - part.start, seeds, senders, f'{place}{shard}')
        for shard, part in enumerate(slices)
    ]


def ratio(name: str, packers: Sequence[Packer]) -> dict[str, float]:
    """Return how many times shorter packets were than numbers as float32; {} without any."""
    packed = sum(packer.packed_bytes for packer in packers)
    plain = sum(packer.plain_bytes for packer in packers)
    return {f'{name}_ratio': plain / packed} if packed else {}
