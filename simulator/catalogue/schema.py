"""JSON Schema of a scenario, so that editors complete and check it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import SchemaSerializer, core_schema

from simulator.catalogue.catalogue import Catalogue
from simulator.catalogue.entry import Entry

__all__ = ['json_schema', 'partial']

Schema = dict[str, Any]


class _Generator(GenerateJsonSchema):
    """Writes defaults as they would stand in a file."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        inner: Schema = self.generate_inner(schema['schema'])
        if schema.get('default') is None:
            return inner
        plain = SchemaSerializer(schema['schema']).to_python(schema['default'])
        # that of a section says what its keys say anyway
        return inner if plain == {} or '$ref' in inner else {**inner, 'default': plain}

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema(model: type[BaseModel]) -> Schema:
    """Return the JSON Schema of *model*, its catalogues included, each once under ``$defs``."""
    definitions: dict[str, Schema] = {}
    schema = _resolved(_generated(model), definitions)
    return {**schema, '$defs': dict(sorted(definitions.items()))}


def partial(schema: Schema) -> Schema:
    """Return *schema* with nothing required and null allowed: what may be merged over data.

    Definitions get a name of their own, so that both can stand in one document.
    """
    definitions = schema.get('$defs', {})
    renamed = {_partly(name): _loose(each) for name, each in definitions.items()}
    return {**_loose({k: v for k, v in schema.items() if k != '$defs'}), '$defs': renamed}


def _partly(name: str) -> str:
    return f'{name}-part'


def _loose(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_loose(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: _loose(value)
        for key, value in schema.items()
        # an option may be called so, too
        if not (key == 'required' and isinstance(value, list))
    }
    if isinstance(reference := found.get('$ref'), str):
        found['$ref'] = f'#/$defs/{_partly(reference.removeprefix("#/$defs/"))}'
    if isinstance(properties := found.get('properties'), dict):
        found['properties'] = {
            key: {'anyOf': [each, {'type': 'null'}]} for key, each in properties.items()
        }
    return found


def _resolved(schema: Any, definitions: dict[str, Schema]) -> Any:
    """Replace each mark of a catalogue by a reference, and gather what is referred to."""
    if isinstance(schema, list):
        return [_resolved(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    for name, each in schema.get('$defs', {}).items():
        definitions[name] = {}
        definitions[name] = _resolved(each, definitions)
    found = {k: _resolved(v, definitions) for k, v in schema.items() if k != '$defs'}
    catalogue = found.pop('x-catalogue', None)
    return {**found, **_reference(catalogue, definitions)} if catalogue is not None else found


def _reference(catalogue: Catalogue, definitions: dict[str, Schema]) -> Schema:
    # a reference is a URL, so no spaces
    name = catalogue.kind.replace(' ', '_')
    if name not in definitions:
        # filled in after the name is taken: a rule may take another rule as an option
        definitions[name] = {}
        definitions[name] = _choice(catalogue, definitions)
    return {'$ref': f'#/$defs/{name}'}


def _choice(catalogue: Catalogue, definitions: dict[str, Schema]) -> Schema:
    entries: Mapping[str, Entry] = {name: catalogue.entry(name) for name in catalogue}
    short = [
        {'const': name, 'description': entry.doc.summary}
        for name, entry in entries.items()
        if entry.takes_nothing
    ]
    long = {
        'type': 'object',
        'properties': {name: _options(entry, definitions) for name, entry in entries.items()},
        'additionalProperties': False,
        'minProperties': 1,
        'maxProperties': 1,
    }
    return {'title': catalogue.kind, 'anyOf': [*short, long]}


def _options(entry: Entry, definitions: dict[str, Schema]) -> Schema:
    options: Schema = _resolved(_generated(entry.model), definitions)
    return {**options, 'description': entry.doc.summary}


def _generated(model: type[BaseModel]) -> Schema:
    schema = model.model_json_schema(mode='validation', schema_generator=_Generator)
    schema.pop('title', None)
    return schema
