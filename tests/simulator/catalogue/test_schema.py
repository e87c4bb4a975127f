"""The JSON Schema that editors get."""

import json
from typing import Annotated

from pydantic import BaseModel, Field

from simulator.catalogue import Catalogue, Choice, json_schema, partial
from simulator.units import Seconds


def krum(vectors, *, f: int, patience: Seconds = 0.5):
    """Pick the closest.

    Parameters
    ----------
    f : int
        Liars to survive.
    """


RULES = Catalogue('aggregation rule', {'mean': lambda vectors: 0, 'krum': krum})


def wrapped(vectors, *, rule: Annotated[Choice, RULES] = RULES.choice('mean')):
    """Wrap a rule."""


RULES.add({'wrapped': wrapped}, 'the test')


class Inner(BaseModel):
    size: int


class Section(BaseModel):
    rule: Annotated[Choice, RULES] = Field(RULES.choice('mean'), description='Which.')
    inner: Inner


SCHEMA = json_schema(Section)


def references(schema):
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == '$ref':
                yield value.removeprefix('#/$defs/')
            else:
                yield from references(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from references(each)


def test_it_is_plain_json_and_every_reference_leads_somewhere():
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert set(references(SCHEMA)) == set(SCHEMA['$defs'])


def test_a_name_alone_is_offered_where_it_is_enough():
    *short, long = SCHEMA['$defs']['aggregation_rule']['anyOf']
    assert [each['const'] for each in short] == ['mean', 'wrapped']
    assert list(long['properties']) == ['mean', 'krum', 'wrapped']


def test_options_carry_docs_bounds_and_defaults_as_in_a_file():
    options = SCHEMA['$defs']['aggregation_rule']['anyOf'][-1]['properties']['krum']
    assert options['description'] == 'Pick the closest.'
    assert options['required'] == ['f']
    assert options['properties']['f']['description'] == 'Liars to survive.'
    assert options['properties']['patience']['default'] == '500 ms'
    assert options['additionalProperties'] is False


def test_a_default_that_is_a_choice_is_its_name():
    assert SCHEMA['properties']['rule']['default'] == 'mean'
    assert SCHEMA['properties']['rule']['description'] == 'Which.'


def test_a_part_requires_nothing_and_lets_null_remove():
    part = partial(SCHEMA)
    assert 'required' not in json.dumps(part)
    assert set(references(part)) == set(part['$defs'])
    assert not set(part['$defs']) & set(SCHEMA['$defs'])
    assert {'type': 'null'} in part['properties']['inner']['anyOf']
