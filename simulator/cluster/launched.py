"""Schedules and graphs of tasks on their way into the kernel."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.cluster.graph import TaskGraph
from simulator.cluster.kernel import launch, words
from simulator.cluster.state import RANK
from simulator.cluster.store import Store
from simulator.errors import ScheduleError

__all__ = ['Launched', 'LaunchedGraph', 'lay_graph', 'lay_schedule']


class Launched(NamedTuple):
    """A schedule in the fabric.

    Attributes
    ----------
    entries, exits : int arrays, shape (ranks,)
        Gates: open a rank's entry when it calls; its exit wakes when it may leave.
    first_task : int
        The id of the first row's transfer; the others follow.
    ends : tuple of int
        The ids after its last transfer and its last gate.
    """

    entries: NDArray[np.int64]
    exits: NDArray[np.int64]
    first_task: int
    ends: tuple[int, int]


class LaunchedGraph(NamedTuple):
    """A graph of tasks in the fabric.

    Attributes
    ----------
    entry, exit : int
        Gates: open the entry to let the graph begin; the exit wakes when all of it is done.
    first_task : int
        The id of the first task; the others follow.
    ends : tuple of int
        The ids after its last task and its last gate.
    """

    entry: int
    exit: int
    first_task: int
    ends: tuple[int, int]


def lay_schedule(
    store: Store,
    columns: tuple[NDArray[Any], ...],
    offsets: NDArray[np.float64],
    devices: NDArray[np.int64],
    *,
    tag: int,
    reliable: bool,
    more: bool,
) -> Launched:
    """Make room for a schedule, find its routes and lay it out: see `Fabric.launch`."""
    integers = (_plain(column, np.int32) for column in columns[:5])
    step, source, target, first, count = integers
    routes = store.table.between(devices, source, target)
    store.take_routes()
    last = np.full(len(devices), words.NONE)
    gates = launch.count_gates(step, source, target, last) + len(devices)
    store.widen_rings(len(step), gates, 2 * len(step) + gates + more * len(devices))
    store.expect(len(devices))
    # ranks that go in step have all transfers of a step under way
    store.reserve_slots(int(np.bincount(step).max(initial=0)))
    ranks = np.zeros(len(devices), RANK)
    first_task = int(store.world['tasks'][0])
    launch.lay_schedule(
        store.world,
        *(step, source, target, first, count, _plain(columns[5], np.bool_)),
        *(_plain(offsets, np.float64), routes, tag, reliable, more, ranks),
    )
    return Launched(ranks['entry'].copy(), ranks['now'].copy(), first_task, _ends(store))


def lay_graph(store: Store, graph: TaskGraph, *, reliable: bool) -> LaunchedGraph:
    """Make room for a graph of tasks, find its routes and lay it out: see `Fabric.launch_graph`."""
    devices = np.arange(store.table.network.hosts)
    _check_devices(graph, len(devices))
    sends = graph.target >= 0
    places = graph.device.copy()
    places[sends] = store.table.between(devices, graph.device[sends], graph.target[sends])
    store.take_routes()
    tasks, edges = len(graph), len(graph.before)
    store.widen_rings(tasks, min(tasks, edges) + 2, tasks + edges + 1)
    store.expect(1 + int(graph.watch.sum()))
    first_task = int(store.world['tasks'][0])
    kind = np.where(sends, words.TRANSFER, words.COMPUTATION).astype(np.int8)
    entry = launch.lay_graph(
        store.world,
        *(kind, places, graph.size, graph.priority, graph.tag, graph.step, graph.watch),
        *(graph.before, graph.after, reliable),
    )
    return LaunchedGraph(int(entry), int(entry) + 1, first_task, _ends(store))


def _check_devices(graph: TaskGraph, hosts: int) -> None:
    for ends, least in ((graph.device, 0), (graph.target, -1)):
        wrong = np.flatnonzero((ends < least) | (ends >= hosts))
        if len(wrong):
            raise ScheduleError(
                f'task graph: task {wrong[0]}: device {ends[wrong[0]]} is not in 0..{hosts - 1}'
            )


def _ends(store: Store) -> tuple[int, int]:
    return int(store.world['tasks'][0]), int(store.world['gates'][0])


def _plain(column: ArrayLike, kind: type) -> NDArray[Any]:
    """Return a contiguous array of this kind: the only one there is compiled code for."""
    return np.ascontiguousarray(column, kind)
