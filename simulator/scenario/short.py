"""Sections that a single name may stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

from simulator.catalogue import Catalogue

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ['ShortForm']


@dataclass(frozen=True)
class ShortForm:
    """Marks a section for which the name of an entry may stand: short for one of its keys.

    Parameters
    ----------
    key : str
        Key of the section.
    entries : Catalogue
        What may stand there.
    """

    key: str
    entries: Catalogue

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._long, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {'anyOf': [{'enum': list(self.entries)}, handler(schema)]}

    def _long(self, data: object) -> object:
        return {self.key: data} if isinstance(data, str) else data
