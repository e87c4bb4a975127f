"""JSON Schema of scenario files, by which editors complete and check them while one types."""

from __future__ import annotations

import json
from typing import Any

from simulator.catalogue import json_schema, partial
from simulator.scenario.schema import Scenario, ScenarioFile

__all__ = ['as_text', 'scenario_schema']


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


def as_text(data: Any, levels: int = 6, indent: int = 0) -> str:
    """Return *data* as JSON with the outer *levels* on lines of their own, the rest on one line.

    A schema is read by programs; what people read is its difference to the last one.

    Examples
    --------
    >>> print(as_text({'a': {'b': [1, 2]}, 'c': {}}, levels=1))
    {
     "a": {"b": [1, 2]},
     "c": {}
    }
    """
    if not isinstance(data, dict) or not data or not levels:
        return json.dumps(data, ensure_ascii=False)
    margin = ' ' * (indent + 1)
    lines = (
        f'{margin}{json.dumps(key)}: {as_text(each, levels - 1, indent + 1)}'
        for key, each in data.items()
    )
    return '{\n' + ',\n'.join(lines) + f'\n{" " * indent}}}'
