"""Faults of the world: links and devices that slow down, fail, lose messages, are cut off.

Each fault acts in windows of time: from *at* until *until*, or again and again by chance, up for
an exponential time of mean *up*, then down for one of mean *down*. A link that is down drops what
is in flight on it and what sets out over it; reliable messages are sent again. A device that is
down stands still (what it has begun goes on when it is back) and so do its links.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Lt
from simpy.events import Event

from simulator.catalogue import Catalogue
from simulator.cluster.cluster import Cluster
from simulator.cluster.naming import links_named, nodes_named
from simulator.seeds import Seeds
from simulator.units import Seconds

__all__ = [
    'FAULTS',
    'device_down',
    'link_down',
    'loss',
    'partition',
    'slow_device',
    'slow_link',
]

Moment = Annotated[Seconds, Ge(0)]
Span = Annotated[Seconds, Gt(0)]
Names = str | int | list[str | int]
Window = tuple[float, float]


def link_down(
    cluster: Cluster,
    seeds: Seeds,
    *,
    links: Names,
    at: Moment | None = None,
    until: Moment | None = None,
    up: Span | None = None,
    down: Span | None = None,
) -> None:
    """Take links down for some time, or for good.

    Parameters
    ----------
    links : str or list
        Which, such as 0-16, 0>16 (one direction), 0..7-16; each fails by itself.
    at, until : time
        When they go down and come back; without *until* they never do.
    up, down : time
        Instead: mean times up and down (exponential laws), again and again.
    """
    for link in _links(cluster, links):
        windows = _windows(seeds, 'link', link, at, until, up, down)
        _act(cluster, windows, partial(_fail, cluster, link), partial(_mend, cluster, link))


def slow_link(
    cluster: Cluster,
    seeds: Seeds,
    *,
    links: Names,
    factor: Annotated[float, Gt(0)],
    at: Moment | None = None,
    until: Moment | None = None,
    up: Span | None = None,
    down: Span | None = None,
) -> None:
    """Let links be slower for some time, or for good.

    Parameters
    ----------
    links : str or list
        Which, such as 0-16, 0>16 (one direction), 0..7-16.
    factor : float
        By how much their bandwidth is divided.
    at, until : time
        When it begins and ends; without *until* it never does.
    up, down : time
        Instead: mean times at full and at lower bandwidth, again and again.
    """

    def paced(link: int, by: float) -> Callable[[], None]:
        rate = float(cluster.network.bandwidth[link]) / by
        return lambda: cluster.fabric.set_bandwidth(cluster.clock.now, link, rate)

    for link in _links(cluster, links):
        windows = _windows(seeds, 'link', link, at, until, up, down)
        _act(cluster, windows, paced(link, factor), paced(link, 1.0))


def loss(
    cluster: Cluster,
    seeds: Seeds,
    *,
    links: Names,
    probability: Annotated[float, Gt(0), Lt(1)],
    at: Moment | None = None,
    until: Moment | None = None,
    up: Span | None = None,
    down: Span | None = None,
) -> None:
    """Let links lose messages for some time, or for good.

    Parameters
    ----------
    links : str or list
        Which, such as 0-16, 0>16 (one direction), 0..7-16.
    probability : float
        That a message is lost on the link, instead of what the link has otherwise.
    at, until : time
        When it begins and ends; without *until* it never does.
    up, down : time
        Instead: mean times without and with loss, again and again.
    """

    def losing(link: int, chance: float) -> Callable[[], None]:
        return lambda: cluster.fabric.set_loss(link, chance)

    for link in _links(cluster, links):
        windows = _windows(seeds, 'link', link, at, until, up, down)
        usual = float(cluster.network.loss[link])
        _act(cluster, windows, losing(link, probability), losing(link, usual))


def slow_device(
    cluster: Cluster,
    seeds: Seeds,
    *,
    devices: Names,
    factor: Annotated[float, Gt(0)],
    at: Moment | None = None,
    until: Moment | None = None,
    up: Span | None = None,
    down: Span | None = None,
) -> None:
    """Let devices compute more slowly for some time, or for good.

    Parameters
    ----------
    devices : int, str or list
        Which, such as 3, 0..7 or *.
    factor : float
        By how much their speed is divided, of work in progress too.
    at, until : time
        When it begins and ends; without *until* it never does.
    up, down : time
        Instead: mean times at full and at lower speed, again and again.
    """

    def paced(device: int, rate: float) -> Callable[[], None]:
        return lambda: cluster.fabric.set_device_rate(cluster.clock.now, device, rate)

    for device in _devices(cluster, devices):
        windows = _windows(seeds, 'device', device, at, until, up, down)
        _act(cluster, windows, paced(device, 1.0 / factor), paced(device, 1.0))


def device_down(
    cluster: Cluster,
    seeds: Seeds,
    *,
    devices: Names,
    at: Moment | None = None,
    until: Moment | None = None,
    up: Span | None = None,
    down: Span | None = None,
) -> None:
    """Take devices down for some time, or for good: they stand still, and so do their links.

    Parameters
    ----------
    devices : int, str or list
        Which, such as 3, 0..7 or *.
    at, until : time
        When they go down and come back; without *until* they never do.
    up, down : time
        Instead: mean times up and down, again and again.
    """
    for device in _devices(cluster, devices):
        windows = _windows(seeds, 'device', device, at, until, up, down)
        outage = _Outage(cluster, device)
        _act(cluster, windows, outage.begin, outage.end)


def partition(
    cluster: Cluster,
    seeds: Seeds,
    *,
    nodes: Names,
    at: Moment,
    until: Moment | None = None,
) -> None:
    """Cut some nodes off from all others.

    Parameters
    ----------
    nodes : int, str or list
        The nodes on one side, such as 0..7; links among them stay up.
    at, until : time
        When the cut begins and ends; without *until* it never does.
    """
    side = np.isin(np.arange(cluster.network.nodes), _named(nodes, cluster.network.nodes, 'node'))
    crossing = side[cluster.network.source] != side[cluster.network.target]
    cut = np.flatnonzero(crossing).tolist()

    def begin() -> None:
        for link in cut:
            _fail(cluster, link)

    def end() -> None:
        for link in cut:
            _mend(cluster, link)

    _act(cluster, iter([(at, np.inf if until is None else until)]), begin, end)


class _Outage:
    """One device that goes down and comes back, recorded in the traces."""

    def __init__(self, cluster: Cluster, device: int):
        network = cluster.network
        ends = (network.source == device) | (network.target == device)
        self._cluster, self._device = cluster, device
        self._links = np.flatnonzero(ends).tolist()
        self._since = 0.0

    def begin(self) -> None:
        self._since = self._cluster.clock.now
        self._cluster.down[self._device] = self._since
        self._cluster.fabric.set_device_rate(self._since, self._device, 0.0)
        for link in self._links:
            _fail(self._cluster, link)

    def end(self) -> None:
        now = self._cluster.clock.now
        self._cluster.recorder.span(self._device, 'down', 'fault', -1, self._since, now)
        del self._cluster.down[self._device]
        self._cluster.fabric.set_device_rate(now, self._device, 1.0)
        for link in self._links:
            _mend(self._cluster, link)


def _act(
    cluster: Cluster,
    windows: Iterator[Window],
    begin: Callable[[], None],
    end: Callable[[], None],
) -> None:
    """Start a background process that begins and ends the fault in each window."""

    def process() -> Generator[Event, Any, None]:
        for start, stop in windows:
            yield cluster.clock.nap(start - cluster.clock.now)
            begin()
            if stop == np.inf:
                return
            yield cluster.clock.nap(stop - cluster.clock.now, heals=True)
            end()

    cluster.clock.process(process())


def _windows(
    seeds: Seeds,
    kind: str,
    number: int,
    at: float | None,
    until: float | None,
    up: float | None,
    down: float | None,
) -> Iterator[Window]:
    """Yield (start, end) of each time the fault is in force."""
    if at is not None:
        yield at, np.inf if until is None else until
        return
    rng = seeds.stream('faults', **{kind: number})
    now = 0.0
    while up is not None and down is not None:
        start = now + rng.exponential(up)
        now = start + rng.exponential(down)
        yield start, now


def _fail(cluster: Cluster, link: int) -> None:
    """Take a link down, once more where another fault has done so."""
    cluster.outages[link] += 1
    if cluster.outages[link] == 1:
        cluster.fabric.fail(cluster.clock.now, link)


def _mend(cluster: Cluster, link: int) -> None:
    cluster.outages[link] -= 1
    if cluster.outages[link] == 0:
        cluster.fabric.restore(link)


def _links(cluster: Cluster, names: Names) -> list[int]:
    each = names if isinstance(names, list) else [names]
    return sorted({int(k) for name in each for k in links_named(str(name), cluster.network)})


def _devices(cluster: Cluster, names: Names) -> list[int]:
    return _named(names, cluster.network.hosts, 'device')


def _named(names: Names, nodes: int, what: str) -> list[int]:
    each = names if isinstance(names, list) else [names]
    return sorted({int(k) for name in each for k in nodes_named(str(name), nodes, what)})


def _valid(
    *,
    at: float | None = None,
    until: float | None = None,
    up: float | None = None,
    down: float | None = None,
    **_: Any,
) -> None:
    if (at is None) == (up is None):
        raise ValueError('takes either at (and until), or up and down')
    if (up is None) != (down is None):
        raise ValueError('up and down go together')
    if until is not None and (at is None or until <= at):
        raise ValueError('until must come after at')


FAULTS = Catalogue(
    'fault',
    {
        'link_down': link_down,
        'slow_link': slow_link,
        'loss': loss,
        'device_down': device_down,
        'slow_device': slow_device,
        'partition': partition,
    },
    valid=dict.fromkeys(
        ('link_down', 'slow_link', 'loss', 'device_down', 'slow_device', 'partition'), _valid
    ),
)
