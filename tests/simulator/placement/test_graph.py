"""Graphs of operations: what is refused, by name; files; generators."""

import json

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import PlacementError
from simulator.placement import GRAPHS, OperationGraph, Platform, Problem

seeds = st.integers(0, 2**32 - 1)
GENERATED = sorted(GRAPHS.keys() - {'json', 'csv'})


def graph(names='abc', flops=1.0, parameters=0.0, outputs=0.0, edges=(), **words):
    before, after = np.array(edges, int).reshape(-1, 2).T
    return OperationGraph(tuple(names), flops, parameters, outputs, before, after, **words)


@pytest.mark.parametrize(
    ('given', 'message'),
    [
        ({'names': ''}, 'there is no operation'),
        ({'names': 'aba'}, "operation 'a' is there twice"),
        ({'flops': [1.0, -2.0, 1.0]}, r"operation 'b': flops\(=-2\) must be >= 0 and finite"),
        ({'outputs': [1.0, 2.0, np.nan]}, r"operation 'c': outputs\(=nan\)"),
        ({'parameters': [1.0, 2.0]}, r'parameters of shape \(2,\) for 3 operations'),
        ({'edges': [(0, 3)]}, "operation 'a': its edge to operation number 3 dangles"),
        ({'edges': [(-1, 1)]}, "operation 'b': its edge to operation number -1 dangles"),
        ({'edges': [(0, 0)]}, "operation 'a' needs its own output: a -> a"),
        ({'edges': [(0, 1), (1, 2), (2, 1)]}, 'needs its own output: (b -> c -> b|c -> b -> c)'),
        ({'kinds': ['cpu']}, '1 kinds for 3 operations'),
    ],
)
def test_graphs_that_make_no_sense_are_refused(given, message):
    with pytest.raises(PlacementError, match=message):
        graph(**given)


def test_an_edge_counts_once():
    assert graph(edges=[(0, 1), (0, 1), (1, 2)]).edges == 2


@settings(max_examples=30, deadline=None)
@given(seed=seeds, count=st.integers(1, 30))
def test_order_and_circles_are_those_of_networkx(seed, count):
    rng = np.random.default_rng(seed)
    edges = rng.integers(count, size=(int(rng.integers(count + 1)), 2)).tolist()
    wanted = nx.DiGraph(edges)
    if not nx.is_directed_acyclic_graph(wanted):
        with pytest.raises(PlacementError, match='needs its own output'):
            graph([f'n{k}' for k in range(count)], edges=edges)
        return
    made = graph([f'n{k}' for k in range(count)], edges=edges)
    place = np.argsort(made.order)
    assert all(place[u] < place[v] for u, v in edges)
    assert all(set(made.successors.of(u)) == set(wanted.successors(u)) for u in wanted)


def platform(memory=np.inf, kinds=('cpu', 'gpu')):
    none = np.zeros((2, 2))
    return Platform(np.arange(2), np.ones(2), np.full(2, memory), kinds, none, none)


@pytest.mark.parametrize(
    ('given', 'place', 'message'),
    [
        (
            {'kinds': ['', 'gpi', '']},
            {},
            "operation 'b' needs a 'gpi' device; there are devices of kind cpu, gpu",
        ),
        ({'kinds': ['', 'gpu', '']}, {'kinds': ('', '')}, "'b' needs a 'gpu' device; the devices"),
        ({'parameters': [1.0, 9.0, 1.0]}, {'memory': 8.0}, "'b' needs 9 bytes of memory; .* 8"),
        (
            {'parameters': 3.0, 'groups': ['g', 'g', 'g']},
            {'memory': 8.0},
            "operation 'a', with the 2 others of its group, needs 9 bytes",
        ),
        (
            {'kinds': ['cpu', 'gpu', ''], 'groups': ['g', 'g', '']},
            {},
            "operation 'b' needs a 'gpu', and 'a' of its group 'g' a 'cpu'",
        ),
    ],
)
def test_operations_that_no_device_can_hold_are_refused(given, place, message):
    with pytest.raises(PlacementError, match=message):
        Problem(graph(**given), platform(**place))


@pytest.mark.parametrize('name', GENERATED)
def test_generators_keep_their_promises(name):
    first, same, other = (GRAPHS[name](np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.names == same.names
    np.testing.assert_array_equal(first.flops, same.flops)
    assert (first.flops != other.flops).any()
    assert first.flops.max() <= 100e9
    assert first.outputs.max() <= 100e6
    # operations that compute do so by the law, whose mean is 50.5 Gflop
    assert first.flops[first.flops > 0].mean() == pytest.approx(50.5e9, rel=0.1)
    # variables, their reading and whatever sets them are on one device
    groups = {}
    for group, type_ in zip(first.groups, first.types, strict=True):
        if group:
            groups.setdefault(group, set()).add(type_)
    assert all({'variable', 'read', 'assign', 'update'} == types for types in groups.values())


def test_sizes_are_the_published_ones():
    sizes = {name: len(GRAPHS[name](np.random.default_rng(0))) for name in GENERATED}
    assert sizes['convolutional'] == pytest.approx(350, rel=0.05)
    assert sizes['layered'] == pytest.approx(350, rel=0.05)
    assert sizes['recurrent'] == pytest.approx(3000, rel=0.05)
    assert sizes['encoder_decoder'] == pytest.approx(5300, rel=0.05)


def test_layers_have_their_width_and_density():
    made = GRAPHS['layered'](np.random.default_rng(0), levels=30, width=40, probability=0.2)
    level = np.arange(len(made)) // 40
    assert (level[made.after] == level[made.before] + 1).all()
    assert (np.diff(made.predecessors.first)[40:] >= 1).all()
    assert made.edges / (29 * 40 * 40) == pytest.approx(0.2 + 0.8 / 40, rel=0.05)


def test_kinds_and_colocation_by_share():
    made = GRAPHS['layered'](np.random.default_rng(0), width=50, colocated=0.3, kinds={'gpu': 0.25})
    lone = [kind for kind, group in zip(made.kinds, made.groups, strict=True) if not group]
    assert np.mean([kind == 'gpu' for kind in lone]) == pytest.approx(0.25, abs=0.06)
    Problem(made, platform())  # groups agree on a kind
    with pytest.raises(PlacementError, match=r'shares sum to 1\.2'):
        GRAPHS['layered'](np.random.default_rng(0), kinds={'gpu': 0.6, 'cpu': 0.6})


def test_branches_join_at_the_end_of_a_block():
    made = GRAPHS['convolutional'](np.random.default_rng(0), blocks=2, branches=3)
    assert [made.names[k] for k in made.predecessors.of(made.names.index('block1.concat'))] == [
        f'block1.{branch}.0.relu' for branch in range(3)
    ]


def test_files_of_networkx_are_read(tmp_path):
    made = nx.DiGraph()
    made.add_node('a', flops='2 Gflop', output='10 MB', kind='gpu', group='g')
    made.add_node('b', flops=5.0, parameters=8, type='matmul', colour='red')
    made.add_edge('a', 'b')
    for edges in ('edges', 'links'):
        path = tmp_path / f'{edges}.json'
        path.write_text(json.dumps(nx.node_link_data(made, edges=edges)))
        read = GRAPHS['json'](None, path=str(path))
        assert read.names == ('a', 'b')
        assert read.flops.tolist() == [2e9, 5.0]
        assert read.parameters.tolist() == [0.0, 8.0]
        assert read.outputs.tolist() == [10e6, 0.0]
        assert (read.kinds, read.groups, read.types) == (('gpu', ''), ('g', ''), ('', 'matmul'))
        assert (read.before.tolist(), read.after.tolist()) == ([0], [1])


NODE = '"nodes": [{"id": "conv"}, {"id": "b"}]'


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('{', 'no JSON'),
        ('[]', 'needs a list `nodes`'),
        ('{"nodes": [3]}', 'node 0 must be an object, not 3'),
        ('{"nodes": [{"flops": 1}]}', 'node 0: the operation has no `id`'),
        ('{"nodes": [{"id": "a", "flop": 1}]}', "unknown `flop`, did you mean 'flops'"),
        ('{"nodes": [{"id": "a"}, {"id": "a"}]}', "operation 'a' is there twice"),
        ('{"nodes": [{"id": "a", "output": -3}]}', r"operation 'a': output\(=-3\) must be >= 0"),
        ('{"nodes": [{"id": "a", "output": "3 km"}]}', "operation 'a': output: "),
        ('{"nodes": [{"id": "a", "output": true}]}', "operation 'a': output"),
        (f'{{{NODE}, "edges": 3}}', '`edges` must be a list'),
        (f'{{{NODE}, "edges": [{{"source": "b"}}]}}', 'edge 0: the edge has no `target`'),
        (
            f'{{{NODE}, "edges": [{{"source": "b", "target": "comv"}}]}}',
            "edge 0: the edge b -> comv dangles: there is no operation 'comv', did you mean 'conv'",
        ),
        (
            f'{{{NODE}, "edges": [{{"source": "b", "target": "b"}}]}}',
            "operation 'b' needs its own output",
        ),
    ],
)
def test_json_files_that_make_no_sense_are_refused(tmp_path, content, message):
    path = tmp_path / 'graph.json'
    path.write_text(content)
    with pytest.raises(PlacementError, match=message) as caught:
        GRAPHS['json'](None, path=str(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ('operations', 'edges', 'message'),
    [
        ('id,flops\na,1\nb\n', 'source,target\n', r'operations.csv:3: must have 2 columns'),
        ('id,flops\na,1\nb,-1\n', 'source,target\n', r"operations.csv:3: operation 'b': flops"),
        ('id\na\nb\n', 'source,target\na,b\nb,c\n', r'edges.csv:3: the edge b -> c dangles'),
        ('id\na\nb\n', 'source,target\na,b\nb,a\n', r'edges.csv: operation .* its own output'),
    ],
)
def test_csv_files_that_make_no_sense_are_refused(tmp_path, operations, edges, message):
    paths = {name: tmp_path / f'{name}.csv' for name in ('operations', 'edges')}
    for name, text in (('operations', operations), ('edges', edges)):
        paths[name].write_text(text)
    with pytest.raises(PlacementError, match=message):
        GRAPHS['csv'](None, **{name: str(path) for name, path in paths.items()})


def test_a_file_that_is_not_there_is_refused():
    with pytest.raises(PlacementError, match=r'nowhere\.json: No such file'):
        GRAPHS['json'](None, path='nowhere.json')
