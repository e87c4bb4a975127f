"""The kernel's arrays: laid out, enlarged when they are full, tied to the compiled calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from simulator.cluster import state
from simulator.cluster.kernel import crashes, engine, words
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
    'fail': [0.0, 0],
}
_RARE: dict[str, list[Any]] = {  # as above; compiled and loaded only where they are needed
    'wipe': [0.0, 0, True],
    'abandon': [0.0, 0, 0, 0, 0],
}

# arrays with an entry a slot; `members` and `leaves` have one a slot and hop
_BY_SLOT = ('slots', 'cargo', 'buckets', 'heap', 'work', 'ready')


class Store:
    """All arrays of one fabric.

    Attributes
    ----------
    arrays : dict
        By name; an array is replaced when it grows, so hold none for long.
    world : structured array, shape (1,)
        The counters (``state.WORLD``): never replaced.
    woken : memoryview
        What woke (a task, or `words.GATES` + a gate) and why, in turn: ``arrays['woken']``.
    """

    def __init__(self, network: Network, table: RouteTable, *, fifo: bool, traces: Iterable[str]):
        self.table = table
        self.arrays = _initial(network)
        self.world = _counters()
        self._by_hop = ('leaves',) if fifo else ('members',)
        self._fifo = fifo
        self._traces = tuple(traces)  # of 'messages', 'spans'
        for name in self._traces:
            self.world['trace_' + name] = 1
            self._lengthen({name: 1024})
        self.calls = {name: partial(_entry_point(name), self.world) for name in _CALLS}
        self._add_slots(64)
        self._lengthen({'woken': 64})
        for name in self.arrays:
            self._bind(name)

    def trace(self, name: str) -> None:
        """Keep rows of *name* ('messages', 'spans') from now on."""
        self._traces = (*self._traces, name)
        self.world['trace_' + name] = 1
        self._lengthen({name: max(1024, 2 * len(self.arrays['slots']))})

    def expect(self, count: int) -> None:
        """Have room to wake *count* more than before."""
        self.world['watched'] += count
        watched = int(self.world['watched'][0])
        if watched > len(self.arrays['woken']):
            self._lengthen({'woken': 2 * watched})

    def rare(self, name: str) -> Callable[..., Any]:
        """Return an entry point that most runs never need."""
        if name not in self.calls:
            self.calls[name] = partial(_entry_point(name), self.world)
        return self.calls[name]

    def make_room(self) -> None:
        """Have room for one more task that begins at once."""
        size = len(self.arrays['slots'])
        if max(self.world['active'][0], self.world['ready'][0]) >= size:
            self._add_slots(2 * size)
        self.expect(1)
        self.world['watched'] -= 1

    def widen_rings(self, tasks: int, gates: int, opens: int) -> None:
        """Enlarge the rings until so many more fit."""
        world = self.world[0]
        task, gate = int(world['oldest_laid']), int(world['oldest_gate'])
        live_tasks, live_gates = int(world['laid']) - task, int(world['gates']) - gate
        head, live_opens = int(world['opens']), 0
        if live_gates:
            first = self.arrays['gates']['first'][gate & (len(self.arrays['gates']) - 1)]
            live_opens = (head - int(first)) & 0xFFFFFFFF
        self._widen_ring('tasks', task, live_tasks, live_tasks + tasks)
        self._widen_ring('gates', gate, live_gates, live_gates + gates)
        self._widen_ring('opens', head - live_opens, live_opens, live_opens + opens)

    def reserve_slots(self, count: int) -> None:
        """Have slots for *count* tasks more than are under way."""
        wanted = int(self.world['active'][0]) + count
        if wanted > len(self.arrays['slots']):
            self._add_slots(1 << (wanted - 1).bit_length())

    def take_routes(self) -> None:
        """Let the kernel see the routes found since; longer ones need wider records of hops."""
        old, bits = int(self.world['hop_bits'][0]), (self.table.hops - 1).bit_length()
        if bits > old:
            self.world['hop_bits'] = bits
            self._widen_hops(old, bits)
        for name, array in (('routes', self.table.routes), ('path', self.table.path)):
            if self.arrays[name] is not array:
                self.arrays[name] = array
                self._bind(name)

    def set(self, name: str, array: Records) -> None:
        """Let the kernel work with *array*."""
        self.arrays[name] = array
        self._bind(name)

    def _widen_hops(self, old: int, bits: int) -> None:
        """Spread what is kept by slot and hop, room for 2**old hops a slot, to 2**bits."""
        for name in self._by_hop:
            narrow = self.arrays[name].reshape(-1, 1 << old)
            wide = _room(len(narrow) << bits, narrow.dtype)
            wide.reshape(-1, 1 << bits)[:, : 1 << old] = narrow
            self.set(name, wide)
        lists = [self.arrays['members'][end] for end in ('left', 'right')]
        for places in (*lists, self.arrays['links']['first']):
            hop = places & ((1 << old) - 1)
            places[...] = np.where(places < 0, places, (places >> old << bits) + hop)

    def _add_slots(self, size: int) -> None:
        wanted = dict.fromkeys((*_BY_SLOT, *(('queued',) if self._fifo else ())), size)
        wanted |= dict.fromkeys(self._by_hop, size << int(self.world['hop_bits'][0]))
        self._lengthen(wanted | dict.fromkeys(self._traces, 2 * size))

    def _lengthen(self, sizes: dict[str, int]) -> None:
        """Make arrays longer, side by side in memory."""
        for name in ('work', 'woken'):  # what is sorted needs as much room besides
            if sizes.get(name, 0) > len(self.arrays['spare']):
                sizes['spare'] = sizes[name]
        old = {name: self.arrays[name] for name in sizes if sizes[name] > len(self.arrays[name])}
        for name, new in _rooms({name: (sizes[name], old[name].dtype) for name in old}).items():
            new[: len(old[name])] = old[name]
            self.set(name, new)

    def _widen_ring(self, name: str, oldest: int, live: int, wanted: int) -> None:
        """Double the ring until *wanted* fit, every living index at its new place."""
        old = self.arrays[name]
        size = max(len(old), 1 << (wanted - 1).bit_length() if wanted else 0)
        if size == len(old):
            return
        new = _room(size, old.dtype)
        done = 0
        while done < live:  # in stretches that wrap in neither ring
            source, target = (oldest + done) % len(old), (oldest + done) % size
            count = min(live - done, len(old) - source, size - target)
            new[target : target + count] = old[source : source + count]
            done += count
        self.set(name, new)
        if name == 'tasks':
            self._move_ready(oldest, len(old), size)

    def _move_ready(self, oldest: int, old: int, size: int) -> None:
        """Tell what is ready where it stands now in the ring of tasks, once of *old* places."""

        def moved(place: Any) -> Any:
            return (oldest + ((place - oldest) & (old - 1))) & (size - 1)

        world, tasks = self.world[0], self.arrays['tasks']
        places = self.arrays['ready']['what'][: int(world['ready'])]
        places[...] = np.where(places < 0, places, moved(places))  # below 0 are slots
        if world['spilled']:
            place = world['first_spilled'] = moved(int(world['first_spilled']))
            while (after := int(tasks['waits'][place])) != words.NONE:
                tasks['waits'][place] = moved(after)
                place = moved(after)

    def _bind(self, name: str) -> None:
        """Tell the kernel where the array is now."""
        array = self.arrays[name]
        self.world[name + '_at'] = array.ctypes.data
        self.world[name + '_size'] = len(array)
        if name == 'woken':
            self.woken = array.view(np.int64).data


def _rooms(wanted: dict[str, tuple[int, np.dtype[Any]]]) -> dict[str, Records]:
    """Return rooms of so many records each, which begin at lines of the cache, in one block.

    Large blocks are given out in large pages: far fewer of them have to be asked for on first use.
    """
    ends = np.cumsum([0, *(_lines(size * kind.itemsize) for size, kind in wanted.values())])
    block = np.empty(int(ends[-1]) + state.LINE, np.uint8)
    ends += -block.ctypes.data % state.LINE
    return {
        name: block[start : start + size * kind.itemsize].view(kind)
        for start, (name, (size, kind)) in zip(ends.tolist(), wanted.items(), strict=False)
    }


def _lines(size: int) -> int:
    """Return *size* bytes in whole lines, so many that arrays don't get into each other's way.

    Entries of one number should not fall into the same set of the cache in every array.
    """
    return (size // state.LINE + 9) * state.LINE


def _room(size: int, kind: np.dtype[Any]) -> Records:
    return _rooms({'': (size, kind)})['']


def _zeros(size: int, kind: np.dtype[Any]) -> Records:
    records = _room(size, kind)
    records[:] = 0
    return records


def _counters() -> Records:
    world = _zeros(1, state.WORLD)
    world['next'] = np.inf
    for list_ in ('free_slot', 'free_bucket', 'choosing', 'first_spilled'):
        world[list_] = words.NONE
    return world


def _initial(network: Network) -> dict[str, Records]:
    sizes = {'links': max(len(network.source), 1), 'devices': network.hosts, 'recent': 256}
    sizes |= dict.fromkeys(('tasks', 'gates', 'opens'), 64)
    sizes |= dict.fromkeys(('routes', 'path', 'quantiles'), 1)
    arrays = {name: _zeros(sizes.get(name, 0), kind) for name, kind in state.ARRAYS.items()}
    arrays['recent'][:] = words.NONE
    arrays['links']['first'] = words.NONE
    if len(network.source):
        for column in ('bandwidth', 'latency', 'loss'):
            arrays['links'][column] = getattr(network, column)
    arrays['devices']['rate'] = 1.0
    arrays['devices']['running'] = arrays['devices']['waiting'] = words.NONE
    return arrays


_typeof: Callable[[Any], Any] = numba.typeof


@cache
def _entry_point(name: str) -> Callable[..., Any]:
    """Return what is called past numba's dispatcher, the world first.

    The dispatcher's look at a structured array costs three times the call itself.
    """
    dispatcher: Any = getattr(engine if name in _CALLS else crashes, name)
    signature = tuple(map(_typeof, (_counters(), *(_CALLS | _RARE)[name])))
    if signature not in dispatcher.overloads:
        dispatcher.compile(signature)
    entry: Callable[..., Any] = dispatcher.overloads[signature].entry_point
    return entry
