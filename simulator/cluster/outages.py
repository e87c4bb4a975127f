"""What faults are made of: windows of time, links that fail, devices that stop."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Annotated, Any, TypeAlias

import numpy as np
from annotated_types import Ge, Gt, MinLen
from simpy.events import Event

from simulator.cluster.cluster import Cluster
from simulator.cluster.naming import links_named, nodes_named
from simulator.seeds import Seeds
from simulator.units import Seconds

__all__ = [
    'Moment',
    'Names',
    'Outage',
    'Span',
    'Window',
    'act',
    'check_times',
    'devices_in',
    'fail',
    'links_in',
    'mend',
    'named',
    'windows',
]

Moment: TypeAlias = Annotated[Seconds, Ge(0)]
Span: TypeAlias = Annotated[Seconds, Gt(0)]
Names: TypeAlias = str | int | Annotated[list[str | int], MinLen(1)]
Window: TypeAlias = tuple[float, float]


class Outage:
    """One device that goes down and comes back, recorded in the traces.

    Parameters
    ----------
    cluster : Cluster
    device : int
    crashes : bool
        Whether it loses what it does and holds; else it stands still and goes on later.
    """

    def __init__(self, cluster: Cluster, device: int, *, crashes: bool = False):
        network = cluster.network
        ends = (network.source == device) | (network.target == device)
        self._cluster, self._device, self._crashes = cluster, device, crashes
        self._links = np.flatnonzero(ends).tolist()

    def begin(self) -> None:
        """Take the device down."""
        for link in self._links:
            fail(self._cluster, link)
        self._cluster.stop(self._device, crashes=self._crashes)

    def end(self) -> None:
        """Bring it back."""
        for link in self._links:
            mend(self._cluster, link)
        self._cluster.go_on(self._device, crashed=self._crashes)


def act(
    cluster: Cluster,
    times: Iterable[Window],
    begin: Callable[[], None],
    end: Callable[[], None],
    *,
    revives: bool = False,
) -> None:
    """Start a background process that begins and ends a fault in each window."""

    def process() -> Generator[Event, Any, None]:
        for start, stop in times:
            if start > cluster.clock.now:
                yield cluster.clock.nap(start - cluster.clock.now)
            begin()
            if stop == np.inf:
                return
            yield cluster.clock.nap(stop - cluster.clock.now, heals=True, revives=revives)
            end()

    cluster.clock.process(process())


def windows(
    seeds: Seeds,
    kind: str,
    number: int,
    at: float | None,
    until: float | None,
    up: float | None,
    down: float | None,
) -> Iterator[Window]:
    """Yield (start, end) of each time a fault is in force."""
    if at is not None:
        yield at, np.inf if until is None else until
        return
    rng = seeds.stream('faults', **{kind: number})
    now = 0.0
    while up is not None and down is not None:
        start = now + rng.exponential(up)
        now = start + rng.exponential(down)
        yield start, now


def fail(cluster: Cluster, link: int) -> None:
    """Take a link down, once more where another fault has done so."""
    cluster.outages[link] += 1
    if cluster.outages[link] == 1:
        cluster.fabric.fail(cluster.clock.now, link)


def mend(cluster: Cluster, link: int) -> None:
    """Undo one `fail`."""
    cluster.outages[link] -= 1
    if cluster.outages[link] == 0:
        cluster.fabric.restore(link)


def links_in(cluster: Cluster, names: Names) -> list[int]:
    """Return the directed links that names stand for."""
    each = names if isinstance(names, list) else [names]
    return sorted({int(k) for name in each for k in links_named(str(name), cluster.network)})


def devices_in(cluster: Cluster, names: Names) -> list[int]:
    """Return the devices that names stand for."""
    return named(names, cluster.network.hosts, 'device')


def named(names: Names, nodes: int, what: str) -> list[int]:
    """Return which of so many nodes names stand for."""
    each = names if isinstance(names, list) else [names]
    return sorted({int(k) for name in each for k in nodes_named(str(name), nodes, what)})


def check_times(
    *,
    at: float | None = None,
    until: float | None = None,
    up: float | None = None,
    down: float | None = None,
    **_: Any,
) -> None:
    """Refuse times that contradict each other."""
    if (at is None) == (up is None):
        raise ValueError('takes either at (and until), or up and down')
    if (up is None) != (down is None):
        raise ValueError('up and down go together')
    if until is not None and (at is None or until <= at):
        raise ValueError('until must come after at')
