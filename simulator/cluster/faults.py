"""Faults of the world: links and devices that slow down, fail, lose messages, are cut off.

Each fault acts in windows of time: from *at* until *until*, or again and again by chance, up for
an exponential time of mean *up*, then down for one of mean *down*. A link that is down drops what
is in flight on it and what sets out over it; reliable messages are sent again. A device that is
down stands still (what it has begun goes on when it is back) and so do its links; one that crashes
begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import Gt, Lt

from simulator.catalogue import Catalogue
from simulator.cluster.churn import check_churn, check_devices, churn
from simulator.cluster.cluster import Cluster
from simulator.cluster.outages import (
    Moment,
    Names,
    Outage,
    Span,
    act,
    check_times,
    devices_in,
    fail,
    links_in,
    mend,
    named,
    windows,
)
from simulator.seeds import Seeds

__all__ = [
    'FAULTS',
    'churn',
    'device_down',
    'link_down',
    'loss',
    'partition',
    'slow_device',
    'slow_link',
]


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
    for link in links_in(cluster, links):
        times = windows(seeds, 'link', link, at, until, up, down)
        act(cluster, times, partial(fail, cluster, link), partial(mend, cluster, link))


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

    for link in links_in(cluster, links):
        times = windows(seeds, 'link', link, at, until, up, down)
        act(cluster, times, paced(link, factor), paced(link, 1.0))


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

    for link in links_in(cluster, links):
        times = windows(seeds, 'link', link, at, until, up, down)
        usual = float(cluster.network.loss[link])
        act(cluster, times, losing(link, probability), losing(link, usual))


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

    for device in devices_in(cluster, devices):
        times = windows(seeds, 'device', device, at, until, up, down)
        act(cluster, times, paced(device, 1.0 / factor), paced(device, 1.0))


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
    for device in devices_in(cluster, devices):
        times = windows(seeds, 'device', device, at, until, up, down)
        outage = Outage(cluster, device)
        act(cluster, times, outage.begin, outage.end)


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
    side = np.isin(np.arange(cluster.network.nodes), named(nodes, cluster.network.nodes, 'node'))
    crossing = side[cluster.network.source] != side[cluster.network.target]
    cut = np.flatnonzero(crossing).tolist()

    def begin() -> None:
        for link in cut:
            fail(cluster, link)

    def end() -> None:
        for link in cut:
            mend(cluster, link)

    act(cluster, iter([(at, np.inf if until is None else until)]), begin, end)


FAULTS = Catalogue(
    'fault',
    {
        'link_down': link_down,
        'slow_link': slow_link,
        'loss': loss,
        'device_down': device_down,
        'churn': churn,
        'slow_device': slow_device,
        'partition': partition,
    },
    valid={
        **dict.fromkeys(
            ('link_down', 'slow_link', 'loss', 'device_down', 'slow_device', 'partition'),
            check_times,
        ),
        'churn': check_churn,
    },
    # what does not fit a cluster of so many hosts
    check={'churn': check_devices},
)
