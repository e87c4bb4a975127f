"""Programs that live and die with the devices they run on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from simpy.events import Event, Process
from simpy.exceptions import Interrupt

from simulator.training.experiment import Experiment

__all__ = ['CONTROL', 'Lives', 'Program']

Program: TypeAlias = Generator[Event, Any, None]

CONTROL = 8.0
"""Bytes of a message that holds nothing but who sends it."""


class Lives:
    """Starts programs on devices, ends them when their device crashes, and tells who has to know.

    Parameters
    ----------
    experiment : Experiment
    crashed, returned : callable
        Told of each device that crashes (when its programs have ended) or is back.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        crashed: Callable[[int], None],
        returned: Callable[[int], None],
    ):
        self._experiment = experiment
        self._cluster = experiment.cluster
        self._crashed = crashed
        self._running: defaultdict[int, list[Process]] = defaultdict(list)
        self._cluster.on_crash.append(self._crash)
        self._cluster.on_return.append(returned)

    def start(self, device: int, program: Program) -> None:
        """Run *program* on *device*, unless it is away now."""
        if self.are_up(device):
            process = self._experiment.clock.process(program)
            process.callbacks.append(_forgive)
            self._running[device].append(process)

    def stop(self, device: int) -> None:
        """End all programs on *device*; what it computes and has in its mailbox is forgotten."""
        self._end(device)
        cluster = self._cluster
        cluster.fabric.wipe(cluster.clock.now, device, messages=False)
        self._experiment.transport.forget(device)

    def are_up(self, *devices: int) -> bool:
        """Whether none of some devices has crashed and is still away."""
        return not any(map(self._cluster.has_crashed, devices))

    def _crash(self, device: int) -> None:
        self._end(device)
        self._crashed(device)

    def _end(self, device: int) -> None:
        for process in self._running.pop(device, ()):
            if process.is_alive:
                process.interrupt()


def _forgive(ended: Event) -> None:
    """Take it as no failure that a program was ended."""
    if isinstance(ended.value, Interrupt):
        ended.defused = True
