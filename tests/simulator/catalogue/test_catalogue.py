"""Catalogues: what is read, what is called, what is written, what is refused."""

import copy
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Gt
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from simulator.catalogue import Catalogue, Choice
from simulator.errors import PluginError
from simulator.units import Bytes, Seconds


def mean(vectors):
    """Average."""
    return sum(vectors) / len(vectors)


def krum(vectors, *, f: Annotated[int, Ge(0)], keep: int | None = None):
    """Pick."""
    return ('krum', vectors, f, keep)


RULES = Catalogue('rule', {'mean': mean, 'krum': krum}, tolerance={'krum': lambda n: (n - 3) // 2})


def bulyan(vectors, *, over: Annotated[Choice, RULES] = RULES.choice('mean'), lambda_: float = 0.5):
    """Rules may take rules."""
    return over(vectors), lambda_


RULES.add({'bulyan': bulyan}, 'the test')


@dataclass
class Server:
    """A class is an entry as well."""

    world: str

    def __init__(
        self,
        world,
        *,
        rules: list[Annotated[Choice, RULES]] = [],  # noqa: B006 - read only
        timeout: Annotated[Seconds, Gt(0)] = 1.0,
        size: Bytes | None = None,
        order: Literal['up', 'down'] = 'up',
        copy: bool = False,
        json: str = '',
    ):
        self.world, self.rules, self.timeout = world, rules, timeout
        self.size, self.order, self.copy, self.json = size, order, copy, json


SERVERS = Catalogue('server', {'server': Server})


def test_a_name_alone_is_a_choice():
    choice = RULES.read('mean')
    assert (choice.name, choice.kind, choice.options) == ('mean', 'rule', {})
    assert choice([1, 3]) == 2


@pytest.mark.parametrize('data', [{'mean': {}}, {'mean': None}])
def test_the_long_form_of_a_name_alone(data):
    assert RULES.read(data) == RULES.read('mean')


def test_options_are_bound_and_defaults_filled_in():
    assert RULES.read({'krum': {'f': 2}})('vectors') == ('krum', 'vectors', 2, None)


def test_options_may_be_choices_themselves():
    choice = RULES.read({'bulyan': {'over': {'krum': {'f': 1}}, 'lambda': 0.25}})
    assert choice('vectors') == (('krum', 'vectors', 1, None), 0.25)
    assert choice.plain() == {'bulyan': {'over': {'krum': {'f': 1}}, 'lambda': 0.25}}


def test_a_class_takes_all_kinds_of_options():
    data = {
        'server': {
            'rules': ['mean', {'krum': {'f': 1}}],
            'timeout': '5 ms',
            'size': '1 MB',
            'order': 'down',
            'copy': True,
            'json': 'text',
        }
    }
    server = SERVERS.read(data)('world')
    assert (server.world, server.timeout, server.size) == ('world', 0.005, 1e6)
    assert [rule.name for rule in server.rules] == ['mean', 'krum']
    assert SERVERS.read(data).plain() == data


def test_written_with_all_options_but_without_nothing():
    assert SERVERS.read('server').plain() == {
        'server': {'rules': [], 'timeout': '1 s', 'order': 'up', 'copy': False, 'json': ''}
    }


@given(f=st.integers(0, 50), keep=st.none() | st.integers(), x=st.floats(-9, 9))
def test_what_is_written_is_read_again(f, keep, x):
    inner = {'krum': {'f': f, 'keep': keep}} if keep is not None else {'krum': {'f': f}}
    choice = RULES.read({'bulyan': {'over': inner, 'lambda': x}})
    assert RULES.read(choice.plain()) == choice


def test_choices_from_python_equal_those_from_data():
    assert RULES.choice('krum', f=2) == RULES.read({'krum': {'f': 2}})
    with pytest.raises(TypeError, match='no option'):
        RULES.choice('krum', g=2)
    with pytest.raises(KeyError):
        RULES.choice('nothing')


def test_a_catalogue_is_a_mapping_equal_to_itself_alone():
    assert list(RULES) == ['mean', 'krum', 'bulyan']
    assert RULES['mean'] is mean
    assert len(SERVERS) == 1
    assert Catalogue('rule', {'mean': mean}) != RULES


def test_copies_and_defaults_keep_their_catalogue():
    class Section(BaseModel):
        rule: Annotated[Choice, RULES] = RULES.choice('mean')

    assert Section().rule.catalogue is RULES
    assert copy.deepcopy(RULES.choice('mean')) == RULES.choice('mean')
    assert {RULES.choice('mean'): 1}[RULES.read('mean')] == 1


def test_what_stands_beside_an_entry():
    assert RULES.choice('krum', f=1).beside('tolerance')(9) == 3
    assert RULES.choice('mean').beside('tolerance') is None

    def mine(vectors):
        """A plug-in's function carries its properties itself."""

    mine.tolerance = lambda n: 0
    assert Catalogue('rule', {'mine': mine}).beside('mine', 'tolerance')(5) == 0


def test_contradictory_options_are_refused_when_read():
    def valid(*, f, keep):
        if keep is not None and keep > f:
            raise ValueError(f'keep(={keep}) must be at most f(={f})')

    rules = Catalogue('rule', {'krum': krum}, valid={'krum': valid})
    with pytest.raises(ValidationError, match='keep\\(=3\\) must be at most f\\(=2\\)') as refused:
        rules.read({'krum': {'f': 2, 'keep': 3}})
    assert refused.value.errors()[0]['loc'] == ('krum',)


@pytest.mark.parametrize(
    ('data', 'message'),
    [
        ('krun', "no rule 'krun', did you mean 'krum'?"),
        ({'krun': {}}, "no rule 'krun', did you mean 'krum'?"),
        ('krum', 'Field required'),
        ({'krum': {'f': '2'}}, 'valid integer'),
        ({'krum': {'f': True}}, 'valid integer'),
        ({'krum': {'f': 2.0}}, 'valid integer'),
        ({'krum': {'f': -1}}, 'greater than or equal to 0'),
        ({'krum': {'f': 1, 'F': 1}}, 'not permitted'),
        ({'krum': 3}, 'valid dictionary'),
        ({'krum': {'f': 1}, 'mean': {}}, "names 'krum' and 'mean'; one rule is due"),
        ({}, "must name one rule, such as 'mean'"),
        (3, "must name one rule, such as 'mean'"),
        (None, "must name one rule, such as 'mean'"),
    ],
)
def test_refuses(data, message):
    with pytest.raises((ValidationError, ValueError)) as refused:
        RULES.read(data)
    assert message in str(refused.value)


def test_all_errors_at_once_each_in_its_place():
    data = {'bulyan': {'over': {'krum': {'f': 'x', 'keep': 1.5}}, 'lamda': 1.0}}
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Annotated[Choice, RULES]).validate_python(data)
    assert {error['loc'] for error in refused.value.errors()} == {
        ('bulyan', 'over', 'krum', 'f'),
        ('bulyan', 'over', 'krum', 'keep'),
        ('bulyan', 'lamda'),
    }


def untyped(x, *, option):
    """No type."""


def catch_all(x, **options: int):
    """No names."""


def never_none(x, *, option: int | None = 3):
    """In a scenario, null removes: None could never be chosen."""


@pytest.mark.parametrize('function', [untyped, catch_all, never_none])
def test_a_signature_that_is_no_schema_is_a_bug(function):
    with pytest.raises(TypeError):
        Catalogue('thing', {'thing': function}).read('thing')


def test_added_entries_come_from_somewhere_and_go_again():
    rules = Catalogue('rule', {'mean': mean})
    rules.add({'krum': krum}, 'mine.py')
    assert rules.entry('krum').source == 'mine.py'
    rules.remove('mine.py')
    assert list(rules) == ['mean']


def test_added_entries_shadow_nothing():
    rules = Catalogue('rule', {'mean': mean})
    with pytest.raises(PluginError, match=r"mine\.py: rule 'mean' is already there"):
        rules.add({'krum': krum, 'mean': mean}, 'mine.py')
    assert list(rules) == ['mean']
    with pytest.raises(PluginError, match=r"mine\.py: rule 'untyped': .* has no type"):
        rules.add({'untyped': untyped}, 'mine.py')
