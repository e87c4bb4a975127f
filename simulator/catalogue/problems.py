"""Put pydantic's errors into the words of a scenario."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.catalogue.shape import Shape
from simulator.errors import did_you_mean

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

__all__ = ['Fault', 'dotted', 'faults']

Place = tuple[str | int, ...]


class Fault(NamedTuple):
    """One thing wrong in nested data.

    Attributes
    ----------
    place : tuple of str or int
        Keys and list positions that lead to it.
    message : str
        What is wrong, and the remedy.
    at_key : bool
        Whether the key itself is wrong, rather than what stands under it.
    """

    place: Place
    message: str
    at_key: bool = False


def faults(error: ValidationError, shape: Shape) -> list[Fault]:
    """Return all that is wrong, at the places where it is wrong.

    Parameters
    ----------
    error : pydantic.ValidationError
        What validation said.
    shape : Shape
        Of the data that were validated.
    """
    found: dict[Place, list[Fault]] = {}
    for detail in error.errors():
        place, there = _place(detail['loc'], shape)
        found.setdefault(place, []).append(Fault(place, *_words(detail, place, there)))
    # where alternatives failed, the one that got furthest is the one that was meant
    meant = [p for p in found if not any(o != p and o[: len(p)] == p for o in found)]
    return [_joined(found[place]) for place in meant]


def dotted(place: Iterable[str | int]) -> str:
    """Return a place as people write it.

    Examples
    --------
    >>> dotted(('learning', 'model', 'mlp', 'hidden', 1))
    'learning.model.mlp.hidden[1]'
    """
    return ''.join(f'[{k}]' if isinstance(k, int) else f'.{k}' for k in place).lstrip('.')


def _place(loc: Place, shape: Shape) -> tuple[Place, Shape]:
    """Return *loc* without the names of alternatives, and the shape of its parent."""
    place, parent, named = list[str | int](), shape, False
    for key in loc:
        # pydantic names the alternative of a union that it tried, then the key in it
        if shape.is_union and not named and isinstance(key, str) and key not in shape.names:
            named = True
            continue
        place.append(key)
        parent, shape, named = shape, shape.at(key), False
    return tuple(place), parent


def _words(detail: ErrorDetails, place: Place, parent: Shape) -> tuple[str, bool]:
    kind, context = detail['type'], detail.get('ctx', {})
    if kind == 'extra_forbidden':
        return _unknown(place[-1], parent), True
    if kind == 'missing':
        return f'is missing{_about(place[-1], parent)}', True
    if kind in ('unknown_name', 'contradiction'):
        return context['text'], context['at_key']
    if kind == 'value_error':
        return str(context['error']), False
    if kind in ('model_type', 'dict_type'):
        return f'must be a mapping{_of(parent.at(place[-1])) if place else ""}{_but(detail)}', False
    if kind in _WORDS:
        return f'{_WORDS[kind](context)}{_but(detail)}', False
    return detail['msg'].replace('Input', 'must').replace('must should', 'must'), False


def _unknown(key: str | int, parent: Shape) -> str:
    names = parent.names
    return f'no such key{did_you_mean(key, names)}' if names else 'no such key; it takes no options'


def _about(key: str | int, parent: Shape) -> str:
    catalogue = parent.at(key).catalogue
    if catalogue is None:
        return ''
    return f'; name one {catalogue.kind}, such as {next(iter(catalogue), "")!r}'


def _of(shape: Shape) -> str:
    return f' of {", ".join(shape.names)}' if shape.names else ''


def _but(detail: ErrorDetails) -> str:
    text = json.dumps(detail['input'], default=str, ensure_ascii=False)
    return f', not {text if len(text) <= 60 else text[:57] + "..."}'


def _joined(same: list[Fault]) -> Fault:
    messages = dict.fromkeys(fault.message for fault in same)
    # 'must be a, not x' and 'must be b, not x' are alternatives for the same x
    heads = [message.partition(', not ')[0] for message in messages]
    if len(heads) == 1:
        return same[0]
    tail = same[0].message.partition(', not ')[2]
    alternatives = ' or '.join([heads[0], *(head.removeprefix('must be ') for head in heads[1:])])
    return same[0]._replace(message=f'{alternatives}, not {tail}' if tail else alternatives)


def _number(bound: float) -> str:
    return f'{bound:g}' if isinstance(bound, float) else str(bound)


def _options(context: Mapping[str, Any]) -> str:
    return f'must be one of {context["expected"]}'


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    'int_type': lambda _: 'must be a whole number',
    'int_from_float': lambda _: 'must be a whole number',
    'float_type': lambda _: 'must be a number',
    'bool_type': lambda _: 'must be true or false',
    'string_type': lambda _: 'must be a text',
    'list_type': lambda _: 'must be a list',
    'finite_number': lambda _: 'must be finite',
    'literal_error': _options,
    'enum': _options,
    'greater_than': lambda c: f'must be more than {_number(c["gt"])}',
    'greater_than_equal': lambda c: f'must be at least {_number(c["ge"])}',
    'less_than': lambda c: f'must be less than {_number(c["lt"])}',
    'less_than_equal': lambda c: f'must be at most {_number(c["le"])}',
    'too_short': lambda c: f'must have {c["min_length"]} items or more',
    'too_long': lambda c: f'must have at most {c["max_length"]} items',
    'string_too_short': lambda _: 'must not be empty',
    'string_too_long': lambda c: f'must have at most {c["max_length"]} characters',
}
