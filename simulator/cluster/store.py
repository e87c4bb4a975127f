"""The kernel's arrays: laid out, enlarged when they are full, tied to the compiled calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from simulator.cluster import state
from simulator.cluster.kernel import engine, words
from simulator.cluster.network import Network
from simulator.cluster.routes import RouteTable

__all__ = ['Records', 'Store']

Records = NDArray[Any]

_CALLS: dict[str, list[Any]] = {
    # entry point: an example of each of its arguments after the world
    'advance': [0.0],
    'submit': [0.0, 0, 0, 0.0, 0, 0, 0, 0],
    'open_gate': [0.0, 0],
    'set_device_rate': [0.0, 0, 0.0],
    'set_bandwidth': [0.0, 0, 0.0],
    'drop': [0.0, 0],
}


class Store:
    """All arrays of one fabric.

    Attributes
    ----------
    arrays : dict
        By name; an array is replaced when it grows, so hold none for long.
    world : structured array, shape (1,)
        The counters (``state.WORLD``): never replaced.
    """

    def __init__(self, network: Network, table: RouteTable, *, messages: bool, spans: bool):
        self.table = table
        self.arrays = _initial(network)
        self.world = _counters()
        self.world['trace_messages'], self.world['trace_spans'] = messages, spans
        self.arrays['messages'] = np.zeros(1024 if messages else 0, state.MESSAGE_ROW)
        self.arrays['spans'] = np.zeros(1024 if spans else 0, state.SPAN_ROW)
        self._watched = 0
        self.calls = {name: _bound(name, self.world, rest) for name, rest in _CALLS.items()}
        self._add_slots(64)
        self.bind()

    def bind(self) -> None:
        """Tell the kernel where the arrays are now."""
        for name, array in self.arrays.items():
            self.world[name + '_at'] = array.ctypes.data
            self.world[name + '_size'] = len(array)

    def expect(self, count: int) -> None:
        """Have room to wake *count* more than before."""
        self._watched += count
        if self._watched > len(self.arrays['woken']):
            self._lengthen('woken', 2 * self._watched)
            self.bind()

    def take_woken(self) -> list[int]:
        """Return the codes of what woke, and forget them."""
        count = int(self.world['woken'][0])
        self.world['woken'] = 0
        self._watched -= count
        codes: list[int] = self.arrays['woken'][:count].tolist()
        return codes

    def make_room(self, tasks: int, gates: int = 0, opens: int = 0) -> None:
        """Enlarge the rings until so many more fit."""
        world = self.world[0]
        task, gate = int(world['oldest_task']), int(world['oldest_gate'])
        live_tasks, live_gates = int(world['tasks']) - task, int(world['gates']) - gate
        head, live_opens = int(world['opens']), 0
        if live_gates:
            first = self.arrays['gates']['first'][gate & (len(self.arrays['gates']) - 1)]
            live_opens = (head - int(first)) & 0xFFFFFFFF
        self._widen_ring('tasks', task, live_tasks, live_tasks + tasks)
        self._widen_ring('gates', gate, live_gates, live_gates + gates)
        self._widen_ring('opens', head - live_opens, live_opens, live_opens + opens)
        self._lengthen('ready', len(self.arrays['tasks']))
        self.bind()

    def grow_slots(self, flush: Callable[[], None]) -> None:
        """Have slots for all that is ready; *flush* empties trace rows before they move."""
        wanted = int(self.world['active'][0]) + int(self.world['ready'][0])
        flush()
        self._add_slots(1 << (wanted - 1).bit_length())
        self.bind()

    def take_routes(self) -> None:
        """Let the kernel see the routes found since; longer ones need wider records of hops."""
        old, new = int(self.world['stride'][0]), self.table.hops
        if new > old:
            hops, links = self.arrays['hops'].reshape(-1, old), self.arrays['links']
            wide = np.zeros((len(hops), new), state.HOP)
            wide[:, :old] = hops
            for members in (wide['left'], wide['right'], links['first']):
                members[...] = np.where(members < 0, members, members // old * new + members % old)
            self.arrays['hops'] = wide.ravel()
            self.world['stride'] = new
        elif self.arrays['routes'] is self.table.routes and self.arrays['path'] is self.table.path:
            return  # they were added in place
        self.arrays['routes'], self.arrays['path'] = self.table.routes, self.table.path
        self.bind()

    def _add_slots(self, size: int) -> None:
        old = len(self.arrays['slots'])
        for name in ('slots', 'buckets', 'heap', 'work'):
            self._lengthen(name, size)
        self._lengthen('hops', size * int(self.world['stride'][0]))
        for name in ('messages', 'spans'):
            if len(self.arrays[name]):
                self._lengthen(name, 2 * size)
        self.arrays['slots']['phase'][old:] = words.NONE
        self.arrays['buckets']['first'][old:] = words.NONE
        _thread(self.arrays['slots']['right'], old, self.world['free_slot'])
        _thread(self.arrays['buckets']['last'], old, self.world['free_bucket'])

    def _lengthen(self, name: str, size: int) -> None:
        old = self.arrays[name]
        if size > len(old):
            self.arrays[name] = np.concatenate([old, np.zeros(size - len(old), old.dtype)])

    def _widen_ring(self, name: str, oldest: int, live: int, wanted: int) -> None:
        """Double the ring until *wanted* fit, every living id at its new place."""
        old = self.arrays[name]
        size = max(len(old), 1 << (wanted - 1).bit_length() if wanted else 0)
        if size == len(old):
            return
        new = np.zeros(size, old.dtype)
        done = 0
        while done < live:  # in stretches that wrap in neither ring
            source, target = (oldest + done) % len(old), (oldest + done) % size
            count = min(live - done, len(old) - source, size - target)
            new[target : target + count] = old[source : source + count]
            done += count
        self.arrays[name] = new


def _counters() -> Records:
    world = np.zeros(1, state.WORLD)
    world['next'] = np.inf
    world['free_slot'] = world['free_bucket'] = words.NONE
    world['stride'] = 1
    return world


def _initial(network: Network) -> dict[str, Records]:
    rings = dict.fromkeys(('tasks', 'gates', 'opens', 'ready', 'woken', 'recent'), 64)
    fixed = {'links': max(len(network.source), 1), 'devices': network.hosts}
    sizes = dict.fromkeys(('routes', 'path', 'quantiles'), 1) | rings | fixed
    arrays = {name: np.zeros(sizes.get(name, 0), kind) for name, kind in state.ARRAYS.items()}
    arrays['recent'][:] = words.NONE
    arrays['links']['first'] = words.NONE
    if len(network.source):
        for column in ('bandwidth', 'latency', 'loss'):
            arrays['links'][column] = getattr(network, column)
    arrays['devices']['rate'] = 1.0
    arrays['devices']['running'] = arrays['devices']['waiting'] = words.NONE
    return arrays


def _thread(column: NDArray[Any], start: int, head: NDArray[Any]) -> None:
    """Chain the new entries of *column* from *start* on before the free list at *head*."""
    if start < len(column):
        column[start:] = np.arange(start + 1, len(column) + 1)
        column[-1] = head[0]
        head[0] = start


def _bound(name: str, world: Records, rest: list[Any]) -> Callable[..., Any]:
    """Return an entry point with the world in place, called past numba's dispatcher.

    The dispatcher's look at a structured array costs three times the call itself.
    """
    dispatcher = getattr(engine, name)
    signature = tuple(numba.typeof(argument) for argument in (world, *rest))
    if signature not in dispatcher.overloads:
        dispatcher.compile(signature)
    return partial(dispatcher.overloads[signature].entry_point, world)
