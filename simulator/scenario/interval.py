"""How often something happens: every so many rounds, epochs or seconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from simulator.catalogue import plain_schema
from simulator.errors import QuantityError
from simulator.training import Every
from simulator.units import Seconds, format_quantity, parse_quantity

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ['Interval', 'format_interval', 'parse_interval']

_COUNTED = re.compile(r'((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(round|epoch)s?')
_EXAMPLES = "'1 epoch', '10 rounds' or '5 s'"


def parse_interval(text: object) -> Every:
    """Return how often something happens: every so many rounds, epochs or seconds.

    Raises
    ------
    QuantityError
        If *text* says nothing of the kind.

    Examples
    --------
    >>> parse_interval('5 rounds'), parse_interval('10 ms')
    (Every(count=5.0, unit='rounds'), Every(count=0.01, unit='seconds'))
    """
    if not isinstance(text, str):
        raise QuantityError(f'must be an interval such as {_EXAMPLES}, not {text!r}')
    if match := _COUNTED.fullmatch(text.strip()):
        count = float(match[1])
        if match[2] == 'round':
            return _checked(Every(count, 'rounds'), text, whole=True)
        return _checked(Every(count, 'epochs'), text)
    try:
        seconds = parse_quantity(text, Seconds)
    except QuantityError:
        raise QuantityError(f'{text!r} is no interval; write {_EXAMPLES}') from None
    return _checked(Every(seconds, 'seconds'), text)


def format_interval(every: Every) -> str:
    """Return the text that `parse_interval` turns into *every* again.

    Examples
    --------
    >>> format_interval(Every(1.0, 'epochs')), format_interval(Every(0.01, 'seconds'))
    ('1 epoch', '10 ms')
    """
    if every.unit == 'seconds':
        return format_quantity(every.count, Seconds)
    count = int(every.count) if every.count == int(every.count) else every.count
    return f'{count} {every.unit[:-1] if count == 1 else every.unit}'


def _checked(every: Every, text: str, *, whole: bool = False) -> Every:
    if every.count <= 0:
        raise QuantityError(f'{text!r} must be more than 0')
    if whole and every.count != int(every.count):
        raise QuantityError(f'{text!r} is not a whole number of rounds')
    return every


class _Interval:
    """Lets pydantic read and write an `Every`."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return plain_schema(parse_interval, format_interval)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {'type': 'string', 'examples': ['1 epoch', '10 rounds', '5 s']}


Interval: TypeAlias = Annotated[Every, _Interval()]
