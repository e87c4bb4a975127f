"""A step of tensor parallelism: who holds what, what each computes, and what is said between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Choice
from simulator.cluster.cluster import Cluster, Devices
from simulator.collectives import Schedule, all_gather, chunk_sizes
from simulator.collectives.scattered import Algorithm
from simulator.learning.models import Model
from simulator.training.experiment import ELEMENT
from simulator.training.facts import Facts, Scale
from simulator.training.parts import overfull
from simulator.training.ranks import ranks_of
from simulator.training.tensor_parallel.joint import Team
from simulator.training.tensor_parallel.model import SplitModel
from simulator.training.tensor_parallel.splitting import Talk, Way, Work

__all__ = ['Phase', 'Plan', 'Said', 'Saying', 'phases']


class Phase(NamedTuple):
    """What all devices compute, and what they say to each other when they have.

    Attributes
    ----------
    way : {'forward', 'backward'}
    flops : float array, shape (p,)
        Of each device, of one sample.
    talk : Talk, optional
    """

    way: Literal['forward', 'backward']
    flops: NDArray[np.float64]
    talk: Talk | None


def phases(program: Sequence[Work | Talk]) -> list[Phase]:
    """Return one step of a program: forward, and back the same way, where work takes twice as long.

    Examples
    --------
    >>> sums = Talk('all_reduce', True, np.array([4]))
    >>> [each.way for each in phases([Work(np.ones(2)), sums, Work(np.ones(2))])]
    ['forward', 'forward', 'backward']
    """
    return [*_passed('forward', program, 1.0), *_passed('backward', program[::-1], 2.0)]


def _passed(
    way: Literal['forward', 'backward'], program: Sequence[Work | Talk], cost: float
) -> Iterator[Phase]:
    """Yield one way through a program; what is done without talking is one phase."""
    nothing = np.zeros_like(next(item.flops for item in program if isinstance(item, Work)))
    flops = nothing
    for item in program:
        if isinstance(item, Work):
            flops = flops + cost * item.flops
        elif item.forward == (way == 'forward'):
            yield Phase(way, flops, item)
            flops = nothing
    yield Phase(way, flops, None)


class Saying(NamedTuple):
    """How the devices of a team add up and gather.

    Attributes
    ----------
    algorithm : Choice
        Of the all-reduce.
    gather : {'ring', 'direct', 'bruck'}
        Of the all-gather.
    """

    algorithm: Choice
    gather: Algorithm = 'ring'

    def schedules(self, place: Cluster | Facts, members: Sequence[int]) -> Said:
        """Return how a team of workers does, given their numbers."""
        ranks = ranks_of(place, self.algorithm, members)
        order = self.algorithm.options.get('order', 'as_given') if self.gather == 'ring' else None
        gather = all_gather(ranks, algorithm=self.gather, order=order or 'as_given')
        return Said(self.algorithm(ranks), gather)


class Said(NamedTuple):
    """The collectives of a team."""

    all_reduce: Schedule
    all_gather: Schedule

    def sizes(self, talk: Talk, samples: int) -> tuple[Schedule, NDArray[np.float64]]:
        """Return the schedule of what is said of so many samples, and the numbers of its chunks."""
        if talk.kind == 'all_gather':
            return self.all_gather, samples * talk.numbers.astype(np.float64)
        total = samples * int(talk.numbers[0])
        schedule = self.all_reduce
        return schedule, chunk_sizes(total, schedule.chunks, whole=True)


@dataclass(frozen=True)
class Plan:
    """Who holds what of a model, and what a step takes.

    Attributes
    ----------
    grid : int array, shape (replicas, p)
        The devices of each team.
    model : SplitModel
    batch : int
        Samples of a mini-batch, one a team.
    inputs : int
        Numbers of a sample.
    scale : Scale
    """

    grid: NDArray[np.int64]
    model: SplitModel
    batch: int
    inputs: int
    scale: Scale

    @classmethod
    def of(
        cls,
        grid: NDArray[np.int64],
        model: Model,
        said: Said,
        way: Way,
        *,
        batch: int,
        inputs: Sequence[int],
        scale: Scale,
    ) -> Plan:
        """Split a model over a grid.

        Raises
        ------
        PlacementError
            If it has layers that can't be split.
        """
        split = SplitModel(model, Team(said.all_reduce), way)
        return cls(grid, split, batch, prod(inputs), scale)

    @property
    def phases(self) -> list[Phase]:
        """What a step takes, but for the sums over replicas; flops of a whole mini-batch."""
        program, factor = self.model.program, self.batch * self.scale.flops
        if self.grid.shape[1] == 1:  # there is nobody to talk to
            program = [item for item in program if isinstance(item, Work)]
        return [phase._replace(flops=factor * phase.flops) for phase in phases(program)]

    @property
    def memory(self) -> NDArray[np.float64]:
        """Bytes (p,) that each device of a team holds at most.

        Its parameters, their gradient, and what is kept until the way back.
        """
        unit = ELEMENT * self.scale.bytes
        kept = self.batch * (self.inputs + self.model.kept)
        bytes_: NDArray[np.float64] = unit * (2 * np.array(self.model.held, float) + kept)
        return bytes_

    def overfull(self, devices: Devices) -> Iterator[str]:
        """Say of the first device that has too little memory."""
        if over := overfull(self.grid, self.memory, devices):
            yield (
                f'device {over.device} needs {over.needed:.6g} bytes at once and has '
                f'{over.room:.6g}; take a larger degree or smaller mini-batches'
            )
