"""Boxes of GPUs: routes inside a box stay inside, and what leaves it shares what it should."""

import networkx as nx
import pytest

from topologies import TOPOLOGIES

gpu_nodes = TOPOLOGIES['gpu_nodes']


@pytest.mark.parametrize('nic', ['per_gpu', 'per_box'])
def test_the_quickest_way_between_gpus_of_a_box_is_inside(nic):
    graph = gpu_nodes(workers=20, servers=2, nic=nic)
    for edge in graph.edges.values():
        edge['time'] = edge.get('latency', 50e-6)
    network = len(graph) - 1
    inside = nx.shortest_path(graph, 0, 7, weight='time')
    outside = nx.shortest_path(graph, 0, 8, weight='time')
    assert inside == [0, 22, 7]
    assert network in outside
    assert len(outside) == (3 if nic == 'per_gpu' else 5)


def test_nics_are_where_they_were_asked_for():
    per_gpu, per_box = (gpu_nodes(workers=20, servers=2, nic=n) for n in ('per_gpu', 'per_box'))
    assert per_gpu.degree(len(per_gpu) - 1) == 22
    assert per_box.degree(len(per_box) - 1) == 3 + 2


def test_boxes_are_groups_and_servers_stand_alone():
    graph = gpu_nodes(workers=5, servers=2, per_box=4)
    assert [graph.nodes[host]['group'] for host in range(7)] == [0, 0, 0, 0, 1, 2, 3]


def test_links_inside_a_box_have_its_speed():
    graph = gpu_nodes(workers=2, box_bandwidth=1e11, box_latency=2e-6)
    assert graph.edges[0, 2] == {'bandwidth': 1e11, 'latency': 2e-6}
    assert graph.edges[0, 3] == {}
