"""Where one choice may stand, or a list of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import TypeAdapter

from simulator.catalogue import Catalogue, Choice, Plain

__all__ = ['OneOrMore']


@dataclass(frozen=True)
class OneOrMore(Plain):
    """Marks a place for one entry of a catalogue, or for a list that holds one at least.

    Parameters
    ----------
    catalogue : Catalogue

    Examples
    --------
    >>> def louder(*, factor: float = 2.0): ...
    >>> several = OneOrMore(Catalogue('attack', {'louder': louder}))
    >>> several.read('louder') == several.read([{'louder': {'factor': 2.0}}])
    True
    """

    catalogue: Catalogue

    def read(self, data: object) -> tuple[Choice, ...]:
        """Return all choices that *data* makes."""
        if not isinstance(data, list | tuple):
            return (self.catalogue.read(data),)
        if not data:
            raise ValueError(f'is an empty list; name one {self.catalogue.kind} at least')
        return tuple(TypeAdapter(list[Annotated[Choice, self.catalogue]]).validate_python(data))

    def write(self, choices: tuple[Choice, ...]) -> Any:
        """Return plain data that `read` turns into *choices* again."""
        plain = [choice.plain() for choice in choices]
        return plain[0] if len(plain) == 1 else plain

    def for_editors(self) -> dict[str, Any]:
        """Return the JSON Schema of either."""
        one = {'x-catalogue': self.catalogue}
        return {'anyOf': [one, {'type': 'array', 'items': one, 'minItems': 1}]}
