"""Copies of a server's slice at other servers, from which it is restored."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.optimizers import State

__all__ = ['Copy', 'Replicas', 'elements_of']


class Copy(NamedTuple):
    """A slice after so many updates, and the state of its optimizer."""

    version: int
    model: Floats
    state: State


class Replicas:
    """Where the copies of each slice are.

    Examples
    --------
    >>> replicas = Replicas([7, 8, 9], count=1)
    >>> replicas.places(home=9)
    [7]
    >>> replicas.keep(0, 7, Copy(3, np.zeros(2), ()))
    >>> replicas.newest(0, up=lambda device: True)[0]
    7
    """

    def __init__(self, servers: list[int], count: int):
        self._servers = servers
        self._count = count
        self._copies: dict[int, dict[int, Copy]] = {}

    def places(self, home: int) -> list[int]:
        """Return the servers that hold copies of what is kept at *home*: those next in turn."""
        place = self._servers.index(home)
        turned = self._servers[place + 1 :] + self._servers[:place]
        return turned[: self._count]

    def keep(self, shard: int, device: int, copy: Copy) -> None:
        """Take note of a copy that has arrived at *device*; an older one is replaced."""
        copies = self._copies.setdefault(shard, {})
        if device not in copies or copies[device].version <= copy.version:
            copies[device] = copy

    def lost(self, device: int) -> None:
        """Forget all copies at *device*: it has crashed."""
        for copies in self._copies.values():
            copies.pop(device, None)

    def newest(self, shard: int, up: Any) -> tuple[int, Copy] | None:
        """Return the latest copy of a slice at a device that is *up*; None if there is none."""
        found = [(device, copy) for device, copy in self._copies[shard].items() if up(device)]
        return max(found, key=lambda each: (each[1].version, -each[0]), default=None)


def elements_of(state: Any) -> int:
    """Return how many numbers the state of an optimizer holds.

    Examples
    --------
    >>> elements_of((np.zeros(3), (np.zeros(2), 7)))
    6
    """
    if isinstance(state, np.ndarray):
        return state.size
    if isinstance(state, tuple | list):
        return sum(map(elements_of, state))
    return int(isinstance(state, int | float | np.number))
