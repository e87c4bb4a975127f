"""Computations: one at a time on a device, by priority, then arrival."""

import networkx as nx
import numpy as np
import pytest
from cluster_reference.worlds import World, assert_same, on_a_grid, random_world
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cluster.fabric import Fabric
from simulator.cluster.graph import TaskGraph
from simulator.cluster.network import Network


@pytest.fixture
def fabric():
    return Fabric(Network.of(nx.path_graph(2), hosts=2, bandwidth=1.0, latency=0.0))


def run(fabric):
    ends = {}
    while woken := fabric.advance(np.inf):
        ends.update((what.id, fabric.now) for what in woken if what.kind == 'done')
    return ends


def work(fabric, now, seconds, device=0, **options):
    return fabric.compute(now, device, seconds, watch=True, **options)


def test_the_least_priority_number_goes_first_whatever_came_first(fabric):
    for priority in (2, 1, 3, 1):
        work(fabric, 0.0, 1.0, priority=priority)
    assert run(fabric) == {1: 1.0, 3: 2.0, 0: 3.0, 2: 4.0}


def test_what_runs_is_not_interrupted(fabric):
    work(fabric, 0.0, 2.0, priority=5)
    fabric.advance(1.0)
    work(fabric, 1.0, 1.0, priority=0)
    assert run(fabric) == {0: 2.0, 1: 3.0}


def test_a_device_that_becomes_free_chooses_among_all_that_is_there_by_then(fabric):
    """Also what only becomes ready at that instant, here behind a message that takes no time."""
    graph = TaskGraph(
        device=[0, 0, 0, 0],
        target=[-1, 0, -1, -1],
        size=[1.0, 5.0, 1.0, 1.0],
        before=[0, 1],
        after=[1, 2],
        priority=[0, 0, 1, 2],
        watch=True,
    )
    launched = fabric.launch_graph(graph)
    fabric.open(0.0, launched.entry)
    assert run(fabric) == {0: 1.0, 1: 1.0, 2: 2.0, 3: 3.0}


def test_a_device_that_stands_still_goes_on_where_it_was(fabric):
    work(fabric, 0.0, 4.0)
    fabric.advance(1.0)
    fabric.set_device_rate(1.0, 0, 0.0)
    assert fabric.next == np.inf
    fabric.set_device_rate(10.0, 0, 0.5)
    assert run(fabric) == {0: 16.0}
    assert fabric.devices['busy'].tolist() == [16.0, 0.0]


def test_devices_work_side_by_side(fabric):
    for device in (0, 1):
        work(fabric, 0.0, 1.0, device)
    assert run(fabric) == {0: 1.0, 1: 1.0}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_many_of_equal_priority_at_equal_times(seed):
    rng = np.random.default_rng(seed)
    world = on_a_grid(random_world(rng, 'none', sends=0, changes=0), rng)
    world.collectives = []
    hosts = world.network.hosts
    world.actions = [
        (float(time), 'compute', (int(device), float(seconds), {'priority': int(priority)}))
        for time, device, seconds, priority in zip(
            np.sort(rng.integers(0, 9, 60)),
            rng.integers(0, hosts, 60),
            rng.integers(0, 3, 60),
            rng.integers(0, 3, 60),
            strict=True,
        )
    ]
    assert_same(World(world.network, 'none', {}, world.actions))
