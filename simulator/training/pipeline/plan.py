"""The plan of a pipeline: what runs where and in which order, and what each device holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.cluster import Devices
from simulator.training.experiment import ELEMENT
from simulator.training.facts import Scale
from simulator.training.parts import overfull
from simulator.training.pipeline.schedules import SCHEDULES, Pass, held
from simulator.training.pipeline.stages import Stage

__all__ = ['Plan']


@dataclass(frozen=True)
class Plan:
    """What runs where, and in which order.

    Attributes
    ----------
    devices : int array, shape (replicas, stages)
    stages : list of Stage
    orders : list of lists of Pass
        By stage.
    samples : int array, shape (replicas, micro_batches)
    scale : Scale
    """

    devices: NDArray[np.int64]
    stages: list[Stage]
    orders: list[list[Pass]]
    samples: NDArray[np.int64]
    scale: Scale

    @classmethod
    def of(
        cls,
        devices: NDArray[np.int64],
        stages: list[Stage],
        schedule: str,
        batches: Sequence[int],
        micro_batches: int,
        scale: Scale,
    ) -> Plan:
        """Return the plan of pipelines, given the mini-batch of each."""
        order, depth = SCHEDULES[schedule], len(stages)
        orders = [order(stage, depth, micro_batches) for stage in range(depth)]
        samples = [_parts(batch, micro_batches) for batch in batches]
        return cls(devices, stages, orders, np.array(samples), scale)

    @property
    def micro_batches(self) -> int:
        """Parts of each mini-batch."""
        return int(self.samples.shape[1])

    @cached_property
    def memory(self) -> NDArray[np.float64]:
        """Bytes (replicas, stages) held at most: parameters, their gradients, activations."""
        fixed = np.array([2 * stage.parameters for stage in self.stages], float)
        each = zip(self.orders, self.stages, strict=True)
        kept = np.array([held(order) * stage.kept for order, stage in each])
        most = self.samples.max(axis=1)
        bytes_: NDArray[np.float64] = ELEMENT * self.scale.bytes * (fixed + most[:, None] * kept)
        return bytes_

    def overfull(self, devices: Devices) -> Iterator[str]:
        """Say of the first stage whose device has too little memory."""
        if over := overfull(self.devices, self.memory, devices):
            yield (
                f'stage {over.part} needs {over.needed:.6g} bytes at once, device {over.device} '
                f'has {over.room:.6g}; take more stages, smaller micro-batches, or the schedule '
                'one_forward_one_backward'
            )


def _parts(batch: int, count: int) -> list[int]:
    """Return the samples of each of so many parts of a mini-batch."""
    return [len(part) for part in np.array_split(np.arange(batch), count)]
