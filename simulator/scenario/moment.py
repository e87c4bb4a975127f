"""A point in a run: after so many rounds, or at a simulated time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from simulator.catalogue import plain_schema
from simulator.errors import QuantityError
from simulator.training.adversary import Moment
from simulator.units import Seconds, format_quantity, parse_quantity

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ['PointInRun', 'format_moment', 'parse_moment']

_ROUNDS = re.compile(r'(\d+)\s*rounds?')
_EXAMPLES = "'10 rounds' or '5 s'"


def parse_moment(text: object) -> Moment:
    """Return the point in a run that a text names.

    Raises
    ------
    QuantityError
        If it names none.

    Examples
    --------
    >>> parse_moment('10 rounds'), parse_moment('5 ms')
    (Moment(count=10, unit='rounds'), Moment(count=0.005, unit='seconds'))
    """
    if not isinstance(text, str):
        raise QuantityError(f'must be a point in the run such as {_EXAMPLES}, not {text!r}')
    if match := _ROUNDS.fullmatch(text.strip()):
        return Moment(int(match[1]), 'rounds')
    try:
        seconds = parse_quantity(text, Seconds)
    except QuantityError:
        raise QuantityError(f'{text!r} is no point in a run; write {_EXAMPLES}') from None
    if seconds < 0:
        raise QuantityError(f'{text!r} is before the run; write {_EXAMPLES}')
    return Moment(seconds, 'seconds')


def format_moment(moment: Moment) -> str:
    """Return the text that `parse_moment` turns into *moment* again.

    Examples
    --------
    >>> format_moment(Moment(1)), format_moment(Moment(0.005, 'seconds'))
    ('1 round', '5 ms')
    """
    if moment.unit == 'seconds':
        return format_quantity(moment.count, Seconds)
    return f'{moment.count} {"round" if moment.count == 1 else "rounds"}'


class _PointInRun:
    """Lets pydantic read and write a `Moment`."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return plain_schema(parse_moment, format_moment)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {'type': 'string', 'examples': ['10 rounds', '5 s']}


PointInRun: TypeAlias = Annotated[Moment, _PointInRun()]
