"""The JSON Schema of scenarios: what loads passes it, what it refuses does not load."""

import re
from functools import cache

import pytest

from simulator.scenario.document import parse
from simulator.scenario.editors import scenario_schema

schema_of_all = cache(scenario_schema)


def fits(data, schema):
    """Validate by the few words of JSON Schema that ours uses."""
    if '$ref' in schema:
        return fits(data, schema_of_all()['$defs'][schema['$ref'].removeprefix('#/$defs/')])
    if 'type' in schema and not is_type(data, schema):
        return False
    return all(WORDS[word](data, schema) for word in schema if word in WORDS)


def is_type(data, schema):
    kinds = {'integer': int, 'number': (int, float), 'string': str, 'array': list, 'object': dict}
    if schema['type'] in ('boolean', 'null'):
        return isinstance(data, bool) if schema['type'] == 'boolean' else data is None
    return isinstance(data, kinds[schema['type']]) and not isinstance(data, bool)


def properties(data, schema):
    known = schema.get('properties', {})
    rest = schema.get('additionalProperties', {})
    return not isinstance(data, dict) or all(
        fits(each, known[key]) if key in known else rest is not False and fits(each, rest)
        for key, each in data.items()
    )


WORDS = {
    'type': is_type,
    'const': lambda data, schema: data == schema['const'],
    'enum': lambda data, schema: data in schema['enum'],
    'anyOf': lambda data, schema: any(fits(data, each) for each in schema['anyOf']),
    'pattern': lambda data, schema: bool(re.search(schema['pattern'], data)),
    'required': lambda data, schema: all(key in data for key in schema['required']),
    'properties': properties,
    'additionalProperties': properties,
    'items': lambda data, schema: all(fits(each, schema['items']) for each in data),
    'minItems': lambda data, schema: len(data) >= schema['minItems'],
    'maxItems': lambda data, schema: len(data) <= schema['maxItems'],
    'minProperties': lambda data, schema: len(data) >= schema['minProperties'],
    'maxProperties': lambda data, schema: len(data) <= schema['maxProperties'],
    'minimum': lambda data, schema: data >= schema['minimum'],
    'maximum': lambda data, schema: data <= schema['maximum'],
    'exclusiveMinimum': lambda data, schema: data > schema['exclusiveMinimum'],
    'exclusiveMaximum': lambda data, schema: data < schema['exclusiveMaximum'],
    'minLength': lambda data, schema: len(data) >= schema['minLength'],
    'maxLength': lambda data, schema: len(data) <= schema['maxLength'],
}
ABOUT = {'$schema', '$defs', 'title', 'description', 'default', 'examples'}


def words_of(schema):
    for word, value in schema.items():
        yield word
        if word in ('properties', '$defs'):
            for each in value.values():
                yield from words_of(each)
        elif word == 'anyOf':
            for each in value:
                yield from words_of(each)
        elif word in ('items', 'additionalProperties') and isinstance(value, dict):
            yield from words_of(value)


def test_the_test_knows_all_words_that_the_schema_uses():
    assert set(words_of(schema_of_all())) <= {*WORDS, *ABOUT, '$ref'}


VARIED = """
variants:
  a: {training: {all_reduce: {algorithm: {ring: {}}}}, learning: {optimizer: {sgd: {}}}}
  b: {learning: {batch: null}, cluster: null}
  c:
vary: {seed: [1, 2], include: [{seed: 3}], exclude: [{variant: a}]}
"""


@pytest.mark.parametrize('more', ['', VARIED])
def test_what_loads_fits(small, more):
    assert fits(parse(small + more).plain(), schema_of_all())


def test_what_is_resolved_fits(runs):
    assert fits(runs()[0].resolved, schema_of_all())


@pytest.mark.parametrize(
    ('old', 'new'),
    [
        ('seed: 7', 'sede: 7'),
        ('seed: 7', 'seed: -7'),
        ('{rounds: 3}', '{rounds: 3, time: 3}'),
        ('{rounds: 3}', '{time: 3 Gb/s}'),
        ('star:', 'start:'),
        ('workers: 4, ', ''),
        ('digits', 'digts'),
        ('{rate: 0.1}', '{rat: 0.1}'),
        ('{rate: 0.1}', '{rate: fast}'),
        ('model: linear', 'batch: 2'),
        ('parameter_server', 'server'),
        ('{aggregation: mean}', '{aggregation: {mean: {f: 1}}}'),
    ],
)
def test_what_is_wrong_does_not_fit(small, old, new):
    assert old in small
    assert not fits(parse(small.replace(old, new)).plain(), schema_of_all())
