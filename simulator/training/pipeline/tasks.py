"""A step of pipelines as tasks of the fabric: passes compute, activations and gradients travel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.graph import TaskGraph
from simulator.training.pipeline.schedules import Pass

__all__ = ['Laid', 'lay_pipelines']


class Laid(NamedTuple):
    """The tasks of one step: first the passes, by replica, stage and turn; then the transfers.

    Attributes
    ----------
    tasks : TaskGraph
        Its computations have flops as their sizes.
    passes : int
        How many tasks are passes.
    last : int array, shape (replicas, stages)
        The last pass of each stage.
    """

    tasks: TaskGraph
    passes: int
    last: NDArray[np.int64]


class _Columns:
    """Tasks and edges so far."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, float, int]] = []  # device, target, size, tag
        self.edges: list[tuple[int, int]] = []

    def add(self, device: int, target: int, size: float, tag: int, *after: int) -> int:
        self.rows.append((device, target, size, tag))
        number = len(self.rows) - 1
        self.edges += [(before, number) for before in after]
        return number


def lay_pipelines(
    devices: NDArray[np.int64],
    orders: Sequence[Sequence[Pass]],
    flops: Sequence[float],
    outputs: Sequence[float],
    samples: NDArray[np.int64],
    tags: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> Laid:
    """Return the tasks of one step.

    A stage takes its passes strictly in its order, so that it never keeps more than that says.

    Parameters
    ----------
    devices : int array, shape (replicas, stages)
    orders : sequence of sequences of Pass
        By stage.
    flops : sequence of float
        Of a sample's forward pass, by stage; backward takes twice that.
    outputs : sequence of float
        Bytes of a sample as it leaves each stage: of its gradient as much.
    samples : int array, shape (replicas, micro_batches)
    tags : (int, int, int, int)
        For the traces: forward, backward, activation, gradient.
    """
    columns, number = _Columns(), {}
    for (replica, stage), device in np.ndenumerate(devices):
        before: tuple[int, ...] = ()
        for each in orders[stage]:
            backward = each.kind == 'backward'
            size = flops[stage] * (1 + backward) * int(samples[replica, each.micro_batch])
            task = columns.add(int(device), -1, size, tags[backward], *before)
            number[replica, stage, each.kind, each.micro_batch] = task
            before = (task,)
    passes = len(columns.rows)
    for replica, stage, kind, k in list(number):
        other = stage + (1 if kind == 'forward' else -1)
        if 0 <= other < devices.shape[1]:
            ends = int(devices[replica, stage]), int(devices[replica, other])
            size = outputs[min(stage, other)] * int(samples[replica, k])
            tag = tags[2 + (kind == 'backward')]
            sent = columns.add(*ends, size, tag, number[replica, stage, kind, k])
            columns.edges.append((sent, number[replica, other, kind, k]))
    last = [
        [number[replica, stage, *orders[stage][-1]] for stage in range(devices.shape[1])]
        for replica in range(len(devices))
    ]
    return Laid(_graph(columns, last), passes, np.array(last))


def _graph(columns: _Columns, last: list[list[int]]) -> TaskGraph:
    device, target, size, tag = zip(*columns.rows, strict=True)
    before, after = np.array(columns.edges, np.int32).reshape(-1, 2).T
    watch = np.zeros(len(size), np.bool_)
    watch[np.ravel(last)] = True
    ends = np.array(device, np.int32), np.array(target, np.int32)
    tags = np.array(tag, np.int32)
    return TaskGraph(*ends, np.array(size), before, after, tag=tags, watch=watch)
