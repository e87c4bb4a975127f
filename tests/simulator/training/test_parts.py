"""Who holds which part of a model that is held more than once."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.cluster import Devices
from simulator.training.facts import Facts
from simulator.training.parts import are_all_workers, grid_of, overfull
from topologies import TOPOLOGIES


def facts(**options):
    graph = TOPOLOGIES['gpu_nodes'](**options)
    return Facts(workers=options['workers'], graph=graph)


@given(st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_each_worker_holds_one_part_of_one_replica(replicas, width, together):
    place = facts(workers=replicas * width, per_box=width)
    grid = grid_of(place, (), width, parts_together=together)
    assert grid.shape == (replicas, width)
    assert sorted(grid.ravel().tolist()) == list(range(replicas * width))
    assert are_all_workers(place, grid.ravel().tolist())


def test_what_is_near_in_the_topology_is_together():
    place = facts(workers=6, per_box=3)
    boxes = nx.get_node_attributes(place.graph, 'group')
    rows = grid_of(place, (), 3, parts_together=True).tolist()
    columns = grid_of(place, (), 2, parts_together=False).T.tolist()
    for members in (rows, columns):
        assert all(len({boxes[node] for node in each}) == 1 for each in members)


def test_an_order_is_kept():
    order = [3, 1, 0, 2]
    for together, wanted in ((True, [[3, 1], [0, 2]]), (False, [[3, 0], [1, 2]])):
        grid = grid_of(facts(workers=4, per_box=4), order, 2, parts_together=together)
        np.testing.assert_array_equal(grid, wanted)


@pytest.mark.parametrize('devices', [[0, 1], [0, 1, 2, 2], [0, 1, 2, 7], [0, 1, 2, 3, 3]])
def test_an_order_that_leaves_somebody_out(devices):
    assert not are_all_workers(facts(workers=4, per_box=4), devices)


@given(st.lists(st.integers(1, 3), min_size=6, max_size=6), st.permutations(range(6)))
def test_the_first_device_with_too_little_memory(memory, order):
    room = np.array(memory, float)
    grid, needed = np.array(order).reshape(2, 3), np.array([2.0, 3.0, 1.0])
    short = [k for k, device in enumerate(order) if needed[k % 3] > room[device]]
    found = overfull(grid, needed, Devices(room, room, room))
    if not short:
        assert found is None
    else:
        part, device = short[0] % 3, order[short[0]]
        assert found == (part, device, needed[part], room[device])
