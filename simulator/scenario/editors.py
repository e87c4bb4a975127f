"""JSON Schema of scenario files, by which editors complete and check them while one types."""

from __future__ import annotations

from typing import Any

from simulator.catalogue import json_schema, partial
from simulator.scenario.schema import Scenario, ScenarioFile

__all__ = ['scenario_schema']


def scenario_schema() -> dict[str, Any]:
    """Return the schema of scenario files, with the catalogues as they are now."""
    schema = json_schema(ScenarioFile)
    part = partial(json_schema(Scenario))
    definitions = {**schema.pop('$defs'), **part.pop('$defs'), 'variant': part}
    properties = schema['properties']
    properties['variants'] |= {
        'additionalProperties': {'anyOf': [{'$ref': '#/$defs/variant'}, {'type': 'null'}]}
    }
    cells = {'type': 'array', 'items': {'type': 'object', 'minProperties': 1}, 'minItems': 1}
    properties['vary'] |= {
        'properties': {'include': cells, 'exclude': cells},
        'additionalProperties': {'type': 'array', 'minItems': 1},
    }
    return {
        # what language servers know best
        '$schema': 'http://json-schema.org/draft-07/schema#',
        **schema,
        'title': 'Bosphorus scenario',
        '$defs': dict(sorted(definitions.items())),
    }
