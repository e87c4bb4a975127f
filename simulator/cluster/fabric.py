"""The fabric: all links and devices of a cluster as one compiled discrete-event engine.

Python hands it tasks (a message, a computation, a whole schedule) and asks it to advance; it
comes back with what somebody waits for. It knows bytes and seconds, never what they carry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.cluster.graph import TaskGraph
from simulator.cluster.kernel import launch as kernel
from simulator.cluster.kernel import words
from simulator.cluster.launched import Launched, LaunchedGraph, lay_graph, lay_schedule
from simulator.cluster.network import Network
from simulator.cluster.routes import RouteTable, Routing
from simulator.cluster.store import Records, Store
from simulator.cluster.tasks import (
    COMPUTATION,
    GATES,
    KINDS,
    REDUCE,
    RELIABLE,
    TRANSFER,
    WATCH,
    Woken,
)

__all__ = ['Fabric', 'Launched', 'LaunchedGraph', 'Sharing']

Sharing = Literal['fair', 'fifo', 'none']
SHARING = {'fair': words.FAIR, 'fifo': words.FIFO, 'none': words.UNSHARED}


class Fabric:
    """A network and its devices in time.

    Parameters
    ----------
    network : Network
    sharing : 'fair', 'fifo' or 'none'
        How messages share links: max-min fair fluid flows, one at a time in order of arrival
        (cut-through), or not at all.
    routing : 'shortest' or 'ecmp'
        Which of several shortest routes a message takes (see `RouteTable`).
    reduce : float or array, shape (hosts,)
        Bytes a second at which a device reduces what it receives; infinite costs nothing.
    seed : int
        For the draws of loss and jitter.
    resend : float
        Seconds from sending until a lost message that is reliable is sent again; doubled for
        each further attempt.
    attempts : int
        How often it is sent at the most; then it is given up, and nobody gets it.
    jitter : array, optional
        A sorted sample of the law of each message's extra latency, seconds.
    on_messages, on_spans : callable, optional
        Take trace rows (``state.MESSAGE_ROW``, ``state.SPAN_ROW``); without them none are kept.

    Attributes
    ----------
    hands : pair of memoryviews, shape (1,)
        `now` and `next`, for the fastest look.

    Examples
    --------
    Two messages share a link of 100 B/s and 1 s of latency:

    >>> import networkx as nx
    >>> pair = Network.of(nx.path_graph(2), hosts=2, bandwidth=100.0, latency=1.0)
    >>> fabric = Fabric(pair)
    >>> sent = [fabric.send(0.0, 0, 1, 200.0, watch=True) for _ in range(2)]
    >>> fabric.advance(10.0), fabric.now
    ([Woken(kind='done', id=0), Woken(kind='done', id=1)], 5.0)
    """

    def __init__(
        self,
        network: Network,
        *,
        sharing: Sharing = 'fair',
        routing: Routing = 'shortest',
        reduce: ArrayLike = np.inf,
        seed: int = 0,
        resend: float = 0.2,
        attempts: int = 16,
        jitter: NDArray[np.float64] | None = None,
        on_messages: Callable[[Records], None] | None = None,
        on_spans: Callable[[Records], None] | None = None,
    ):
        self.network = network
        self.table = RouteTable(network, routing)
        self._known = self.table.known
        takers = {'messages': on_messages, 'spans': on_spans}
        self._takers = {name: [take] if take else [] for name, take in takers.items()}
        traces = [name for name, taken in self._takers.items() if taken]
        self._store = store = Store(network, self.table, fifo=sharing == 'fifo', traces=traces)
        self._routes = 0
        self._calls = store.calls
        self._advance, self._submit = store.calls['advance'], store.calls['submit']
        store.arrays['devices']['gamma'] = 1.0 / np.asarray(reduce, float)
        if jitter is not None:
            store.set('quantiles', np.sort(np.asarray(jitter, float)))
        self._world = world = store.world
        world['sharing'] = SHARING[sharing]
        world['seed'] = np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
        world['timeout'] = resend
        world['attempts'] = attempts
        world['jitter'] = jitter is not None
        world['lossy'] = bool(np.any(network.loss > 0))
        self.hands = self._now, self._next = world['now'].data, world['next'].data

    @property
    def now(self) -> float:
        """Seconds: the time of the last event."""
        return self._now[0]

    @property
    def next(self) -> float:
        """Seconds: the time of the next event, infinite if there is none."""
        return self._next[0]

    @property
    def active(self) -> int:
        """How many messages and computations are under way."""
        return int(self._world['active'][0])

    @property
    def _ready(self) -> int:
        return int(self._world['ready'][0] + self._world['spilled'][0])

    @property
    def totals(self) -> dict[str, float]:
        """Messages (every attempt), those lost, and bytes delivered so far."""
        world = self._world[0]
        return {name: world[name].item() for name in ('messages', 'lost', 'bytes')}

    @property
    def links(self) -> Records:
        """The records of the links, ``state.LINK``: a view, for reading."""
        return self._store.arrays['links'][: len(self.network.source)]

    @property
    def devices(self) -> Records:
        """The records of the devices, ``state.DEVICE``: a view, for reading."""
        return self._store.arrays['devices']

    def send(
        self,
        now: float,
        source: int,
        target: int,
        size: float,
        *,
        tag: int = 0,
        step: int = 0,
        watch: bool = False,
        reliable: bool = True,
        reduce: bool = False,
    ) -> int:
        """Send *size* bytes from one device to another; return the message's id."""
        flags = watch * WATCH | reliable * RELIABLE | reduce * REDUCE
        return self.submit(now, TRANSFER, self.route(source, target), size, tag, step, 0, flags)

    def compute(
        self,
        now: float,
        device: int,
        seconds: float,
        *,
        tag: int = 0,
        step: int = 0,
        priority: int = 0,
        watch: bool = False,
    ) -> int:
        """Let *device* work for so many *seconds* when its turn comes; return the task's id."""
        return self.submit(now, COMPUTATION, device, seconds, tag, step, priority, watch * WATCH)

    def route(self, source: int, target: int) -> int:
        """Return the number of the route that messages take."""
        route = self._known.get((source, target))
        if route is None:
            route = self.table.of(source, target)
        if route >= self._routes:
            self._store.take_routes()
            self._routes = self.table.count
        return route

    def submit(
        self,
        now: float,
        kind: int,
        place: int,
        amount: float,
        tag: int,
        step: int,
        priority: int,
        flags: int,
    ) -> int:
        """Do as `send` or `compute`, without their comfort; return the task's id.

        It is a `TRANSFER` on a route of so many bytes, or a `COMPUTATION` on a device of so many
        seconds; *flags* are the sum of `WATCH`, `RELIABLE` and `REDUCE`, as they apply.
        """
        number: int = self._submit(now, kind, place, amount, tag, step, priority, flags)
        if number < 0:
            task = now, kind, place, amount, tag, step, priority, flags
            return self._submit_again(number, *task)
        return number

    def advance(self, until: float) -> list[Woken]:
        """Run all events up to and including *until*, at most to the first that wakes somebody."""
        return [Woken(KINDS[why], key & ~GATES) for key, why in self.wake(until)]

    def wake(self, until: float) -> Sequence[tuple[int, int]]:
        """Do as `advance`; return what woke as the kernel has it.

        Returns
        -------
        sequence of (int, int)
            A task, or `GATES` + a gate, and the place of the reason in `KINDS`.
        """
        while True:
            count: int = self._advance(until)
            if count == 1:  # as a rule
                woken = self._store.woken
                return ((woken[0], woken[1]),)
            if count > 0:
                found = self._store.woken[: 2 * count].tolist()
                return list(zip(found[::2], found[1::2], strict=True))
            if count == words.IDLE:
                return ()
            self.flush()
            if count == words.GROW:
                self._store.reserve_slots(self._ready)

    def rewind(self) -> None:
        """Begin anew at time 0, links and devices unused; nothing may be under way.

        Raises
        ------
        ValueError
            If something is.
        """
        if self.active:
            raise ValueError(f'{self.active} tasks are under way; advance until they are done.')
        self.flush()
        self._world['now'] = 0.0
        self._world['next'] = np.inf
        for records, names in (
            (self._store.arrays['links'], ('busy', 'busy_since', 'free', 'bytes', 'messages')),
            (self._store.arrays['devices'], ('busy', 'reduce_free')),
        ):
            for name in names:
                records[name] = 0

    def tap(self, **takers: Callable[[Records], None]) -> None:
        """Let somebody else take the trace rows as well, *messages* or *spans*, from now on."""
        self.flush()
        for name, take in takers.items():
            if not self._takers[name]:
                self._store.trace(name)
            self._takers[name].append(take)

    def flush(self) -> None:
        """Hand over the trace rows kept so far."""
        for name, counter in (('messages', 'message_rows'), ('spans', 'span_rows')):
            count, self._world[counter] = int(self._world[counter][0]), 0
            rows = self._store.arrays[name][:count].copy()
            for take in self._takers[name] if count else ():
                take(rows)

    def launch(
        self,
        columns: tuple[NDArray[Any], ...],
        offsets: NDArray[np.float64],
        devices: NDArray[np.int64],
        *,
        tag: int = 0,
        reliable: bool = True,
        more: bool = False,
    ) -> Launched:
        """Lay a schedule, or a piece of one, into the fabric; nothing moves until ranks enter.

        Parameters
        ----------
        columns : arrays (rows,)
            step (sorted), source and target ranks, first chunk, chunks, reduce.
        offsets : float array, shape (chunks + 1,)
            Bytes before each chunk.
        devices : int array, shape (ranks,)
            Where each rank runs.
        more : bool
            Whether another piece will follow by `chain`.
        """
        launched = lay_schedule(
            self._store, columns, offsets, devices, tag=tag, reliable=reliable, more=more
        )
        self._routes = self.table.count
        return launched

    def abandon(self, now: float, launched: Launched | LaunchedGraph) -> None:
        """Give up a schedule (or a piece of one) or a graph: nothing of it happens any more."""
        self._prepare()
        first = launched.entry if isinstance(launched, LaunchedGraph) else launched.entries.min()
        tasks, gates = launched.ends
        self._change('abandon', now, launched.first_task, tasks, int(first), gates)

    def wipe(self, now: float, device: int, *, messages: bool) -> None:
        """Let go of all that *device* computes and, if asked, of all messages to it and from it.

        Who waits for one of the messages is woken as when it is lost.
        """
        self._prepare()
        self._change('wipe', now, device, messages)

    def chain(self, now: float, exits: NDArray[np.int64], entries: NDArray[np.int64]) -> None:
        """Let ranks that leave a piece of a schedule, by *exits*, enter the next, by *entries*."""
        if kernel.chain(self._world, now, exits, entries) < 0:
            self._refuse(int(words.EARLY), now, '')

    def launch_graph(self, graph: TaskGraph, *, reliable: bool = True) -> LaunchedGraph:
        """Lay a graph of tasks into the fabric; it begins when its entry is opened.

        Parameters
        ----------
        graph : TaskGraph
        reliable : bool
            Whether transfers that are lost are sent again; if not, what waits for them waits on.
        """
        launched = lay_graph(self._store, graph, reliable=reliable)
        self._routes = self.table.count
        return launched

    def flows(self) -> Records:
        """Return the flows that drain now: task, route's ``path`` and ``hops``, rate, ....

        Under `fair` only; rates are those of the last instant that `advance` completed.
        """
        slots = self._store.arrays['slots'][: self._world['fresh_slot'][0]]
        flows: Records = slots[slots['phase'] == words.DRAINING].copy()
        return flows

    def open(self, now: float, gate: int) -> None:
        """Signal *gate*: a rank enters its collective."""
        self._change('open_gate', now, gate)

    def set_device_rate(self, now: float, device: int, rate: float) -> None:
        """Let *device* work at *rate* times its speed from now on; 0 stops it."""
        self._change('set_device_rate', now, device, rate)

    def set_bandwidth(self, now: float, link: int, bandwidth: float) -> None:
        """Change a link's rate to *bandwidth* B/s (> 0), as the sharing has it."""
        if not bandwidth > 0:
            raise ValueError(f'link {link}: bandwidth(={bandwidth}) must be > 0; use `fail`.')
        self._change('set_bandwidth', now, link, bandwidth)

    def fail(self, now: float, link: int) -> None:
        """Take a link down: what is in flight on it is lost, and what sets out until it is up."""
        self._change('fail', now, link)

    def set_loss(self, link: int, loss: float) -> None:
        """Let *link* lose what arrives from now on with probability *loss*."""
        self._store.arrays['links']['loss'][link] = loss
        self._world['lossy'] = bool(self._store.arrays['links']['loss'].any())

    def restore(self, link: int) -> None:
        """Bring a link up again."""
        down = self._store.arrays['links']['down']
        self._world['failed'] -= down[link]
        down[link] = 0

    def _prepare(self) -> None:
        """Have room for the rows of what is lost, and for a list of what is ready."""
        self.flush()
        self._store.reserve_slots(self._ready)

    def _submit_again(self, number: int, *task: Any) -> int:
        while number == words.FULL:
            self._store.make_room()
            number = self._submit(*task)
        if number < 0:
            self._refuse(number, task[0], f'size(={task[3]}) must be >= 0 and finite.')
        return number

    def _change(self, call: str, now: float, which: int, *value: float) -> None:
        why = self._store.rare(call)(now, which, *value)
        if why < 0:
            self._refuse(why, now, f'gate {which} is open already, or not there.')

    def _refuse(self, why: int, now: float, wrong: str) -> None:
        if why == words.EARLY:
            raise ValueError(
                f'now(={now}) must be in {self.now}..{self.next}, from the last event to the next; '
                'advance first.'
            )
        raise ValueError(wrong)
