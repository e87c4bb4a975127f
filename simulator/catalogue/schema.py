"""JSON Schema of a scenario, so that editors complete and check it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from simulator.catalogue.catalogue import Catalogue
from simulator.catalogue.entry import Entry

__all__ = ['json_schema', 'partial']

Schema = dict[str, Any]


def json_schema(model: type[BaseModel]) -> Schema:
    """Return the JSON Schema of *model*, its catalogues included, each once under ``$defs``."""
    definitions: dict[str, Schema] = {}
    schema = _resolved(model.model_json_schema(mode='validation'), definitions)
    return {**schema, '$defs': dict(sorted(definitions.items()))}


def partial(schema: Schema) -> Schema:
    """Return *schema* with nothing required and null allowed: what may be merged over data.

    Definitions get a name of their own, so that both can stand in one document.
    """
    definitions = schema.get('$defs', {})
    renamed = {_partly(name): _loose(each) for name, each in definitions.items()}
    return {**_loose({k: v for k, v in schema.items() if k != '$defs'}), '$defs': renamed}


def _partly(name: str) -> str:
    return f'part of {name}'


def _loose(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_loose(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _loose(value) for key, value in schema.items() if key != 'required'}
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
    if catalogue.kind not in definitions:
        # filled in after the name is taken: a rule may take another rule as an option
        definitions[catalogue.kind] = {}
        definitions[catalogue.kind] = _choice(catalogue, definitions)
    return {'$ref': f'#/$defs/{catalogue.kind}'}


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
    schema = entry.model.model_json_schema(mode='validation')
    options: Schema = _resolved(schema, definitions)
    options.pop('title', None)
    return {**options, 'description': entry.doc.summary}
