"""How pydantic handles what is read from plain data by one function, and written by another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

__all__ = ['plain_schema']


def plain_schema(read: Callable[[Any], Any], write: Callable[[Any], Any]) -> CoreSchema:
    """Return the schema of a type that *read* makes of plain data, and *write* turns back.

    Examples
    --------
    >>> from pydantic_core import SchemaSerializer, SchemaValidator
    >>> schema = plain_schema(lambda text: text.split(), ' '.join)
    >>> SchemaValidator(schema).validate_python('a b')
    ['a', 'b']
    >>> SchemaSerializer(schema).to_python(['a', 'b'])
    'a b'
    """
    from pydantic_core import core_schema

    return core_schema.no_info_plain_validator_function(
        read, serialization=core_schema.plain_serializer_function_ser_schema(write)
    )
