"""The grid: products, include and exclude as in CI matrices, and what is wrong with one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.scenario.document import parse
from simulator.scenario.vary import Grid, overlaps, read_grid, read_variants


def cells(text, variant='base'):
    problems = []
    grid = read_grid(parse(text), problems)
    assert not problems
    return [{key: node.plain() for key, node in cell.items()} for cell in grid.cells(variant)]


def told(text, reader=read_grid):
    problems = []
    reader(parse(text, 'f'), problems)
    return [str(problem) for problem in problems]


def test_no_grid_is_one_empty_cell():
    assert list(Grid().cells('base')) == [{}]


def test_the_first_key_varies_slowest():
    assert cells('{a: [1, 2], b: [x, y]}') == [
        {'a': 1, 'b': 'x'},
        {'a': 1, 'b': 'y'},
        {'a': 2, 'b': 'x'},
        {'a': 2, 'b': 'y'},
    ]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_sizes_multiply(sizes):
    axes = ', '.join(f'k{n}: {list(range(size))}' for n, size in enumerate(sizes))
    found = cells(f'{{{axes}}}')
    product = 1
    for size in sizes:
        product *= size
    assert len(found) == product == read_grid(parse(f'{{{axes}}}'), []).size()
    assert len({tuple(cell.items()) for cell in found}) == product


def test_exclude_takes_all_that_agree():
    text = '{a: [1, 2], b: [x, y], exclude: [{a: 1, b: x}, {a: 2}]}'
    assert cells(text) == [{'a': 1, 'b': 'y'}]


def test_include_extends_what_agrees_and_adds_what_does_not():
    text = '{a: [1, 2], include: [{a: 1, c: 5}, {d: 6}, {a: 3, c: 7}]}'
    assert cells(text) == [{'a': 1, 'c': 5, 'd': 6}, {'a': 2, 'd': 6}, {'a': 3, 'c': 7}]


def test_include_alone_lists_the_cells():
    assert cells('{include: [{a: 1}, {a: 2, b: 3}]}') == [{'a': 1}, {'a': 2, 'b': 3}]


def test_entries_may_speak_of_one_variant():
    text = '{a: [1, 2], include: [{a: 3, variant: x}], exclude: [{variant: y, a: 1}]}'
    assert cells(text, 'x') == [{'a': 1}, {'a': 2}, {'a': 3}]
    assert cells(text, 'y') == [{'a': 2}]


def test_values_may_be_anything():
    assert cells('{a: [{krum: {f: 1}}, mean, [1]]}') == [
        {'a': {'krum': {'f': 1}}},
        {'a': 'mean'},
        {'a': [1]},
    ]


def test_what_the_command_line_decides_is_not_varied():
    grid = read_grid(parse('{a.b: [1], c: [2, 3], include: [{c: 9}], exclude: [{c: 2}]}'), [])
    assert list(grid.without('a.b').axes) == list(grid.without('a').axes) == ['c']
    kept = grid.without('c')
    assert (list(kept.axes), kept.include, kept.exclude) == (['a.b'], [], [])
    assert overlaps('a.b', 'a')
    assert not overlaps('a.bc', 'a.b')


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('[1]', 'f:1:1: error: vary: must map dotted keys to lists of values'),
        ('{}', 'f:1:1: error: vary: must map dotted keys to lists of values'),
        ('{a: 1}', 'f:1:5: error: vary.a: must be a list of values'),
        ('{a: []}', 'f:1:5: error: vary.a: must be a list of values'),
        ('{a: [1, 2, 1]}', 'f:1:12: error: vary.a: lists 1 twice'),
        ('{name: [x]}', 'f:1:2: error: vary.name: can not be varied'),
        ('{vary.a: [x]}', 'f:1:2: error: vary.vary.a: can not be varied'),
        ('{a: [1], include: {a: 1}}', 'f:1:19: error: vary.include: must be a list of mappings'),
        ('{a: [1], exclude: [1]}', 'f:1:19: error: vary.exclude: must be a list of mappings'),
        (
            '{ab: [1], exclude: [{a: 1}]}',
            "f:1:22: error: vary.exclude.a: is not varied, did you mean 'ab'?",
        ),
    ],
)
def test_refuses_grids(text, message):
    assert told(text)[0].startswith(message)


def test_one_and_true_differ():
    assert cells('{a: [1, true]}') == [{'a': 1}, {'a': True}]


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('[a]', 'f:1:1: error: variants: must map names to what differs'),
        ('{}', 'f:1:1: error: variants: must map names to what differs'),
        ('{a: 1}', 'f:1:5: error: variants.a: must be a mapping of what differs'),
        ('{a/b: {}}', "f:1:2: error: variants: 'a/b' can not be a folder"),
        ('{..: {}}', "f:1:2: error: variants: '..' can not be a folder"),
        ('{a: {name: b}}', 'f:1:6: error: variants.a.name: can not differ between variants'),
        ('{a: {vary: b}}', 'f:1:6: error: variants.a.vary: can not differ between variants'),
    ],
)
def test_refuses_variants(text, message):
    assert told(text, read_variants)[0].startswith(message)


def test_an_empty_variant_is_the_file_as_it_is():
    assert read_variants(parse('{a: , b: {}}'), [])['a'].value == {}
    assert list(read_variants(None, [])) == ['base']
