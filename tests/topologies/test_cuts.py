"""Hosts at the sparsest cut."""

import networkx as nx
import pytest

from topologies import TOPOLOGIES
from topologies.cuts import hosts_at_the_cut


@pytest.mark.parametrize('workers', [6, 8, 12])
def test_a_dumbbells_ends_come_first(workers):
    graph = TOPOLOGIES['dumbbell'](workers=workers, ends='hosts')
    bridge = next(iter(nx.bridges(graph)))
    assert set(hosts_at_the_cut(graph, range(workers))[:2]) == set(bridge)


@pytest.mark.parametrize('topology', ['ring', 'line', 'torus', 'star', 'hypercube'])
def test_every_host_is_listed_once(topology):
    workers = 16 if topology in ('torus', 'hypercube') else 9
    graph = TOPOLOGIES[topology](workers=workers)
    assert sorted(hosts_at_the_cut(graph, range(workers))) == list(range(workers))


def test_a_line_is_cut_in_the_middle():
    graph = TOPOLOGIES['line'](workers=10)
    assert set(hosts_at_the_cut(graph, range(10))[:2]) == {4, 5}


def test_one_host():
    assert hosts_at_the_cut(TOPOLOGIES['star'](workers=1), [0]) == [0]
