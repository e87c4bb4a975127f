"""One entry of a catalogue: its signature is the schema of its options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

from simulator.catalogue.docs import Doc, read_doc

__all__ = ['Entry', 'Options', 'Types']

Types = Mapping[TypeVar, Any]
"""What the type variables of a catalogue's signatures stand for."""


class Options(BaseModel):
    """The options of one entry, as pydantic sees them; made by `Entry`, never by hand."""

    model_config = ConfigDict(
        extra='forbid', strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Entry:
    """A function or class of a catalogue, with the schema of its options.

    Positional parameters are context, handed in by the simulator; keyword-only ones are the
    options a scenario may set. A trailing underscore (``lambda_``) is not part of the option's
    name.

    Parameters
    ----------
    name : str
        What scenarios call it.
    function : callable
        The function or class.
    types : mapping of TypeVar to type, optional
        What the type variables in its signature stand for.
    source : str
        Where it comes from: '' for the project itself, else the plug-in.
    """

    def __init__(
        self, name: str, function: Callable[..., Any], types: Types | None = None, source: str = ''
    ):
        self.name = name
        self.function = function
        self.source = source
        self._types = types or {}

    @cached_property
    def doc(self) -> Doc:
        """Its documentation."""
        return read_doc(self.function)

    @cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """Its options by name, annotations resolved.

        Raises
        ------
        TypeError
            If the signature is no schema: an option without a type, or ``**options``.
        """
        signature = inspect.signature(self.function, eval_str=True)
        found = {}
        for parameter in signature.parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                raise TypeError(f'{self.name}: **{parameter.name} is no schema; name the options')
            if parameter.kind is parameter.KEYWORD_ONLY:
                found[parameter.name.rstrip('_')] = self._typed(parameter)
        return found

    @cached_property
    def model(self) -> type[Options]:
        """The pydantic model of its options."""
        fields: dict[str, Any] = {
            # the prefix keeps options called `copy` or `json` clear of pydantic's own names
            f'option_{name}': (parameter.annotation, self._field(name, parameter))
            for name, parameter in self.parameters.items()
        }
        # a class that is made has no source: pydantic would look for it in every frame of the stack
        late = {'use_attribute_docstrings': False, 'defer_build': True}
        model = create_model(
            self.name, __base__=Options, __doc__=self.doc.summary, __cls_kwargs__=late, **fields
        )
        model.model_config['use_attribute_docstrings'] = True  # of records among the options
        return model

    def read(self, options: object) -> dict[str, Any]:
        """Return the keyword arguments that *options*, plain data, stand for.

        Raises
        ------
        pydantic.ValidationError
            If they do not fit; the places of its errors begin with the entry's name.
        """
        record = self._reader.validate_python({self.name: options})[self.name]
        return {
            parameter.name: getattr(record, f'option_{name}')
            for name, parameter in self.parameters.items()
        }

    def write(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return plain data that `read` turns into *options* again; None is left out."""
        values = {
            f'option_{name}': options[parameter.name]
            for name, parameter in self.parameters.items()
            if parameter.name in options
        }
        record = self.model.model_construct(None, **values)
        return record.model_dump(by_alias=True, exclude_none=True)

    @property
    def takes_nothing(self) -> bool:
        """Whether the name alone is enough."""
        return all(p.default is not p.empty for p in self.parameters.values())

    @cached_property
    def _reader(self) -> TypeAdapter[dict[str, Options]]:
        # a dict, so that the place of an error goes through the entry's name
        return TypeAdapter(dict[str, self.model])  # type: ignore[name-defined]

    def _typed(self, parameter: inspect.Parameter) -> inspect.Parameter:
        annotation = parameter.annotation
        if annotation is parameter.empty:
            raise TypeError(f'{self.name}: option {parameter.name} has no type')
        if parameter.default is None or type(None) not in getattr(annotation, '__args__', ()):
            return parameter.replace(annotation=self._substituted(annotation))
        # in a scenario null means "leave it out", so it has to mean the default
        raise TypeError(f'{self.name}: option {parameter.name} may be None, so None is its default')

    def _substituted(self, annotation: Any) -> Any:
        if isinstance(annotation, TypeVar):
            return self._types.get(annotation, annotation)
        variables = getattr(annotation, '__parameters__', ())
        if not variables or not self._types:
            return annotation
        return annotation[tuple(self._types.get(v, v) for v in variables)]

    def _field(self, name: str, parameter: inspect.Parameter) -> Any:
        default = ... if parameter.default is parameter.empty else parameter.default
        about = self.doc.parameters.get(parameter.name)
        return Field(default, alias=name, description=about)
