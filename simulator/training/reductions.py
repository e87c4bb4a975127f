"""How the ranks of a group make one vector of theirs: as it is, or compressed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.collectives import Ranks, Schedule, all_gather, apply, chunk_sizes
from simulator.compression import (
    Compressor,
    Exchanged,
    Factors,
    Floats,
    Sparse,
    added,
    all_send_their_own,
    merged,
)
from simulator.compression.compressor import State
from simulator.learning import frozen
from simulator.learning.arrays import Floats as Array
from simulator.training.lying_ranks import Lies
from simulator.training.packing import Packer, Parcel

__all__ = [
    'NOTHING',
    'Dense',
    'Gathered',
    'Input',
    'Inputs',
    'LowRank',
    'Memory',
    'Merged',
    'Phase',
    'Reduction',
    'can_merge',
]

FLOAT32 = 4.0


@dataclass(frozen=True)
class Input:
    """What a rank brings: a promise of the sum (d,) of so many vectors, as a rule of one."""

    vector: Callable[[], Array] | None
    count: int = 1

    def mean(self) -> Array:
        """Return the mean of the vectors (d,)."""
        assert self.vector is not None  # noqa: S101 - who brings none is not asked
        vector = self.vector()
        return vector if self.count == 1 else np.asarray(vector / np.float32(self.count))


NOTHING = Input(None, 0)
"""What a rank brings that takes part passively: it forwards, and adds nothing."""

Inputs = Sequence[Input]


class Phase(NamedTuple):
    """One call of a collective: bytes of its chunks, or *by_row* of its transfers."""

    sizes: NDArray[np.float64]
    by_row: bool = False


class Reduction(ABC):
    """A way to the mean of one vector (d,) a rank.

    Parameters
    ----------
    schedule : Schedule
    dimension : int
        Length d of the vectors.

    Attributes
    ----------
    phases : int
        Calls of the collective, one after another, that it takes.
    """

    phases = 1

    def __init__(self, schedule: Schedule, dimension: int):
        self.schedule = schedule
        self.dimension = dimension

    @abstractmethod
    def begin(self, members: Sequence[int], inputs: Inputs) -> Any:
        """Let the *members* bring their vectors; return what stands for the exchange."""

    @abstractmethod
    def sent(self, exchange: Any) -> Iterator[Phase]:
        """Yield what is sent in each phase."""

    @abstractmethod
    def means(self, exchange: Any, lies: Lies | None = None) -> list[Array]:
        """Return what each rank holds in the end, the mean of all; equal ones are one array."""

    def flops(self, count: int) -> float:
        """Return what each rank has to work when the vectors of *count* are there."""
        return 0.0 * count

    def truths(self, exchange: Any) -> list[Array]:
        """Return what each rank would hold, had nobody lied."""
        return self.means(exchange)


class Dense(Reduction):
    """Numbers as float32, added up along the schedule."""

    def begin(self, members: Sequence[int], inputs: Inputs) -> Inputs:
        """Keep the vectors until they are due."""
        return inputs

    def sent(self, exchange: Inputs) -> Iterator[Phase]:
        """Yield the bytes of the chunks."""
        yield self._phase

    @cached_property
    def _phase(self) -> Phase:
        return Phase(FLOAT32 * chunk_sizes(self.dimension, self.schedule.chunks, whole=True))

    def means(self, exchange: Inputs, lies: Lies | None = None) -> list[Array]:
        """Replay the schedule, with the lies of those who forward; who brings nothing, zeros."""
        nothing = np.zeros(self.dimension, np.float32)
        truth = np.stack([each.vector() if each.vector else nothing for each in exchange])
        if lies is None:
            sums = apply(self.schedule, truth)
        else:
            absent = [rank for rank, each in enumerate(exchange) if not each.count]
            corrupt = lies.corrupt(self.schedule, truth, absent)
            sums = apply(self.schedule, truth, corrupt=corrupt, liars=lies.liars)
        sums /= np.float32(_total(exchange))
        return _shared(sums)


class Gathered(Reduction):
    """All ranks collect the packets of all, and add them up.

    Where the schedule lets all send their own vectors whole, it carries the packets; otherwise
    *ring*, an all-gather, does.
    """

    def __init__(self, schedule: Schedule, packer: Packer, ranks: Ranks, order: Any):
        self._own = all_send_their_own(schedule)
        schedule = schedule if self._own else all_gather(ranks, order=order)
        super().__init__(schedule, packer.dimension)
        self._packer = packer

    def begin(self, members: Sequence[int], inputs: Inputs) -> _Parcels:
        """Let all compress what they bring."""
        return _packed(self._packer, members, inputs)

    def sent(self, exchange: _Parcels) -> Iterator[Phase]:
        """Yield the bytes of the packets; who brings nothing sends none."""
        sizes = np.array([each.bytes if each else 0 for each in exchange.parcels], np.float64)
        yield Phase(sizes[self.schedule.source], by_row=True) if self._own else Phase(sizes)

    def means(self, exchange: _Parcels, lies: Lies | None = None) -> list[Array]:
        """Add up in order of ranks: all hold the same."""
        mean = added([each.packet for each in exchange.parcels if each])
        mean /= np.float32(exchange.count)
        return [frozen(mean)] * len(exchange.parcels)


@dataclass(frozen=True)
class _Parcels:
    """The packet of each rank, None of those who bring nothing; and of how many vectors."""

    parcels: list[Parcel | None]
    count: int


def _packed(packer: Packer, members: Sequence[int], inputs: Inputs) -> _Parcels:
    """Let members compress what they bring; the memories of those who bring nothing stay."""
    pairs = zip(members, inputs, strict=True)
    parcels = [packer.pack(member, each.vector) if each.vector else None for member, each in pairs]
    return _Parcels(parcels, _total(inputs))


class _Merging:
    """Packets that are merged when that is due."""

    def __init__(self, schedule: Schedule, parcels: _Parcels):
        self._schedule = schedule
        self._parcels = parcels.parcels
        self.count = parcels.count

    @cached_property
    def result(self) -> Exchanged:
        """What is sent, and what comes of it; who brings nothing holds zeros, or no entry."""
        packets = [each.packet if each else None for each in self._parcels]
        like = next(each for each in packets if each)
        nothing = like._replace(
            vector=np.zeros_like(like.vector),
            indices=None if like.indices is None else like.indices[:0],
        )
        return merged(self._schedule, [each or nothing for each in packets])


class Merged(Reduction):
    """Packets are added up along the schedule, and grow as they are merged."""

    def __init__(self, schedule: Schedule, packer: Packer):
        super().__init__(schedule, packer.dimension)
        self._packer = packer

    def begin(self, members: Sequence[int], inputs: Inputs) -> _Merging:
        """Let all compress what they bring."""
        return _Merging(self.schedule, _packed(self._packer, members, inputs))

    def sent(self, exchange: _Merging) -> Iterator[Phase]:
        """Yield the bytes of the chunks; of sparse ones, the values decide about each transfer."""
        form = self._packer.compressor.form
        if isinstance(form, Floats):
            chunks = chunk_sizes(self.dimension, self.schedule.chunks, whole=True)
            yield Phase(form.itemsize * chunks)
        else:
            yield Phase(exchange.result.sizes.astype(np.float64), by_row=True)

    def means(self, exchange: _Merging, lies: Lies | None = None) -> list[Array]:
        """Merge."""
        sums = exchange.result.vectors
        return _shared(np.asarray(sums / np.float32(exchange.count)))


@dataclass
class Memory:
    """What the ranks of a low-rank reduction remember, together and each for itself."""

    state: State
    rng: np.random.Generator
    residuals: dict[int, Array] = field(default_factory=dict)


class LowRank(Reduction):
    """Factors of the sum of all vectors: two calls, of the left ones, then of the right ones.

    As products of matrices are linear, the factors that all ranks hold in the end are those of
    the mean vector; what they leave out of its own vector, each rank keeps, if *feedback*.

    References
    ----------
    .. [1] Vogels, Karimireddy & Jaggi, "PowerSGD", NeurIPS 2019 (algorithms 1 and 2).
    """

    phases = 2

    def __init__(
        self,
        schedule: Schedule,
        packer: Packer,
        memory: Memory,
        *,
        feedback: bool,
    ):
        super().__init__(schedule, packer.dimension)
        self._packer, self._memory, self._feedback = packer, memory, feedback
        self._compressor = packer.compressor

    def begin(self, members: Sequence[int], inputs: Inputs) -> tuple[Sequence[int], Inputs]:
        """Keep the vectors until they are due."""
        size = self._compressor.size(self.dimension) or 0
        self._packer.plain_bytes += FLOAT32 * self.dimension * len(members)
        self._packer.packed_bytes += float(size) * len(members)
        return members, inputs

    def sent(self, exchange: Any) -> Iterator[Phase]:
        """Yield the bytes of the chunks of the left factors, then of the right ones."""
        form = self._compressor.form
        assert isinstance(form, Factors)  # noqa: S101 - `can_merge` has seen to it
        assert isinstance(form.numbers, Floats)  # noqa: S101
        for numbers in form.phases:
            chunks = chunk_sizes(numbers, self.schedule.chunks, whole=True)
            yield Phase(form.numbers.itemsize * chunks)

    def means(
        self, exchange: tuple[Sequence[int], Inputs], lies: Lies | None = None
    ) -> list[Array]:
        """Compress the mean; who brings nothing keeps what it has kept."""
        members, inputs = exchange
        memory, kept = self._memory, self._memory.residuals
        counts = {m: each.count for m, each in zip(members, inputs, strict=True) if each.count}
        wanted = {
            member: each.vector() + kept[member] if member in kept else each.vector()
            for member, each in zip(members, inputs, strict=True)
            if each.vector
        }
        total = np.sum(list(wanted.values()), axis=0, dtype=np.float64)
        mean = np.asarray(total / sum(counts.values()), np.float32)
        packet, memory.state = self._compressor.apply(mean, memory.state, memory.rng)
        if self._feedback:
            left = {m: each - counts[m] * packet.vector for m, each in wanted.items()}
            memory.residuals = {**kept, **left}
        return [frozen(packet.vector)] * len(members)


def can_merge(compressor: Compressor) -> bool:
    """Whether packets add up without being decoded: their numbers are floats."""
    form = compressor.form
    numbers = form.numbers if isinstance(form, Sparse | Factors) else form
    return isinstance(numbers, Floats)


def _total(inputs: Inputs) -> int:
    """Return how many vectors are brought in all."""
    return sum(each.count for each in inputs)


def _shared(vectors: Array) -> list[Array]:
    """Return the rows, read-only; those equal to the first one are that one."""
    first = frozen(vectors[0].copy())  # not a view, which would keep them all
    same = (vectors == first).all(axis=1)
    for rank in np.flatnonzero(~same):  # they differ, or are not numbers
        same[rank] = np.array_equal(vectors[rank], first, equal_nan=True)
    return [
        first if equal else frozen(each.copy()) for equal, each in zip(same, vectors, strict=True)
    ]
