"""How pydantic handles what is read from plain data by one function, and written by another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ['Plain', 'plain_schema']


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


class Plain(ABC):
    """Annotates a place in a scenario for what is read from plain data, and written again."""

    @abstractmethod
    def read(self, data: object) -> Any:
        """Return what *data* stand for."""

    @abstractmethod
    def write(self, value: Any) -> Any:
        """Return plain data that `read` turns into *value* again."""

    @abstractmethod
    def for_editors(self) -> dict[str, Any]:
        """Return the JSON Schema of such data."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return plain_schema(self.read, self.write)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return self.for_editors()
