"""What may stand at each place of nested data, read off its types.

Merging has to know where a choice stands and where a section; an error about an unknown key has
to know the right ones. Both walk the same types that validate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from simulator.catalogue.catalogue import Catalogue
from simulator.units import FileName

__all__ = ['Shape']


class Shape:
    """What may stand at one place.

    Parameters
    ----------
    annotation : type
        As in a signature or a pydantic model; None where nothing is known.

    Examples
    --------
    >>> def sgd(*, rate: float): ...
    >>> optimizers = Shape(Annotated[Any, Catalogue('optimizer', {'sgd': sgd})])
    >>> optimizers.names, optimizers.at('sgd').names
    (['sgd'], ['rate'])
    """

    def __init__(self, annotation: Any):
        self._parts = list(_parts(annotation))

    @property
    def catalogue(self) -> Catalogue | None:
        """The catalogue an entry of which is chosen here, if so."""
        found = (_catalogue(metadata) for _, metadata in self._parts)
        return next((each for each in found if each is not None), None)

    @property
    def is_file(self) -> bool:
        """Whether a text that stands here names a file."""
        return any(isinstance(each, FileName) for _, metadata in self._parts for each in metadata)

    @property
    def names(self) -> list[str]:
        """The keys that a mapping may have here; empty where any or none may stand."""
        if self.catalogue is not None:
            return list(self.catalogue)
        return [name for model in self._models for name in _fields(model)]

    @property
    def is_free(self) -> bool:
        """Whether any key may stand here."""
        return any(get_origin(kind) is dict for kind, _ in self._parts)

    @property
    def is_union(self) -> bool:
        """Whether alternatives may stand here (pydantic then names one in an error's place)."""
        # a choice tells its alternatives apart itself
        alternatives = sum(kind is not type(None) for kind, _ in self._parts)
        return alternatives > 1 and self.catalogue is None

    def at(self, key: str | int) -> Shape:
        """Return what may stand under *key*."""
        if self.catalogue is not None and key in self.catalogue:
            return Shape(self.catalogue.entry(str(key)).model)
        for model in self._models:
            if key in _fields(model):
                return Shape(_fields(model)[str(key)])
        inner = [get_args(kind)[-1] for kind, _ in self._parts if _holds(kind, key)]
        return Shape(inner[0] if inner else None)

    @property
    def _models(self) -> list[type[BaseModel]]:
        return [
            kind
            for kind, _ in self._parts
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        ]


def _parts(annotation: Any, metadata: Sequence[Any] = ()) -> Iterator[tuple[Any, Sequence[Any]]]:
    """Yield each alternative of *annotation* with what is annotated to it."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        yield from _parts(inner, [*metadata, *more])
    elif get_origin(annotation) in (Union, UnionType):
        for alternative in get_args(annotation):
            yield from _parts(alternative, metadata)
    elif annotation is not None:
        yield annotation, metadata


def _catalogue(metadata: Sequence[Any]) -> Catalogue | None:
    for each in metadata:
        # a `catalogue` attribute marks a value that may also be a choice, such as a law
        found = each if isinstance(each, Catalogue) else getattr(each, 'catalogue', None)
        if isinstance(found, Catalogue):
            return found
    return None


@lru_cache(maxsize=1024)
def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """Return the types of the keys of *model*, with all that is annotated to them."""
    found = {}
    for name, info in model.model_fields.items():
        annotation: Any = info.annotation
        for extra in info.metadata:
            annotation = Annotated[annotation, extra]
        found[info.alias or name] = annotation
    return found


def _holds(kind: Any, key: str | int) -> bool:
    origin = get_origin(kind)
    return origin is dict if isinstance(key, str) else origin in (list, tuple, Sequence)
