"""Models that are split over devices, and held more than once: who holds what, and its mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Choice
from simulator.catalogue.entry import Options
from simulator.cluster.cluster import Cluster, Devices
from simulator.collectives.timed import Group
from simulator.learning.arrays import Floats
from simulator.training.algorithms import ALL_REDUCES
from simulator.training.experiment import Experiment
from simulator.training.facts import Facts, nodes_with
from simulator.training.ranks import ranks_of
from simulator.training.reductions import Dense, Input
from topologies import ring_order

__all__ = ['DataParallel', 'Overfull', 'PartReplicas', 'are_all_workers', 'grid_of', 'overfull']


class DataParallel(Options):
    """How those that hold the same part of a model add up their gradients."""

    algorithm: Annotated[Choice, ALL_REDUCES] = ALL_REDUCES.choice('ring')
    """The all-reduce among the devices that hold the same part."""


class PartReplicas:
    """The devices that hold the same part of a model, and the all-reduce of its gradient.

    Parameters
    ----------
    experiment : Experiment
    algorithm : Choice
        The all-reduce.
    devices : sequence of int
        By replica.
    parameters : int
        How many they hold.
    name : str
        Of its messages in the traces.

    Attributes
    ----------
    group : Group
    sizes : float array, shape (chunks,)
        Bytes of what is sent.
    """

    def __init__(
        self,
        experiment: Experiment,
        algorithm: Choice,
        devices: Sequence[int],
        parameters: int,
        name: str = 'all_reduce',
    ):
        numbers = [experiment.workers.index(device) for device in devices]
        schedule = algorithm(ranks_of(experiment.cluster, algorithm, numbers))
        self._dense = Dense(schedule, parameters)
        self.sizes = next(self._dense.sent(())).sizes * experiment.scale.bytes
        self.group = Group(experiment.cluster, list(devices), schedule, name=name)

    def mean(self, gradients: Sequence[Floats]) -> Floats:
        """Return the mean of the replicas' gradients by their parameters, each (parameters,)."""
        return self._dense.means([Input(partial(np.asarray, each)) for each in gradients])[0]


def grid_of(
    place: Cluster | Facts, devices: Sequence[int], width: int, *, parts_together: bool
) -> NDArray[np.int64]:
    """Return which device of each replica holds which part, (replicas, width).

    Parameters
    ----------
    place : Cluster or Facts
    devices : sequence of int
        All workers in order; empty for the order of the topology, those near each other together.
    width : int
        Parts of the model.
    parts_together : bool
        Whether the parts of one replica follow each other in that order, or all that hold the
        same part.
    """
    order = list(devices)
    if not order:
        graph = place.graph
        assert graph is not None  # noqa: S101 - whoever asks has a cluster
        workers = nodes_with(graph, 'worker')
        order = [workers[number] for number in ring_order(graph, workers)]
    if parts_together:
        return np.array(order).reshape(-1, width)
    return np.array(order).reshape(width, -1).T.copy()


def are_all_workers(facts: Facts, devices: Sequence[int]) -> bool:
    """Whether *devices* names each worker once."""
    if facts.graph is None:
        return len(set(devices)) == len(devices) == facts.workers
    roles = {node for node, data in facts.graph.nodes(data=True) if data.get('role') == 'worker'}
    return set(devices) == roles and len(devices) == len(roles)


class Overfull(NamedTuple):
    """A device with too little memory.

    Attributes
    ----------
    part, device : int
        What it is to hold, and which it is.
    needed, room : float
        Bytes.
    """

    part: int
    device: int
    needed: float
    room: float


def overfull(
    grid: NDArray[np.int64], memory: NDArray[np.float64], devices: Devices
) -> Overfull | None:
    """Return the first device of a grid that has too little memory, None where all have enough.

    Parameters
    ----------
    grid : int array, shape (replicas, width)
        Which device of each replica holds which part.
    memory : float array, shape (replicas, width) or (width,)
        Bytes that each needs at once.
    devices : Devices
    """
    needed, room = np.broadcast_to(memory, grid.shape), devices.memory[grid]
    short = np.argwhere(needed > room)
    if not len(short):
        return None
    place = tuple(short[0])
    return Overfull(int(place[1]), int(grid[place]), needed[place], room[place])
