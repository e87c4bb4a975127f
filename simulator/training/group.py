"""The ranks of an all-reduce, as long as they are the same ones: what they exchange, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from simpy.events import Event

from simulator.catalogue import Choice
from simulator.collectives import Schedule
from simulator.collectives.timed import Group
from simulator.compression import Compressor, Factors
from simulator.learning import Pending
from simulator.learning.arrays import Floats
from simulator.learning.optimizers import State
from simulator.training.buckets import Piece
from simulator.training.experiment import Experiment
from simulator.training.lying_ranks import Lies
from simulator.training.packing import Packer
from simulator.training.ranks import ranks_of
from simulator.training.reductions import (
    Dense,
    Gathered,
    LowRank,
    Memory,
    Merged,
    Phase,
    Reduction,
)
from simulator.training.robust_reduction import Aggregated, Recollection

__all__ = ['Brought', 'Bucket', 'Members', 'Round', 'Way']


class Way(NamedTuple):
    """How vectors are exchanged.

    Attributes
    ----------
    algorithm : Choice
        The all-reduce.
    exchange : 'gather' or 'merge'
        Of compressed vectors.
    compressor : Compressor, optional
    feedback : bool
        With low-rank factors that are added up: whether each rank keeps what they leave out.
    rule : Choice, optional
        By which ranks aggregate what they have gathered; by default they add up on the way.
    """

    algorithm: Choice
    exchange: str
    compressor: Compressor | None = None
    feedback: bool = False
    rule: Choice | None = None

    @property
    def adds_factors(self) -> bool:
        """Whether low-rank factors are added up."""
        form = None if self.compressor is None else self.compressor.form
        return self.exchange == 'merge' and isinstance(form, Factors)


@dataclass(eq=False)
class Brought:
    """What a rank has computed, to be brought to an all-reduce.

    Attributes
    ----------
    number : int
        Of the worker.
    step : int
        Round that begins with the model it was computed from.
    pending : Pending
        The promise of a gradient, or of the model after local steps.
    origin : array, optional
        With local steps, the model they started from.
    samples : int
        Training samples it took.
    smoothed : callable, optional
        With momentum, returns the vector (d,) that is brought.
    """

    number: int
    step: int
    pending: Pending
    origin: Floats | None
    samples: int
    smoothed: Callable[[], Floats] | None = None

    def computed(self) -> Floats:
        """Return the gradient, or minus the way gone, (d,)."""
        value = self.pending.value
        return value if self.origin is None else self.origin - value

    def vector(self, part: slice) -> Floats:
        """Return what is brought of a slice."""
        if self.smoothed is not None:
            return self.smoothed()[part]
        value = self.pending.value[part]
        return value if self.origin is None else self.origin[part] - value


@dataclass(eq=False)
class Round:
    """A round: who takes part, from which models, and what each brings.

    Attributes
    ----------
    members : list of int
        Numbers of the workers, by rank.
    starts : dict
        The model and the state of the optimizer with which each member begins.
    brought : list of Brought
        What the round's outcome is made of, until that is known; then only the losses, the number
        of samples and the states of the optimizers of local steps are kept.
    exchanges : list
        One a bucket.
    flops : list of float
        By bucket, what each rank then has to work, where not all bring something.
    marks : list
        What compressors remembered before.
    left : set of int
        Members that have left.
    lies : list
        What Byzantine members do in this round, one a bucket; None where nobody lies.
    """

    members: list[int]
    starts: dict[int, tuple[Floats, State]]
    brought: list[Brought] = field(default_factory=list)
    exchanges: list[Any] = field(default_factory=list)
    flops: list[float] = field(default_factory=list)
    marks: list[Any] = field(default_factory=list)
    left: set[int] = field(default_factory=set)
    lies: list[Lies | None] = field(default_factory=list)
    counted: bool = False
    ends: dict[int, tuple[Floats, State]] | None = None
    losses: list[float] = field(default_factory=list)
    samples: int = 0
    states: dict[int, State] = field(default_factory=dict)

    def settle(self, ends: dict[int, tuple[Floats, State]]) -> None:
        """Take note of the outcome, and let go of what led to it."""
        self.losses = [each.pending.loss for each in self.brought]
        self.samples = sum(each.samples for each in self.brought)
        self.states = {each.number: each.pending.state for each in self.brought}
        self.ends, self.brought, self.exchanges = ends, [], []


class Bucket:
    """A piece of the vector that is reduced by itself, with what its senders remember."""

    def __init__(self, experiment: Experiment, way: Way, piece: Piece, place: int):
        self.experiment, self.way = experiment, way
        self.part, self.share = piece
        self.packer: Packer | None = None
        self.memory: Memory | None = None  # of factors that are added up
        self.recollection: Recollection | None = None  # of a rule
        self._dimension = self.part.stop - self.part.start
        if way.compressor is not None:
            seeds, senders = experiment.cluster.seeds, len(experiment.workers)
            self.packer = Packer(way.compressor, self._dimension, seeds, senders, str(place))
        if way.compressor is not None and way.adds_factors:
            rng = experiment.cluster.seeds.stream('compression', place='sum')
            self.memory = Memory(way.compressor.init(self._dimension), rng)

        if way.rule is not None:
            self.recollection = Recollection(way.rule, experiment.cluster.seeds, place)

    @property
    def flops(self) -> float:
        """What compressing one vector costs."""
        return self.packer.flops if self.packer else 0.0

    def mark(self) -> Any:
        """Return what is remembered now."""
        if self.recollection is not None:
            return self.recollection.mark()
        if self.memory is not None:
            return replace(self.memory)
        return self.packer.mark() if self.packer else None

    def back_to(self, mark: Any) -> None:
        """Forget everything since."""
        if self.recollection is not None:
            self.recollection.back_to(mark)
        elif self.memory is not None:
            self.memory.state, self.memory.residuals = mark.state, mark.residuals
        elif self.packer is not None:
            self.packer.back_to(mark)

    def forget(self, number: int) -> None:
        """Let a rank begin anew: it has crashed."""
        if self.recollection is not None:
            self.recollection.forget(number)
        elif self.memory is not None:
            kept = self.memory.residuals
            self.memory.residuals = {m: each for m, each in kept.items() if m != number}
        elif self.packer is not None:
            self.packer.forget(number)

    def reduction(self, schedule: Schedule, members: Sequence[int]) -> Reduction:
        """Return the way to the mean of some members' vectors."""
        way = self.way
        if self.recollection is not None:
            return Aggregated(schedule, self._dimension, self.recollection)
        if self.packer is None:
            return Dense(schedule, self._dimension)
        if self.memory is not None:
            return LowRank(schedule, self.packer, self.memory, feedback=way.feedback)
        if way.exchange == 'gather':
            order = way.algorithm.options.get('order', 'as_given')
            ranks = ranks_of(self.experiment.cluster, way.algorithm, members)
            return Gathered(schedule, self.packer, ranks, order)
        return Merged(schedule, self.packer)


class Members:
    """Some workers as a group: schedules, and calls in time.

    Attributes
    ----------
    reductions : list of Reduction
        One a bucket.
    """

    def __init__(self, experiment: Experiment, way: Way, buckets: list[Bucket], members: list[int]):
        self._ranks = {number: rank for rank, number in enumerate(members)}
        self._scale = experiment.scale.bytes
        schedule = way.algorithm(ranks_of(experiment.cluster, way.algorithm, members))
        self.reductions = [bucket.reduction(schedule, members) for bucket in buckets]
        devices = [experiment.workers[number] for number in members]
        self._groups = [
            [
                Group(experiment.cluster, devices, reduction.schedule, name='all_reduce')
                for _ in range(reduction.phases)
            ]
            for reduction in self.reductions
        ]

    def phases(self, bucket: int, exchange: Any) -> Iterator[tuple[Group, Phase]]:
        """Yield the calls that the reduction of a bucket takes, one after another."""
        sent = self.reductions[bucket].sent(exchange)
        return zip(self._groups[bucket], sent, strict=True)

    def call(self, group: Group, number: int, phase: Phase) -> Event:
        """Let a worker take part in a call; return the event of its leaving."""
        sizes, rank = phase.sizes * self._scale, self._ranks[number]
        return group.enter(rank, sizes, by_row=phase.by_row)[1]

    def abandon(self) -> None:
        """Give up all calls."""
        for groups in self._groups:
            for group in groups:
                group.abandon()
