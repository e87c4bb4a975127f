"""Turn `krum`, or `{krum: {f: 2}}`, into something that can be called; refuse what is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from simulator.catalogue.entry import Entry, Types
from simulator.catalogue.plain import Plain
from simulator.errors import PluginError, did_you_mean

__all__ = ['Catalogue', 'Choice']


class Catalogue(Plain, Mapping[str, Callable[..., Any]]):
    """All entries of one kind, such as the aggregation rules, by name.

    It is a mapping of name to function. In a signature, or as a field of the scenario, it says
    that the scenario chooses one of its entries there::

        def parameter_server(*, aggregation: Annotated[Choice, RULES]): ...

    Parameters
    ----------
    kind : str
        What an entry is called in messages, such as ``'aggregation rule'``.
    entries : mapping of str to callable
        Positional parameters are context, keyword-only typed ones are the options.
    types : mapping of TypeVar to type, optional
        What the type variables in the signatures stand for, so that one set of laws serves
        times and rates.
    **beside : mapping of str to anything
        Properties of entries, each a mapping by entry name: `predict`, `check`, `tolerance`...
        `valid` is called with the options as soon as they are read, and raises a `ValueError`
        where they contradict each other.

    Examples
    --------
    >>> def scaled(vectors, *, factor: float, shift: float = 0.0):
    ...     return [factor * x + shift for x in vectors]
    >>> ATTACKS = Catalogue('attack', {'scaled': scaled})
    >>> ATTACKS.read({'scaled': {'factor': 2.0}})([1.0, 3.0])
    [2.0, 6.0]
    """

    def __init__(
        self,
        kind: str,
        entries: Mapping[str, Callable[..., Any]],
        types: Types | None = None,
        **beside: Mapping[str, Any],
    ):
        self.kind = kind
        self._types = types
        self._beside = beside
        self._entries = {name: Entry(name, each, types) for name, each in entries.items()}

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return self._entries[name].function

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    # a catalogue is a place where things are registered: equal means the same
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __deepcopy__(self, memo: object) -> Catalogue:
        # pydantic copies defaults
        return self

    def __repr__(self) -> str:
        return f'Catalogue({self.kind!r}, {list(self)})'

    def entry(self, name: str) -> Entry:
        """Return the entry called *name*, with its schema and documentation."""
        return self._entries[name]

    def beside(self, name: str, what: str) -> Any:
        """Return what stands beside the entry *name* under *what*, or None.

        Looked up in the tables given to the constructor, then as an attribute of the function or
        class, which is how plug-ins give it.

        Examples
        --------
        >>> def krum(vectors, *, f: int): ...
        >>> rules = Catalogue('rule', {'krum': krum}, tolerance={'krum': lambda n: (n - 3) // 2})
        >>> rules.beside('krum', 'tolerance')(10), rules.beside('krum', 'predict')
        (3, None)
        """
        table = self._beside.get(what, {})
        return table[name] if name in table else getattr(self[name], what, None)

    def choice(self, name: str, **options: Any) -> Choice:
        """Return the choice of *name* from Python, options as the function takes them.

        Useful for defaults: ``clock: Annotated[Choice, CLOCKS] = CLOCKS.choice('bsp')``.

        Raises
        ------
        KeyError, TypeError
            If there is no such entry or option; these are bugs in code, not in a scenario.
        """
        parameters = self.entry(name).parameters.values()
        if wrong := options.keys() - {parameter.name for parameter in parameters}:
            raise TypeError(f'{name} has no option {sorted(wrong)}')
        defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        return Choice(self, name, {**defaults, **options})

    def read(self, data: object) -> Choice:
        """Return the choice that *data* (a name, or a mapping of a name to its options) makes.

        Raises
        ------
        pydantic.ValidationError, ValueError
            If it makes none; `simulator.catalogue.problems` puts it into words.
        """
        if isinstance(data, Choice) and data.catalogue is self:
            return data
        name, options = self._named(data)
        if name not in self._entries:
            text = f'no {self.kind} {name!r}{did_you_mean(name, self)}'
            raise _at((name,) if isinstance(data, Mapping) else (), 'unknown_name', text)
        choice = Choice(self, name, self._entries[name].read(options))
        self._validate(choice)
        return choice

    def write(self, choice: Choice) -> str | dict[str, Any]:
        """Return plain data that `read` turns into *choice* again, all options filled in."""
        options = self.entry(choice.name).write(choice.options)
        return {choice.name: options} if options else choice.name

    def add(self, entries: Mapping[str, Callable[..., Any]], source: str) -> None:
        """Add the entries of a plug-in, each of them or none.

        Raises
        ------
        PluginError
            If a name is taken, or a signature is no schema.
        """
        added = {name: Entry(name, each, self._types, source) for name, each in entries.items()}
        for name, entry in added.items():
            if there := self._entries.get(name):
                owner = there.source or 'the project itself'
                raise PluginError(
                    f'{source}: {self.kind} {name!r} is already there, from {owner}; '
                    'choose another name'
                )
            try:
                _ = entry.model
            except Exception as error:  # whatever a foreign signature can hold
                raise PluginError(f'{source}: {self.kind} {name!r}: {error}') from error
        self._entries.update(added)

    def remove(self, source: str) -> None:
        """Take out all entries that came from *source*."""
        self._entries = {n: entry for n, entry in self._entries.items() if entry.source != source}

    def _validate(self, choice: Choice) -> None:
        if valid := choice.beside('valid'):
            try:
                valid(**choice.options)
            except ValueError as error:
                raise _at((choice.name,), 'contradiction', str(error)) from error

    def _named(self, data: object) -> tuple[str, object]:
        if isinstance(data, str):
            return data, {}
        if isinstance(data, Mapping) and len(data) == 1:
            [(name, options)] = data.items()
            return str(name), {} if options is None else options
        if isinstance(data, Mapping) and data:
            names = ' and '.join(repr(name) for name in list(data)[:3])
            raise ValueError(f'names {names}; one {self.kind} is due, its options under its name')
        example = next(iter(self), 'name')
        raise ValueError(f'must name one {self.kind}, such as {example!r}')

    def for_editors(self) -> dict[str, Any]:
        """Return the JSON Schema of such a choice."""
        # resolved by `simulator.catalogue.schema`, since catalogues may contain each other
        return {'x-catalogue': self}


@dataclass(frozen=True, repr=False)
class Choice:
    """An entry of a catalogue with its options bound; call it with the context it needs.

    Attributes
    ----------
    catalogue : Catalogue
        Where it was chosen.
    name : str
        The entry's name.
    options : mapping
        All options, defaults filled in, quantities in SI base units.

    Examples
    --------
    >>> def top_k(vector, *, k: int = 1):
    ...     return sorted(vector)[-k:]
    >>> choice = Catalogue('compressor', {'top_k': top_k}).read('top_k')
    >>> choice([3, 1, 2]), choice.plain()
    ([3], {'top_k': {'k': 1}})
    """

    catalogue: Catalogue
    name: str
    options: Mapping[str, Any]

    def __call__(self, *context: Any) -> Any:
        """Call the entry with *context* and the options."""
        return self.function(*context, **self.options)

    @property
    def kind(self) -> str:
        """What an entry of its catalogue is called."""
        return self.catalogue.kind

    @property
    def function(self) -> Callable[..., Any]:
        """The function or class behind it."""
        return self.catalogue[self.name]

    def beside(self, what: str) -> Any:
        """Return what stands beside the entry under *what* (`predict`, `check`, ...), or None."""
        return self.catalogue.beside(self.name, what)

    def plain(self) -> str | dict[str, Any]:
        """Return it as plain data, as it would stand in a scenario."""
        return self.catalogue.write(self)

    def __hash__(self) -> int:
        return hash((self.kind, self.name))

    def __repr__(self) -> str:
        return f'Choice({self.kind!r}, {self.name!r}, {dict(self.options)!r})'


def _at(place: tuple[str, ...], kind: LiteralString, text: str) -> ValidationError:
    # with a place, the key there is at fault; without, the name that stands alone
    error = PydanticCustomError(kind, '{text}', {'text': text, 'at_key': bool(place)})
    return ValidationError.from_exception_data(
        'choice', [InitErrorDetails(type=error, loc=place, input=None)]
    )
