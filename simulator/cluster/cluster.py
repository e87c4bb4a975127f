"""A cluster: devices on a network, under one clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from simulator.cluster.clock import Clock
from simulator.cluster.fabric import Fabric, Sharing
from simulator.cluster.network import Network
from simulator.cluster.routes import Routing
from simulator.cluster.stragglers import Straggler, none
from simulator.cluster.tasks import COMPUTATION, WATCH
from simulator.cluster.tracing import Tags, Tracer
from simulator.recording import Recorder
from simulator.seeds import Seeds

__all__ = ['Cluster', 'Devices', 'Wires']

Floats = NDArray[np.float64]

SHOWN = 8  # of those who wait, in a diagnosis


@dataclass(frozen=True)
class Devices:
    """What the devices (the hosts of the topology) can do.

    Attributes
    ----------
    speed : array, shape (hosts,)
        flop/s.
    reduce : array, shape (hosts,)
        Bytes a second at which a collective's receiver adds up; infinite costs nothing.
    memory : array, shape (hosts,)
        Bytes; infinite is no limit.
    kinds : tuple of str, length hosts
        Such as ``'gpu'``; empty where none was given.
    """

    speed: Floats
    reduce: Floats
    memory: Floats
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wires:
    """How messages travel.

    Attributes
    ----------
    sharing : 'fair', 'fifo' or 'none'
    resend : float
        Seconds after which a lost message is sent again, doubled each time.
    attempts : int
        How often it is sent at the most.
    jitter : array, optional
        A sample of the law of each message's extra latency, seconds.
    routing : 'shortest' or 'ecmp'
    """

    sharing: Sharing = 'fair'
    resend: float = 0.2
    attempts: int = 16
    jitter: Floats | None = None
    routing: Routing = 'shortest'


class Cluster:
    """Devices, links and time.

    Parameters
    ----------
    graph : networkx.Graph
        The topology: hosts 0..h-1 with a ``role``, then switches.
    network : Network
        Its links.
    devices : Devices
    recorder : Recorder
        Where traces go.
    wires : Wires
    straggler : Straggler, optional
        Stretches the steps of devices.
    seeds : Seeds

    Attributes
    ----------
    clock : Clock
    fabric : Fabric
    workers, servers : list of int
        Hosts by role.
    seeds : Seeds
        Of all draws of the run.
    tags : Tags
        What tasks of the fabric are.
    tracer : Tracer
    down : dict of int to float
        Devices that are down now, and since when.
    outages : list of int
        How many faults hold each link down now.
    diagnoses : list of callable
        Asked, when nothing can proceed any more, who waits for what.
    born : list of float
        When each device began the life it has: 0, or when it last came back from a crash.
    on_crash, on_return : list of callable
        Told of each device that crashes, or is back from a crash.
    """

    def __init__(
        self,
        graph: nx.Graph[int],
        network: Network,
        devices: Devices,
        recorder: Recorder,
        *,
        wires: Wires | None = None,
        straggler: Straggler | None = None,
        seeds: Seeds | None = None,
    ):
        self.wires = wires = wires or Wires()
        self.seeds = seeds = seeds or Seeds(0)
        self.graph = graph
        self.network = network
        self.devices = devices
        self.recorder = recorder
        self.straggler = straggler or none(seeds, network.hosts)
        self.tags = Tags()
        self.tracer = tracer = Tracer(recorder, self.tags)
        self.fabric = Fabric(
            network,
            sharing=wires.sharing,
            routing=wires.routing,
            reduce=devices.reduce,
            seed=seeds.integer('fabric'),
            resend=wires.resend,
            attempts=wires.attempts,
            jitter=wires.jitter,
            on_messages=tracer.messages if recorder.wants('messages') else None,
            on_spans=tracer.spans if recorder.wants('spans') else None,
        )
        tracer.table = self.fabric.table
        self.clock = Clock(self.fabric)
        self.down: dict[int, float] = {}
        self.outages = [0] * len(network.source)
        self.diagnoses: list[Callable[[], Iterator[str]]] = []
        self.born = [0.0] * network.hosts
        self.on_crash: list[Callable[[int], None]] = []
        self.on_return: list[Callable[[int], None]] = []
        self._stops = [0] * network.hosts  # how many faults hold each device down now
        self._crashes = [0] * network.hosts  # how many of them lost what it held
        self.workers = self._with_role('worker')
        self.servers = self._with_role('server')

    def compute(
        self, device: int, flops: float, count: int = 1, *, operation: str, step: int
    ) -> Event:
        """Let *device* do *count* steps of so many *flops*, each stretched by the straggler law.

        Returns
        -------
        Event
            Fires when all are done.
        """
        return self.work(device, self.seconds(device, flops, count), operation, 'compute', step)

    def seconds(self, device: int, flops: float, count: int = 1) -> float:
        """Draw how long *count* steps of so many *flops* take *device*, begun now."""
        nominal = flops / self.devices.speed.item(device)
        now = end = self.clock.now
        for _ in range(count):
            end += self.straggler(device, end, nominal)
        return end - now

    def work(self, device: int, seconds: float, operation: str, activity: str, step: int) -> Event:
        """Let *device* be busy for exactly so many *seconds*; return the event of its end."""
        clock, tag = self.clock, self.tags.numbers[activity, operation]
        task = self.fabric.submit(clock.now, COMPUTATION, device, seconds, tag, step, 0, WATCH)
        done = clock.completions[task] = Event(clock)
        return done

    def stop(self, device: int, *, crashes: bool) -> None:
        """Let *device* stand still; if it *crashes*, it loses its work and its messages.

        Several faults may hold a device; it goes on when all have ended.
        """
        now = self.clock.now
        self._stops[device] += 1
        if self._stops[device] == 1:
            self.down[device] = now
            self.fabric.set_device_rate(now, device, 0.0)
        if crashes:
            self._crashes[device] += 1
            if self._crashes[device] == 1:
                self.fabric.wipe(now, device, messages=True)
                for tell in self.on_crash:
                    tell(device)

    def go_on(self, device: int, *, crashed: bool) -> None:
        """Undo one `stop`."""
        now = self.clock.now
        self._stops[device] -= 1
        self._crashes[device] -= crashed
        if self._stops[device] == 0:
            since = self.down.pop(device)
            self.recorder.span(device, 'down', 'fault', -1, since, now)
            self.fabric.set_device_rate(now, device, 1.0)
        if crashed and self._crashes[device] == 0:
            self.born[device] = now
            for tell in self.on_return:
                tell(device)

    def has_crashed(self, device: int) -> bool:
        """Whether *device* is away now, and will begin anew."""
        return self._crashes[device] > 0

    def diagnosis(self) -> str:
        """Say who waits for what, and which devices are down."""
        waits = [text for ask in self.diagnoses for text in ask()]
        more = [f'and {len(waits) - SHOWN} more'] if len(waits) > SHOWN else []
        down = [f'device {device} is down since {t:.6g} s' for device, t in self.down.items()]
        who = '; '.join([*waits[:SHOWN], *more, *down]) or 'nobody waits for a message'
        return f'the simulation stalled at {self.clock.now:.6g} s: {who}'

    def record_world(self) -> None:
        """Write the `nodes` and `links` tables, and who is down still, when the run is over."""
        for device, since in self.down.items():
            self.recorder.span(device, 'down', 'fault', -1, since, self.clock.now)
        links = self.fabric.links
        width = len(links)
        elapsed = self.clock.now
        busy = links['busy'] + np.where(links['flows'] > 0, elapsed - links['busy_since'], 0.0)
        self.recorder.extend(
            'links',
            {
                'link': np.arange(width),
                'source': self.network.source,
                'target': self.network.target,
                'bandwidth_bps': self.network.bandwidth * 8,
                'latency': self.network.latency,
                'bytes': links['bytes'],
                'messages': links['messages'],
                'busy': busy,
            },
        )
        if self.recorder.wants('routes'):
            self.recorder.extend('routes', self.fabric.table.used())
        nodes = sorted(self.graph.nodes)
        data = [self.graph.nodes[node] for node in nodes]
        places = positions(self.graph)
        self.recorder.extend(
            'nodes',
            {
                'node': np.array(nodes),
                'kind': [each.get('kind', 'host') for each in data],
                'role': [self._role(node) for node in nodes],
                'x': np.array([places[node][0] for node in nodes]),
                'y': np.array([places[node][1] for node in nodes]),
            },
        )

    def _role(self, node: int) -> str:
        """Return the role of a node that took part, '' of one that stayed idle, or of a switch."""
        links, network = self.fabric.links, self.network
        ends = (network.source == node) | (network.target == node)
        idle = node >= network.hosts or (
            self.fabric.devices['busy'][node] == 0 and not links['bytes'][ends].any()
        )
        return '' if idle else str(self.graph.nodes[node].get('role', ''))

    def _with_role(self, role: str) -> list[int]:
        hosts = range(self.network.hosts)
        return [node for node in hosts if self.graph.nodes[node].get('role') == role]


def positions(graph: nx.Graph[int]) -> dict[int, tuple[float, float]]:
    """Return where a drawing puts each node: its own ``x``, ``y``, or a layout without chance.

    Nodes that say nothing stand on a circle, hosts outside, switches nearer to the middle.
    """
    if all('x' in data and 'y' in data for _, data in graph.nodes(data=True)):
        return {node: (float(data['x']), float(data['y'])) for node, data in graph.nodes(data=True)}
    switches = [node for node, data in graph.nodes(data=True) if data.get('kind') == 'switch']
    hosts = [node for node in graph.nodes if node not in set(switches)]
    places = _circle(sorted(hosts), 1.0)
    places.update(_circle(sorted(switches), 0.0 if len(switches) == 1 else 0.5))
    return places


def _circle(nodes: list[int], radius: float) -> dict[int, tuple[float, float]]:
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(nodes)) / max(len(nodes), 1)
    return {
        node: (float(radius * np.cos(angle)), float(radius * np.sin(angle)))
        for node, angle in zip(nodes, angles, strict=True)
    }
