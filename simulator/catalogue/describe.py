"""Say what an entry of a catalogue takes, for people and for programs that print it."""

from __future__ import annotations

import inspect
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as at

from simulator.catalogue.catalogue import Catalogue
from simulator.catalogue.entry import Entry
from simulator.units import FileName, Quantity

__all__ = ['described', 'typed']

_PLAIN = {int: 'whole number', float: 'number', bool: 'true or false', str: 'text'}
_BOUNDS = {at.Gt: ('gt', '>'), at.Ge: ('ge', '>='), at.Lt: ('lt', '<'), at.Le: ('le', '<=')}


def described(catalogue: Catalogue, name: str) -> dict[str, Any]:
    """Return all there is to know of an entry, as plain data.

    Examples
    --------
    >>> def krum(vectors, *, f: int, keep: int = 1):
    ...     '''Pick the closest.'''
    >>> entry = described(Catalogue('rule', {'krum': krum}), 'krum')
    >>> entry['summary'], entry['options'][1]['default']
    ('Pick the closest.', 1)
    """
    entry = catalogue.entry(name)
    return {
        'name': name,
        'kind': catalogue.kind,
        'summary': entry.doc.summary,
        'options': [_option(entry, option) for option in entry.parameters],
        'references': list(entry.doc.references),
        'source': entry.source or 'built in',
    }


def typed(annotation: Any) -> str:
    """Return a type in the words of a scenario's reader.

    Examples
    --------
    >>> from simulator.units import Seconds
    >>> typed(list[Annotated[int, at.Gt(0)]]), typed(Seconds), typed(Literal['a', 'b'])
    ('list of whole number > 0', "time such as '50 us'", 'a | b')
    """
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        bounds = ' and '.join(_bounds(metadata))
        return f'{_annotated(inner, metadata)} {bounds}'.strip()
    if get_origin(annotation) in (Union, UnionType):
        return ' or '.join(typed(each) for each in get_args(annotation) if each is not type(None))
    if get_origin(annotation) is Literal:
        return ' | '.join(str(each) for each in get_args(annotation))
    if get_origin(annotation) is list:
        return f'list of {typed(get_args(annotation)[0])}'
    # a type variable stands for the quantity that a law is a law of
    return _PLAIN.get(annotation) or ('value' if hasattr(annotation, '__bound__') else 'mapping')


def _annotated(inner: Any, metadata: list[Any]) -> str:
    for each in metadata:
        if isinstance(each, Catalogue):
            return each.kind
        if isinstance(each, Quantity):
            return f'{each.name} such as {each.example!r}'
        if isinstance(each, FileName):
            return 'file'
    return typed(inner)


def _bounds(metadata: list[Any]) -> list[str]:
    return [
        f'{sign} {getattr(each, attribute)}'
        for each in metadata
        for kind, (attribute, sign) in _BOUNDS.items()
        if isinstance(each, kind)
    ]


def _option(entry: Entry, name: str) -> dict[str, Any]:
    parameter = entry.parameters[name]
    required = parameter.default is inspect.Parameter.empty
    default = {} if required else entry.write({parameter.name: parameter.default})
    return {
        'name': name,
        'type': typed(parameter.annotation),
        'required': required,
        'default': default.get(name),
        'description': entry.doc.parameters.get(parameter.name, ''),
    }
