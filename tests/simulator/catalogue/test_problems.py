"""Validation errors in the words of a scenario, at the right place."""

from typing import Annotated, Literal

import pytest
from annotated_types import Gt, MaxLen, MinLen
from pydantic import BaseModel, ConfigDict, ValidationError

from simulator.catalogue import Catalogue, Choice, Shape, dotted, faults
from simulator.units import Seconds


def krum(vectors, *, f: int):
    """Pick.

    Parameters
    ----------
    f : int
        Liars.
    """


RULES = Catalogue('rule', {'krum': krum, 'mean': lambda vectors: 0})


class Strict(BaseModel):
    model_config = ConfigDict(extra='forbid', strict=True, allow_inf_nan=False)


class Thin(Strict):
    every: int


class Section(Strict):
    rule: Annotated[Choice, RULES]
    time: Annotated[Seconds, Gt(0)] = 1.0
    keep: bool | Thin = True
    many: Annotated[list[Annotated[Choice, RULES]], MinLen(1), MaxLen(2)] = []
    mode: Literal['a', 'b'] = 'a'
    named: dict[str, Thin] = {}
    number: float = 0.0
    inner: Thin | None = None


def told(data):
    with pytest.raises(ValidationError) as refused:
        Section.model_validate(data)
    found = faults(refused.value, Shape(Section))
    return [f'{dotted(fault.place)}: {fault.message}' for fault in found]


@pytest.mark.parametrize(
    ('data', 'message'),
    [
        ({}, "rule: is missing; name one rule, such as 'krum'"),
        ({'rule': 'krum'}, 'rule.krum.f: is missing'),
        ({'rule': 'krm'}, "rule: no rule 'krm', did you mean 'krum'?"),
        ({'rule': {'krm': {}}}, "rule.krm: no rule 'krm', did you mean 'krum'?"),
        ({'rule': {'mean': {'f': 1}}}, 'rule.mean.f: no such key; it takes no options'),
        (
            {'rule': {'krum': {'f': 1, 'F': 2}}},
            "rule.krum.F: no such key, did you mean 'f'?",
        ),
        ({'rule': {'krum': 3}}, 'rule.krum: must be a mapping of f, not 3'),
        ({'rule': 'mean', 'tim': '1 s'}, "tim: no such key, did you mean 'time'?"),
        ({'rule': 'mean', 'time': '0 s'}, 'time: must be more than 0, not "0 s"'),
        ({'rule': 'mean', 'time': 5}, "time: 5 carries no unit; write a time such as '50 us'"),
        ({'rule': 'mean', 'mode': 'c'}, "mode: must be one of 'a' or 'b', not \"c\""),
        ({'rule': 'mean', 'number': True}, 'number: must be a number, not true'),
        ({'rule': 'mean', 'number': float('inf')}, 'number: must be finite, not Infinity'),
        ({'rule': 'mean', 'many': []}, 'many: must have 1 items or more, not []'),
        ({'rule': 'mean', 'many': ['mean', 'x']}, "many[1]: no rule 'x'; there are krum, mean"),
        ({'rule': 'mean', 'named': {'n': 1}}, 'named.n: must be a mapping of every, not 1'),
        ({'rule': 'mean', 'inner': [1]}, 'inner: must be a mapping of every, not [1]'),
        (
            {'rule': 'mean', 'keep': 'x'},
            'keep: must be true or false or a mapping of every, not "x"',
        ),
        # of alternatives, the one that got furthest was meant
        (
            {'rule': 'mean', 'keep': {'evry': 1}},
            "keep.evry: no such key, did you mean 'every'?",
        ),
        ({'rule': 'mean', 'keep': {'every': 'x'}}, 'keep.every: must be a whole number, not "x"'),
    ],
)
def test_words(data, message):
    assert message in told(data)


def test_long_values_are_cut():
    [message] = told({'rule': 'mean', 'number': 'x' * 1000})
    assert len(message) < 120


def test_a_wrong_key_is_at_fault_itself_and_a_wrong_name_alone_is_a_value():
    with pytest.raises(ValidationError) as refused:
        Section.model_validate({'rule': 'krm', 'tim': 1})
    assert {f.place: f.at_key for f in faults(refused.value, Shape(Section))} == {
        ('rule',): False,
        ('tim',): True,
    }


def test_shapes_tell_what_may_stand_where():
    shape = Shape(Section)
    assert 'rule' in shape.names
    assert shape.at('rule').catalogue is RULES
    assert shape.at('rule').at('krum').names == ['f']
    assert shape.at('many').at(0).catalogue is RULES
    assert shape.at('named').is_free
    assert shape.at('named').at('anything').names == ['every']
    assert shape.at('keep').is_union
    assert not shape.at('inner').is_union
    assert not shape.at('nothing').names
