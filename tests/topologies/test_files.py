"""Topologies from files: the three formats agree, and bad ones are told what is wrong where."""

import json

import networkx as nx
import pytest

from simulator.errors import TopologyError
from topologies import TOPOLOGIES

file = TOPOLOGIES['file']

DIRECTED = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<graph edgedefault="directed"><node id="a"/></graph></graphml>
"""

CSV = """source,target,bandwidth,latency,scale
a,s,10 Gb/s,50 us,
b,s,,,2
c,s,1e9,0.001,
"""


@pytest.fixture
def written(tmp_path):
    """Return a function (name, text) -> path of a file with that text."""

    def write(name, text):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def network():
    graph = nx.Graph()
    graph.add_node('s', kind='switch')
    for name, role in (('x', 'server'), ('a', 'worker'), ('b', 'worker')):
        graph.add_node(name, role=role, group=1)
    graph.add_edge('a', 's', bandwidth='10 Gb/s', latency=50e-6)
    graph.add_edge('b', 's', scale=2.0, colour='red')
    graph.add_edge('x', 's')
    return graph


def as_json(graph):
    nodes = [{'id': node, **data} for node, data in graph.nodes(data=True)]
    links = [{'source': u, 'target': v, **data} for u, v, data in graph.edges(data=True)]
    return json.dumps({'directed': False, 'multigraph': False, 'nodes': nodes, 'links': links})


def test_an_edge_list_is_read_with_its_units(written):
    graph = file(path=written('n.csv', CSV), workers=2, servers=1, switches=['s'])
    assert [graph.nodes[n]['label'] for n in range(4)] == ['a', 'b', 'c', 's']
    assert [graph.nodes[n].get('role') for n in range(4)] == ['worker', 'worker', 'server', None]
    assert graph.edges[0, 3] == {'bandwidth': 1.25e9, 'latency': 50e-6}
    assert graph.edges[1, 3] == {'scale': 2.0}
    assert graph.edges[2, 3] == {'bandwidth': 1e9, 'latency': 1e-3}


def test_graphml_and_json_give_the_same(written):
    path = written('n.graphml', '\n'.join(nx.generate_graphml(network())))
    graphs = [file(path=path), file(path=written('n.json', as_json(network())))]
    for graph in graphs:
        labels = [graph.nodes[n]['label'] for n in range(4)]
        assert labels == ['a', 'b', 'x', 's']  # workers, servers, switches
        assert graph.edges[0, 3] == {'bandwidth': 1.25e9, 'latency': 50e-6}
        assert graph.edges[1, 3] == {'scale': 2.0}
        assert [graph.nodes[n].get('group') for n in range(3)] == [1, 1, 1]
    assert sorted(graphs[0].edges) == sorted(graphs[1].edges)


def test_hosts_that_nobody_asked_for_stay_idle(written):
    graph = file(path=written('n.csv', CSV), workers=1, switches=['s'])
    assert [graph.nodes[n].get('role') for n in range(3)] == ['worker', None, None]


def test_by_default_all_hosts_but_the_servers_are_workers(written):
    graph = file(path=written('n.csv', CSV), servers=1)
    assert [graph.nodes[n]['role'] for n in range(4)] == ['worker'] * 3 + ['server']


def test_groups_of_some_hosts_only_are_no_groups(written):
    graph = network()
    del graph.nodes['a']['group']
    read = file(path=written('n.json', as_json(graph)))
    assert not any('group' in read.nodes[n] for n in range(3))


def test_places_of_the_file_are_kept(written):
    graph = nx.path_graph(3)
    for node in graph:
        graph.nodes[node].update(x=node * 2, y=0)
    read = file(path=written('n.json', as_json(graph)))
    assert [read.nodes[n]['x'] for n in range(3)] == [0.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ('name', 'text', 'said'),
    [
        ('n.txt', 'x', r'must end in .graphml, .json, .csv'),
        ('n.csv', b'\xff\xfe\x00', 'is not UTF-8 text'),
        ('n.csv', '', 'the first line must name source and target'),
        ('n.csv', 'source,source,target\n', 'once each'),
        ('n.csv', 'source,target,bandwith\na,b,1\n', "column 'bandwith', did you mean 'bandwidth'"),
        ('n.csv', 'source,target\na,b\nc\n', r'n.csv:3: must have 2 columns'),
        ('n.csv', 'source,target\na,b,c\n', r'n.csv:2: must have 2 columns'),
        ('n.csv', 'source,target\na,"b\n', 'is no CSV'),
        ('n.csv', 'source,target\na,a\n', "line 2: joins 'a' to itself"),
        ('n.csv', 'source,target\na,b\nb,a\n', "line 3: 'b' and 'a' are joined already"),
        ('n.csv', 'source,target\na,b\nc,d\n', 'is not connected: it falls into 2 parts'),
        ('n.csv', 'source,target,latency\na,b,fast\n', "line 2: latency: 'fast' is no time"),
        ('n.csv', 'source,target,latency\na,b,-1\n', r'latency\(=-1.0\) must be >= 0'),
        ('n.csv', 'source,target,bandwidth\na,b,0\n', r'bandwidth\(=0.0\) must be > 0'),
        ('n.csv', 'source,target,bandwidth\na,b,nan\n', r'bandwidth\(=nan\) must be > 0'),
        ('n.csv', 'source,target,scale\na,b,2 Gb/s\n', r"scale\(='2 Gb/s'\) must be a number"),
        ('n.csv', 'source,target\n', 'has 0 hosts'),
        ('n.json', '{', 'is no JSON'),
        ('n.json', '[' * 10**5, 'is no JSON'),
        ('n.json', '[]', 'must be an object with nodes and links'),
        ('n.json', '{"nodes": []}', 'must have a list of links'),
        ('n.json', '{"nodes": [3], "links": []}', r'nodes\[0\]: must be an object with id'),
        ('n.json', '{"nodes": [{"id": 1}, {"id": 1}], "links": []}', r'nodes\[1\]: 1 is there'),
        ('n.json', '{"nodes": [{"id": 1}], "links": [{"source": 1}]}', r'links\[0\]: must be'),
        ('n.json', '{"directed": true, "nodes": [], "links": []}', 'is directed'),
        (
            'n.json',
            '{"nodes": [{"id": 1}], "links": [{"source": 1, "target": 2}]}',
            'link 1-2: there is no node 2',
        ),
        ('n.json', '{"nodes": [{"id": 1, "kind": "hub"}], "links": []}', 'one of host, switch'),
        ('n.json', '{"nodes": [{"id": 1, "role": "boss"}], "links": []}', 'worker, server'),
        ('n.json', '{"nodes": [{"id": 1, "rol": "worker"}], "links": []}', "did you mean 'role'"),
        ('n.json', '{"nodes": [{"id": 1, "group": 1.5}], "links": []}', 'must be a whole number'),
        ('n.json', '{"nodes": [{"id": 1, "role": "server"}], "links": []}', 'but no worker'),
        (
            'n.json',
            '{"nodes": [{"id": 1, "kind": "switch", "role": "worker"}], "links": []}',
            'node 1: a switch has no role',
        ),
        ('n.graphml', '<graphml', 'is no GraphML'),
        ('n.graphml', '<html></html>', 'is no GraphML'),
        ('n.graphml', '<!DOCTYPE x [<!ENTITY a "b">]><graphml/>', 'entities are not read'),
        (
            'n.graphml',
            DIRECTED,
            'is directed',
        ),
    ],
)
def test_bad_files_are_told_what_is_wrong_and_where(written, name, text, said):
    with pytest.raises(TopologyError, match=said) as caught:
        file(path=written(name, text))
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        ({'workers': 4}, 'has 3 hosts, not 4 workers and 0 servers'),
        ({'servers': 3}, 'has 3 hosts, not 1 workers and 3 servers'),
        ({'switches': ['s', 't']}, "there is no node 't'"),
    ],
)
def test_roles_that_the_file_can_not_fill_are_refused(written, options, said):
    with pytest.raises(TopologyError, match=said):
        file(path=written('n.csv', CSV), **({'switches': ['s']} | options))


def test_roles_in_the_file_must_be_those_asked_for(written):
    path = written('n.json', as_json(network()))
    assert len(file(path=path, workers=2, servers=1)) == 4
    with pytest.raises(TopologyError, match='names 2 workers, not 3'):
        file(path=path, workers=3)


def test_a_file_that_is_not_there():
    with pytest.raises(TopologyError, match=r'no\.csv: No such file'):
        file(path='no.csv')
