"""Dragonfly: counts of the balanced one, distances, links per pair of groups."""

from collections import Counter

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import TopologyError
from topologies import TOPOLOGIES

dragonfly = TOPOLOGIES['dragonfly']


@pytest.mark.parametrize(('p', 'hosts'), [(1, 6), (2, 72), (3, 342)])
def test_a_full_balanced_dragonfly_has_the_published_counts(p, hosts):
    graph = dragonfly(workers=hosts)
    routers = range(hosts, len(graph))
    assert len(routers) == 2 * p * (2 * p * p + 1)
    assert {graph.degree(router) for router in routers} == {p + 2 * p - 1 + p}
    assert nx.diameter(graph) <= 5


@given(st.integers(1, 150), st.integers(1, 3), st.integers(1, 5), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_all_pairs_of_groups_have_as_many_links_of_their_own(workers, p, a, h):
    groups = -(-workers // (p * a))
    options = {'hosts_per_router': p, 'routers_per_group': a, 'global_links': h}
    if groups > a * h + 1:
        with pytest.raises(TopologyError, match=f'hold {p * a * (a * h + 1)} hosts'):
            dragonfly(workers=workers, **options)
        return
    graph = dragonfly(workers=workers, oversubscription=2, **options)
    group = nx.get_node_attributes(graph, 'group')
    capacity, used = Counter(), Counter()
    for u, v, scale in graph.edges(data='scale'):
        if scale:
            capacity[tuple(sorted((group[u], group[v])))] += 2 * scale
            used.update({u: 2 * scale, v: 2 * scale})
    assert len(capacity) == groups * (groups - 1) // 2
    assert set(capacity.values()) <= {a * h // max(1, groups - 1)}
    assert max(used.values(), default=0) <= h
