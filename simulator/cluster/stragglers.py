"""Stragglers: laws that stretch the time a device takes for a step.

Each device draws from a stream of its own, one number a step, so the k-th step of a device takes
the same time under every algorithm: comparisons are paired.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Protocol

import numpy as np
from annotated_types import Ge, Gt, MinLen
from numpy.typing import NDArray

from simulator.catalogue import Catalogue
from simulator.errors import ScenarioError
from simulator.seeds import Seeds
from simulator.units import Seconds

__all__ = [
    'STRAGGLERS',
    'Straggler',
    'exponential',
    'intermittent',
    'lognormal',
    'none',
    'pareto',
    'slow_nodes',
]

_BLOCK = 64


class Straggler(Protocol):
    """How long a step really takes: ``(device, start, seconds) -> seconds``."""

    def __call__(self, device: int, start: float, seconds: float) -> float:
        """Return the time of the next step of *device*, begun at *start*, nominally *seconds*."""
        ...


class _Drawn:
    """Stretch each step by a factor drawn from a law, devices having streams of their own."""

    def __init__(self, seeds: Seeds, law: Callable[[np.random.Generator], NDArray[np.float64]]):
        self._seeds = seeds
        self._law = law
        self._streams: dict[int, np.random.Generator] = {}
        self._factors: dict[int, list[float]] = {}

    def __call__(self, device: int, start: float, seconds: float) -> float:
        factors = self._factors.get(device)
        if not factors:
            if device not in self._streams:
                self._streams[device] = self._seeds.stream('stragglers', device=device)
            factors = self._law(self._streams[device]).tolist()[::-1]
            self._factors[device] = factors
        return seconds * factors.pop()


def none(seeds: Seeds, devices: int) -> Straggler:
    """No stragglers: every step takes its nominal time."""
    return lambda device, start, seconds: seconds


def exponential(seeds: Seeds, devices: int, *, mean: Annotated[float, Gt(0)] = 1.0) -> Straggler:
    """Stretch each step by 1 + an exponential variable.

    Parameters
    ----------
    mean : float
        Mean of the exponential part; a step takes 1 + mean times its nominal time on average.

    References
    ----------
    .. [1] Lee et al., "Speeding Up Distributed Machine Learning Using Codes", IEEE Transactions
       on Information Theory 64(3), 2018 (the shifted exponential model).
    """
    return _Drawn(seeds, lambda rng: 1.0 + rng.exponential(mean, _BLOCK))


def lognormal(seeds: Seeds, devices: int, *, sigma: Annotated[float, Ge(0)]) -> Straggler:
    """Stretch each step by a log-normal factor of median 1.

    Parameters
    ----------
    sigma : float
        Standard deviation of the factor's logarithm.
    """
    return _Drawn(seeds, lambda rng: rng.lognormal(0.0, sigma, _BLOCK))


def pareto(seeds: Seeds, devices: int, *, shape: Annotated[float, Gt(0)]) -> Straggler:
    """Stretch each step by a Pareto factor of minimum 1: a heavy tail.

    Parameters
    ----------
    shape : float
        Tail index: the factor exceeds x with probability x ** -shape; for shape <= 1 its mean is
        infinite.
    """
    return _Drawn(seeds, lambda rng: 1.0 + rng.pareto(shape, _BLOCK))


def slow_nodes(
    seeds: Seeds,
    devices: int,
    *,
    factor: Annotated[float, Gt(0)],
    nodes: Annotated[list[Annotated[int, Ge(0)]], MinLen(1)] | None = None,
    count: Annotated[int, Ge(1)] | None = None,
) -> Straggler:
    """Let given devices, or some drawn once, always be slower by a factor.

    Parameters
    ----------
    factor : float
        How many times longer their steps take.
    nodes : list of int, optional
        The slow devices; either this or *count*.
    count : int, optional
        How many slow devices to draw.

    Raises
    ------
    ScenarioError
        If there are fewer devices than asked for.
    """
    if nodes is not None and (unknown := [node for node in nodes if node >= devices]):
        raise ScenarioError(f'slow_nodes: no device {unknown[0]}; devices are 0..{devices - 1}')
    if count is not None and count > devices:
        raise ScenarioError(f'slow_nodes: count(={count}) must be at most {devices} devices')
    drawn = seeds.stream('slow_nodes').permutation(devices)[: count or 0]
    slow = frozenset(nodes if nodes is not None else drawn.tolist())
    return lambda device, start, seconds: seconds * factor if device in slow else seconds


class _Intermittent:
    """Devices that alternate between nominal speed and slow periods, whatever they do."""

    def __init__(self, seeds: Seeds, factor: float, up: float, down: float):
        self._seeds = seeds
        self._factor = factor
        self._means = (up, down)
        self._streams: dict[int, np.random.Generator] = {}
        self._ends: dict[int, list[float]] = {}  # ends of the periods, the first one nominal

    def __call__(self, device: int, start: float, seconds: float) -> float:
        period = self._period(device, start)
        now, left = start, seconds
        while True:
            slowness = self._factor if period % 2 else 1.0
            end = self._end(device, period)
            if now + left * slowness <= end:
                return now + left * slowness - start
            left -= (end - now) / slowness
            now = end
            period += 1

    def _period(self, device: int, time: float) -> int:
        period = 0
        ends = self._ends.get(device, [])
        if ends and time < ends[-1]:
            return int(np.searchsorted(ends, time, side='right'))
        period = len(ends)
        while self._end(device, period) <= time:
            period += 1
        return period

    def _end(self, device: int, period: int) -> float:
        ends = self._ends.setdefault(device, [])
        if device not in self._streams:
            self._streams[device] = self._seeds.stream('stragglers', device=device)
        while len(ends) <= period:
            mean = self._means[len(ends) % 2]
            last = ends[-1] if ends else 0.0
            ends.append(last + self._streams[device].exponential(mean))
        return ends[period]


def intermittent(
    seeds: Seeds,
    devices: int,
    *,
    factor: Annotated[float, Ge(1)],
    up: Annotated[Seconds, Gt(0)],
    down: Annotated[Seconds, Gt(0)],
) -> Straggler:
    """Let devices be slow now and then: periods at nominal speed and slow ones take turns.

    A step that lasts over a change goes on at the new speed.

    Parameters
    ----------
    factor : float
        How many times slower a device is in a slow period.
    up : time
        Mean length of a period at nominal speed (exponential law).
    down : time
        Mean length of a slow period (exponential law).
    """
    return _Intermittent(seeds, factor, up, down)


def _valid_slow_nodes(
    *, factor: float, nodes: list[int] | None = None, count: int | None = None
) -> None:
    if (nodes is None) == (count is None):
        raise ValueError('takes either nodes or count')


STRAGGLERS = Catalogue(
    'straggler law',
    {
        'none': none,
        'exponential': exponential,
        'lognormal': lognormal,
        'pareto': pareto,
        'slow_nodes': slow_nodes,
        'intermittent': intermittent,
    },
    valid={'slow_nodes': _valid_slow_nodes},
)
