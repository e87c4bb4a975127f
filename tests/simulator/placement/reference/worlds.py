"""Random graphs on random heterogeneous clusters."""

from dataclasses import replace

import numpy as np

from simulator.cluster.cluster import Devices
from simulator.cluster.network import Network
from simulator.placement import SCHEDULERS, Executor, OperationGraph, Platform, Problem
from topologies import TOPOLOGIES


def random_network(rng, devices, latency=0.0):
    """Every device wired to every other, links of 10 to 60 MB/s."""
    wires = TOPOLOGIES['complete'](workers=devices)
    bandwidth = rng.uniform(10e6, 60e6, wires.number_of_edges())
    return Network.of(wires, hosts=devices, bandwidth=bandwidth, latency=latency)


def random_devices(rng, devices, memory=np.inf):
    """Speeds of 10 to 100 Gflop/s, 60 % of one kind."""
    kinds = tuple(np.where(rng.random(devices) < 0.6, 'cpu', 'gpu').tolist())
    if devices > 1:
        kinds = ('cpu', 'gpu', *kinds[2:])
    speed = rng.uniform(10e9, 100e9, devices)
    return Devices(speed, np.full(devices, np.inf), np.full(devices, memory), kinds)


def random_graph(rng, operations, *, edges=None, kinds=False, groups=False):
    """A graph whose edges go from lower numbers to higher, then numbered at random."""
    count = int(rng.integers(2 * operations + 1)) if edges is None else edges
    ends = np.sort(rng.integers(operations, size=(2, count)), axis=0)
    before, after = ends[:, ends[0] < ends[1]]
    order = rng.permutation(operations)
    some = rng.random(operations) < 0.3
    kind = rng.choice(['cpu', 'gpu'])
    return OperationGraph(
        tuple(f'op{k}' for k in range(operations)),
        rng.uniform(1e9, 100e9, operations),
        rng.uniform(0, 1e6, operations),
        rng.uniform(1e6, 100e6, operations),
        order[before],
        order[after],
        kinds=tuple(np.where(some & kinds, kind, '').tolist()),
        groups=tuple(f'g{k % 3}' if groups and s else '' for k, s in enumerate(some)),
    )


def make_world(rng, graph, devices, *, memory=np.inf, sharing='none', scheduler='fifo'):
    """Return a problem, able to execute, and its executor."""
    network = random_network(rng, devices)
    platform = Platform.of(network, random_devices(rng, devices, memory))
    problem = Problem(graph, platform)
    executor = Executor(problem, network, sharing=sharing, scheduler=SCHEDULERS[scheduler])
    return replace(problem, seconds=executor.seconds), executor
