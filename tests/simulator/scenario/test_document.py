"""YAML as a tree: the core schema, places, and everything that is dangerous."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import ScenarioError
from simulator.scenario.document import Mark, Node, parse, read_text
from simulator.scenario.spec import to_yaml


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('1', 1),
        ('-12', -12),
        ('007', 7),
        ('0o17', 15),
        ('0xff', 255),
        ('1e-3', 0.001),
        ('1.', 1.0),
        ('.5', 0.5),
        ('.inf', math.inf),
        ('-.INF', -math.inf),
        ('true', True),
        ('FALSE', False),
        ('null', None),
        ('~', None),
        ('', None),
        ('no', 'no'),
        ('yes', 'yes'),
        ('on', 'on'),
        ('1_000', '1_000'),
        ('0b1', '0b1'),
        ('2020-01-01', '2020-01-01'),
        ('12:30:45', '12:30:45'),
        ('10 Gb/s', '10 Gb/s'),
        ('"1"', '1'),
        ("'true'", 'true'),
        ('! 5', '5'),
        ('|\n  two\n  lines\n', 'two\nlines\n'),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text, value):
    read = parse(f'a: {text}').plain()['a']
    assert read == value
    assert type(read) is type(value)


def test_keys_are_texts_and_everything_knows_where_it_stands():
    tree = parse('# comment\na:\n  0-16: {b: [1, x]}\n', 'f.yaml')
    assert tree.plain() == {'a': {'0-16': {'b': [1, 'x']}}}
    *_, last = tree.trail(('a', '0-16', 'b', 1))
    assert last == Node('x', Mark('f.yaml', 3, 17))
    assert tree.trail(('a',))[-1].key == Mark('f.yaml', 2, 1)


def test_a_trail_ends_where_the_tree_does():
    tree = parse('a: [1]')
    assert len(tree.trail(('a', 0, 'x'))) == 3
    assert len(tree.trail(('a', 5))) == 2
    assert len(tree.trail(('b',))) == 1


def test_aliases_are_copied():
    assert parse('a: &x {b: 1}\nc: *x').plain() == {'a': {'b': 1}, 'c': {'b': 1}}


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('a: 1\nb:\n  c: 1\n  c: 2', 'f:4:3: error: b.c: repeats the key of line 3'),
        ('a: 1\na: 2\na: 3', 'f:2:1: error: a: repeats the key of line 1'),
        ('a: [1, 2', "f:1:9: error: YAML: expected ',' or ']'"),
        ('a: b: c', 'f:1:5: error: YAML: mapping values are not allowed here'),
        ('a: "x', 'f:1:6: error: YAML: found unexpected end of stream'),
        ('\tb: 1', "f:1:1: error: YAML: found character '\\t'"),
        ('a: *b', 'f:1:4: error: a: nothing is called &b above'),
        ('a: &a [*a]', 'f:1:8: error: a[0]: nothing is called &a above'),
        ('a: !!python/name:os.system', 'f:1:4: error: a: carries a tag'),
        ('a: !!int "5"', 'f:1:4: error: a: carries a tag'),
        ('a: 1\n---\nb: 2', 'f:3:1: error: begins a second document'),
        ('[a]: 1', 'f:1:1: error: must be a key: a text'),
        ('? {a: 1}\n: 2', 'f:1:3: error: must be a key: a text'),
        (': 1', 'f:1:1: error: must be a key: a text'),
        ('a: "\x07"', 'f:1:5: error: the character 0x7 is no text'),
        ('a: ' + '[' * 10_000, 'f:1:44: error: is nested more than 40 deep'),
        ('{a: ' * 200, 'f:1:165: error: is nested more than 40 deep'),
        ('- ' * 300 + 'a', 'f:1:83: error: is nested more than 40 deep'),
    ],
)
def test_refuses(text, message):
    with pytest.raises(ScenarioError) as refused:
        parse(text, 'f')
    assert str(refused.value).startswith(message)


def test_all_repeated_keys_are_told_at_once():
    with pytest.raises(ScenarioError) as refused:
        parse('a: 1\na: 2\nb: {c: 1, c: 2}', 'f')
    assert len(refused.value.problems) == 2


def test_aliases_that_multiply_are_stopped():
    levels = [f'l{k}: &l{k} [{", ".join([f"*l{k - 1}"] * 9)}]' for k in range(1, 12)]
    with pytest.raises(ScenarioError, match='hold more than 50000 values'):
        parse('\n'.join(['l0: &l0 [x]', *levels]))


def test_files_that_are_no_text(tmp_path):
    file = tmp_path / 'x.yaml'
    for content, message in [
        (b'\xff\xfe\x00a', 'is no UTF-8 text'),
        (b'a: \xe9', r'is no UTF-8 text \(byte 3\)'),
        (b'GIF\0\0\0', 'is a binary file'),
        (b'a' * 1_000_001, 'larger than 1 MB'),
    ]:
        file.write_bytes(content)
        with pytest.raises(ScenarioError, match=message):
            read_text(file)
    with pytest.raises(ScenarioError, match=r'nothing\.yaml: error: No such file'):
        read_text(tmp_path / 'nothing.yaml')
    with pytest.raises(ScenarioError, match='directory'):
        read_text(tmp_path)


def test_a_byte_order_mark_does_not_hurt(tmp_path):
    file = tmp_path / 'x.yaml'
    file.write_bytes(b'\xef\xbb\xbfa: 1')
    assert parse(read_text(file)).plain() == {'a': 1}


@given(st.text(max_size=30))
def test_never_fails_otherwise(text):
    try:
        parse(text)
    except ScenarioError as error:
        assert error.problems


plain = st.recursive(
    st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=['Cc', 'Cs', 'Zl', 'Zp']), max_size=8)
    | st.sampled_from(['no', '1e3', '0x1', '1_0', 'null', '~', '10 Gb/s', '=', '<<', '- a', '#']),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r'[a-z0-9.\-* ]{1,6}', fullmatch=True), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.from_regex('[a-z]{1,4}', fullmatch=True), plain, max_size=3))
def test_what_is_written_is_read_again(data):
    read = parse(to_yaml(data)).plain()
    assert (read or {}) == data
