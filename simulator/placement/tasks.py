"""A placed graph as tasks of the fabric: its operations compute, its tensors travel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.graph import TaskGraph
from simulator.placement.memory import copies
from simulator.placement.problem import Placement, Problem

__all__ = ['Laid', 'lay_out']

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Laid(NamedTuple):
    """The tasks of a placed graph: first its operations, then its transfers.

    Attributes
    ----------
    tasks : TaskGraph
    producer : int array, shape (transfers,)
        The operation whose output a transfer carries.
    target : int array, shape (transfers,)
        The device 0..k-1 it goes to.
    transfer : int array, shape (edges,)
        The transfer that serves an edge, -1 where none is needed.
    """

    tasks: TaskGraph
    producer: Integers
    target: Integers
    transfer: Integers


def lay_out(
    problem: Problem,
    placement: Placement,
    priority: NDArray[np.int32],
    *,
    seconds: Floats | None = None,
    tags: NDArray[np.int32] | None = None,
    step: int = 0,
) -> Laid:
    """Return the tasks of a placed graph.

    Parameters
    ----------
    problem : Problem
    placement : int array, shape (n,)
    priority : int array, shape (n,)
        The least first.
    seconds : array, shape (n,), optional
        How long each operation takes; by default its flops at the speed of its device.
    tags : int array, shape (n + 1,), optional
        For the traces: of each operation, and of all transfers.
    step : int
        For the traces.
    """
    graph, platform, count = problem.graph, problem.platform, len(problem.graph)
    keys, transfer = copies(graph, placement, len(platform))
    producer, target = np.divmod(keys, len(platform))
    if tags is None:
        tags = np.zeros(count + 1, np.int32)
    if seconds is None:
        seconds = graph.flops / platform.speed[placement]
    crossing = transfer >= 0
    sent, needed = np.arange(count, count + len(keys)), graph.after[crossing]
    source = platform.nodes[placement]
    tasks = TaskGraph(
        np.concatenate([source, source[producer]]),
        np.concatenate([np.full(count, -1), platform.nodes[target]]),
        np.concatenate([seconds, graph.outputs[producer]]),
        np.concatenate([graph.before[~crossing], producer, sent[transfer[crossing]]]),
        np.concatenate([graph.after[~crossing], sent, needed]),
        priority=np.concatenate([priority, np.zeros(len(keys), np.int32)]),
        tag=np.concatenate([tags[:-1], np.full(len(keys), tags[-1], np.int32)]),
        step=np.full(count + len(keys), step, np.int32),
    )
    return Laid(tasks, producer, target, transfer)
