"""Random worlds: a network, a way of sharing it, and what happens to it from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from types import SimpleNamespace

import networkx as nx
import numpy as np
from cluster_reference.collective import Collective
from cluster_reference.fair import Fair
from cluster_reference.fifo import Fifo
from cluster_reference.plain import Plain

from simulator.cluster.fabric import Fabric
from simulator.cluster.network import Network
from simulator.cluster.routes import RouteTable

SHARING = {'fair': Fair, 'fifo': Fifo, 'none': Plain}


@dataclass
class World:
    """What can be played by the fabric and by the reference.

    *actions* are (time, verb, arguments), in time order; *collectives* (rows, devices) are
    launched at time 0, and entered by actions.
    """

    network: Network
    sharing: str = 'fair'
    options: dict = field(default_factory=dict)
    actions: list = field(default_factory=list)
    collectives: list = field(default_factory=list)


def play(world):
    """Let the fabric play *world*; return what it reports."""
    messages, spans, woken, batches = [], [], {}, []
    fabric = Fabric(
        world.network,
        sharing=world.sharing,
        on_messages=messages.append,
        on_spans=spans.append,
        **world.options,
    )
    calls = [_launch(fabric, rows, devices) for rows, devices in world.collectives]
    for time, verb, arguments in [*world.actions, (inf, 'nothing', ())]:
        while fabric.next <= time:
            batches.append(fabric.advance(time))
            woken.update(((what.kind, what.id), fabric.now) for what in batches[-1])
            if not batches[-1]:
                break
        _act(fabric, calls, time, verb, arguments)
    fabric.flush()
    return SimpleNamespace(
        fabric=fabric,
        woken=woken,
        batches=batches,
        exits=[[woken.get(('gate', int(gate))) for gate in call.exits] for call in calls],
        attempts=sorted(_rows(messages, 'task attempt sent started delivered')),
        spans=sorted(_rows(spans, 'task device start end reduce')),
        carried=fabric.links['bytes'].copy(),
    )


def replay_graph(network, sharing, graph, at):
    """Let the reference play a graph of tasks from *at* on; return when each task ended."""
    plain = _plain(network, sharing)
    tasks = []
    for device, target, size, priority in zip(
        *(column.tolist() for column in (graph.device, graph.target, graph.size, graph.priority)),
        strict=True,
    ):
        links = None if target < 0 else plain.routes(device, target)
        place = device if target < 0 else target
        tasks.append(plain.task(size=size, links=links, device=place, priority=priority))
    for before, after in zip(graph.before.tolist(), graph.after.tolist(), strict=True):
        tasks[before].opens.append(tasks[after])
        tasks[after].waits += 1
    for task in [task for task in tasks if not task.waits]:
        plain.begin(at, task)
    plain.run(inf)
    return [plain.ends[number] for number in sorted(plain.ends)]


def replay(world):
    """Let the reference play *world*; return what `play` does."""
    plain = _plain(world.network, world.sharing, **world.options)
    calls = [Collective(plain, _rounded(rows), devices) for rows, devices in world.collectives]
    for time, verb, arguments in world.actions:
        plain.run(time)
        if verb == 'enter':
            calls[arguments[0]].enter(time, arguments[1])
        elif verb == 'restore':
            plain.restore(time, *arguments)
        else:
            places, options = _parted(arguments)
            getattr(plain, verb)(time, *places, **options)
    plain.run(inf)
    return SimpleNamespace(
        ends=plain.ends,
        exits=[[call.exits.get(rank) for rank in range(call.ranks)] for call in calls],
        attempts=sorted(plain.attempts),
        spans=sorted(plain.spans),
        carried=np.array(plain.carried),
    )


def assert_same(world, rel=1e-9):
    """Play *world* twice and compare all that is reported."""
    got, wanted = play(world), replay(world)
    assert_close(got.attempts, wanted.attempts, rel)
    assert_close(got.spans, wanted.spans, rel)
    assert_close(got.exits, wanted.exits, rel)
    ends = {number: time for (kind, number), time in got.woken.items() if kind == 'done'}
    launched = sum(len(rows) for rows, _ in world.collectives)  # nobody waits for their messages
    single = {number: time for number, time in wanted.ends.items() if number >= launched}
    assert_close(sorted(ends.items()), sorted(single.items()), rel)
    np.testing.assert_allclose(got.carried, wanted.carried, rtol=1e-6, atol=1e-6)
    return got


def assert_close(got, wanted, rel):
    assert len(got) == len(wanted), (got, wanted)
    for one, other in zip(got, wanted, strict=True):
        same = [_same(x, y, rel) for x, y in zip(one, other, strict=True)]
        assert all(same), (one, other)


def _same(x, y, rel):
    if x is None or y is None:
        return x is y
    return abs(x - y) <= rel * max(abs(x), abs(y))


def _plain(network, sharing, **options):
    table = RouteTable(network)
    routes = lambda *pair: table.links_of(table.of(*pair)).tolist()
    return SHARING[sharing](network, routes, **options)


def _launch(fabric, rows, devices):
    """Launch rows (step, source, target, bytes, reduce): each is a chunk of its own."""
    step, source, target, size, reduce = (np.array(column) for column in zip(*rows, strict=True))
    number = np.arange(len(rows))
    columns = (step, source, target, number, np.ones_like(number))
    columns = tuple(column.astype(np.int32) for column in columns)
    offsets = np.concatenate([[0.0], np.cumsum(size)])
    return fabric.launch((*columns, reduce.astype(bool)), offsets, np.array(devices, np.int64))


def _parted(arguments):
    if arguments and isinstance(arguments[-1], dict):
        return arguments[:-1], arguments[-1]
    return arguments, {}


def _rounded(rows):
    """Give rows the sizes that differences of offsets have."""
    offsets = np.concatenate([[0.0], np.cumsum([row[3] for row in rows])])
    sizes = np.diff(offsets).tolist()
    return [(*row[:3], size, row[4]) for row, size in zip(rows, sizes, strict=True)]


def _act(fabric, calls, time, verb, arguments):
    arguments, options = _parted(arguments)
    if verb == 'enter':
        call, rank = arguments
        fabric.open(time, int(calls[call].entries[rank]))
    elif verb in ('send', 'compute'):
        getattr(fabric, verb)(time, *arguments, watch=True, **options)
    elif verb == 'restore':
        fabric.restore(*arguments)
    elif verb != 'nothing':
        getattr(fabric, verb)(time, *arguments)


def _rows(batches, names):
    records = (record for batch in batches for record in batch)
    return [tuple(record[name].item() for name in names.split()) for record in records]


# -- random ones -----------------------------------------------------------------------------


def random_network(rng, *, nodes=8, extra=4):
    """A connected graph with its own bandwidth and latency a link; the first half are hosts."""
    graph = nx.random_labeled_tree(nodes, seed=int(rng.integers(2**31)))
    for _ in range(extra):
        u, v = rng.choice(nodes, 2, replace=False)
        graph.add_edge(int(u), int(v))
    edges = graph.number_of_edges()
    bandwidth = 10 ** rng.uniform(0, 2, edges)
    latency = rng.choice([0.0, 1.0], edges) * 10 ** rng.uniform(-4, 0, edges)
    return Network.of(graph, hosts=max(2, nodes // 2), bandwidth=bandwidth, latency=latency)


def random_sends(rng, network, count, *, span, **flags):
    """Messages between random devices (also to themselves) at random times, of 0 to 1e6 bytes."""
    for _ in range(count):
        size = rng.choice([0.0, 1.0], p=[0.05, 0.95]) * 10 ** rng.uniform(0, 6)
        source, target = (int(device) for device in rng.integers(network.hosts, size=2))
        yield float(rng.uniform(0, span)), 'send', (source, target, float(size), dict(flags))


def random_computations(rng, network, count, *, span):
    for _ in range(count):
        device, priority = int(rng.integers(network.hosts)), int(rng.integers(3))
        seconds = float(10 ** rng.uniform(-2, 4))
        yield float(rng.uniform(0, span)), 'compute', (device, seconds, {'priority': priority})


def random_changes(rng, network, count, *, span):
    """Rates of links and devices that change, links that fail and come back."""
    links = len(network.source)
    for _ in range(count):
        link, device = int(rng.integers(links)), int(rng.integers(network.hosts))
        time, later = np.sort(rng.uniform(0, span, 2)).tolist()
        what = rng.integers(3)
        if what == 0:
            yield time, 'set_bandwidth', (link, float(10 ** rng.uniform(0, 2)))
        elif what == 1:
            yield time, 'set_device_rate', (device, float(rng.choice([0.0, 0.3, 2.0])))
            yield later, 'set_device_rate', (device, 1.0)
        else:
            yield time, 'fail', (link,)
            yield later, 'restore', (link,)


def random_collective(rng, network, *, steps=4, width=4):
    """Rows (step, source, target, bytes, reduce) between random ranks, and their devices."""
    devices = rng.permutation(network.hosts).tolist()
    rows = []
    for step in range(steps):
        for _ in range(rng.integers(0, width + 1)):
            source, target = rng.choice(len(devices), 2, replace=False).tolist()
            size = float(10 ** rng.uniform(0, 6))
            rows.append((step, source, target, size, bool(rng.integers(2))))
    return rows or [(0, 0, 1, 1.0, False)], devices


def random_entries(rng, world, *, span):
    for call, (_, devices) in enumerate(world.collectives):
        for rank in range(len(devices)):
            yield float(rng.uniform(0, span)), 'enter', (call, rank)


def random_world(rng, sharing, *, span=1e5, sends=25, changes=6, lossy=True):
    """Everything at once."""
    network = random_network(rng, nodes=int(rng.integers(3, 12)), extra=int(rng.integers(5)))
    if lossy:
        network.loss[:] = rng.choice([0.0, 0.2], len(network.loss))
    jitter = np.sort(rng.exponential(1.0, 50)) if rng.integers(2) else None
    options = {'reduce': 1e4, 'seed': int(rng.integers(2**63)), 'resend': 3e3, 'jitter': jitter}
    world = World(network, sharing, options)
    world.collectives = [random_collective(rng, network) for _ in range(rng.integers(3))]
    world.actions = [
        *random_entries(rng, world, span=span),
        *random_sends(rng, network, sends // 2, span=span, reduce=True),
        *random_sends(rng, network, sends // 2, span=span, reliable=False),
        *random_computations(rng, network, sends // 2, span=span),
        *random_changes(rng, network, changes, span=span),
    ]
    world.actions.sort(key=lambda action: action[0])
    return world


def on_a_grid(world, rng):
    """Round *world* so that much happens at the same instant, and sums are exact."""
    links = len(world.network.bandwidth)
    world.network.bandwidth[:] = np.repeat(2.0 ** rng.integers(0, 4, links // 2), 2)
    world.network.latency[:] = np.repeat(rng.integers(0, 3, links // 2), 2)
    world.options.update(reduce=4.0, resend=8.0)
    if world.options['jitter'] is not None:
        world.options['jitter'] = np.round(world.options['jitter'])
    actions = [(float(time // 2000), verb, _whole(rest)) for time, verb, rest in world.actions]
    world.actions = sorted(actions, key=lambda action: action[0])
    world.collectives = [
        ([(*row[:3], float(2 ** (row[3] % 7 // 1)), row[4]) for row in rows], devices)
        for rows, devices in world.collectives
    ]
    return world


def _whole(arguments):
    return tuple(
        float(2 ** (value % 7 // 1)) if isinstance(value, float) and value > 0 else value
        for value in arguments
    )
