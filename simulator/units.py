"""Quantities with units: text in a scenario, floats in SI base units inside the program.

An option that is a quantity says so in its signature, and thereby refuses bare numbers::

    def slow_link(*, latency: Seconds, bandwidth: BytesPerSecond = 1.25e9): ...

Texts are read through `decimal`, so ``'0.1 us'`` is the float nearest to 1e-7, and what
`format_quantity` writes is read back as the very same float.

b is a bit and B a byte; k, M, G, T, P, E are powers of 1000 and Ki, Mi, Gi, Ti powers of 1024.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_args

from simulator.errors import QuantityError, did_you_mean

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = [
    'Bytes',
    'BytesPerSecond',
    'Count',
    'FileName',
    'FlopCount',
    'FlopsPerSecond',
    'InputFile',
    'Quantity',
    'Seconds',
    'format_quantity',
    'parse_quantity',
    'quantity_of',
]

# exact for every product of a text's digits and a unit, whatever the exponent
_EXACT = Context(prec=80, Emax=MAX_EMAX, Emin=MIN_EMIN)
_NUMBER = re.compile(r'([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)', re.DOTALL)
_DECIMAL = {'': 0, 'k': 3, 'M': 6, 'G': 9, 'T': 12, 'P': 15, 'E': 18}
_BINARY = {'Ki': 10, 'Mi': 20, 'Gi': 30, 'Ti': 40}
# what people write when they mean one of our units; letter case is forgiven elsewhere
_SPELLINGS = {
    'bps': 'b/s', 'bit/s': 'b/s', 'byte/s': 'B/s', 'bit': 'b', 'bits': 'b', 'byte': 'B',
    'bytes': 'B', 'flops': 'flop', 'flop': 'flop/s', 'flops/s': 'flop/s', 'sec': 's',
    'second': 's', 'seconds': 's', 'msec': 'ms', 'usec': 'us', 'nsec': 'ns', 'minute': 'min',
    'minutes': 'min', 'm': 'min', 'hour': 'h', 'hours': 'h', 'hr': 'h', 'K': 'k',
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Quantity:
    """A kind of quantity: its units, and the range in which a value makes sense.

    Stands as metadata in the aliases below, where pydantic finds it.

    Parameters
    ----------
    name : str
        What messages call it, such as ``'time'``.
    units : mapping of str to Decimal
        Each unit's size in the base unit, which is the unit of size 1.
    example : str
        A value as it could stand in a scenario.
    most : str
        Upper limit: a typo must not eat the memory or run past the clock's range.
    shown : tuple of str
        Units used for writing, ascending.
    positive : bool
        Whether zero is refused.
    whole : bool
        Whether values are integers, for which bare numbers are accepted.
    """

    name: str
    units: Mapping[str, Decimal]
    example: str
    most: str
    shown: tuple[str, ...]
    positive: bool = False
    whole: bool = False

    @cached_property
    def base(self) -> str:
        """The unit of size 1."""
        return next(unit for unit, size in self.units.items() if size == 1)

    def parse(self, text: object) -> float:
        """Return the value of *text* in base units.

        Raises
        ------
        QuantityError
            If *text* is no such quantity; the message says what would be.
        """
        if isinstance(text, int | float) and not isinstance(text, bool):
            # YAML reads 1e6 as a float, and means a million
            if not self.whole or text != text // 1:
                raise QuantityError(self._bare(text))
            text = str(int(text))
        if not isinstance(text, str) or len(text) > 60:
            raise QuantityError(f'must be a {self.name} such as {self.example!r}, not {text!r:.60}')
        return self._checked(self._exact(text), text)

    def format(self, value: float, digits: int | None = None) -> str:
        """Return *value* with the unit that suits its size; exact unless *digits* are asked for."""
        # + 0.0 so that numpy's scalars print as plain floats and -0.0 as 0
        exact = Decimal(repr(float(value) + 0.0)) if not self.whole else Decimal(int(value))
        if digits is not None:
            exact = Context(prec=digits).plus(exact)
        if not exact.is_finite():
            return f'{value} {self.base}'.strip()
        unit = self._suitable(abs(exact))
        return f'{_plain(exact / self.units[unit])}{"" if self.whole else " "}{unit}'

    def _exact(self, text: str) -> Decimal:
        match = _NUMBER.fullmatch(text.strip())
        if match is None:
            raise QuantityError(f'{text!r} is no {self.name}; write it as in {self.example!r}')
        number, unit = match[1], match[2].replace('µ', 'u').replace('μ', 'u')
        if unit not in self.units:
            raise QuantityError(self._wrong_unit(text, number, unit))
        try:
            return _EXACT.multiply(Decimal(number), self.units[unit])
        except InvalidOperation:
            raise QuantityError(f'{text!r} is no {self.name}') from None

    def _checked(self, exact: Decimal, text: str) -> float:
        most = self._exact(self.most)
        # what no float can tell from zero is zero
        if exact < 0 or (self.positive and not float(min(exact, most))):
            raise QuantityError(
                f'{text!r} must be {"more than" if self.positive else "at least"} 0'
            )
        if exact > most:
            raise QuantityError(f'{text!r} is absurd: a {self.name} is at most {self.most!r}')
        if not self.whole:
            return float(exact)
        if exact != exact.to_integral_value():
            raise QuantityError(f'{text!r} is not a whole number')
        return int(exact)

    def _suitable(self, size: Decimal) -> str:
        if not size or (self.whole and size < 10**6):
            return self.base
        fitting = [unit for unit in self.shown if self.units[unit] <= size]
        unit = fitting[-1] if fitting else self.shown[0]
        # a count such as 1,048,577 reads better without a suffix
        awkward = self.whole and len(_plain(size / self.units[unit])) > 6
        return self.base if awkward else unit

    def _bare(self, number: float | str) -> str:
        if self.whole:
            return f'{number} is not a whole number'
        return f'{number} carries no unit; write a {self.name} such as {self.example!r}'

    def _wrong_unit(self, text: str, number: str, unit: str) -> str:
        if not unit:
            return self._bare(number)
        for other in _KINDS:
            if unit in other.units and unit not in self.units:
                return f'{text!r} is a {other.name}; a {self.name} such as {self.example!r} is due'
        near = _similar(unit, self.units)
        hint = f', did you mean {near!r}?' if near else did_you_mean(unit, filter(None, self.units))
        return f'{text!r}: no {self.name} has the unit {unit!r}{hint}'

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema

        def write(value: float) -> str | int:
            text = self.format(value)
            return int(text) if self.whole and text.isdigit() else text

        return core_schema.no_info_before_validator_function(
            self.parse,
            core_schema.int_schema() if self.whole else core_schema.float_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(write),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        units = '|'.join(unit for unit in self.units if unit)
        number = r'^\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)? *'
        text = {'type': 'string', 'pattern': f'{number}({units}){"?" if self.whole else ""}$'}
        described = {'title': self.name, 'examples': [self.example]}
        if self.whole:
            return {'anyOf': [{'type': 'integer', 'minimum': 0}, text], **described}
        return {**text, **described}


def parse_quantity(text: object, kind: Any) -> float:
    """Return the value of *text* in the base unit of *kind*, one of the aliases of this module.

    Raises
    ------
    QuantityError
        If *text* is no such quantity.

    Examples
    --------
    >>> parse_quantity('10 Gb/s', BytesPerSecond)
    1250000000.0
    >>> parse_quantity('10 Gbps', BytesPerSecond)
    Traceback (most recent call last):
    simulator.errors.QuantityError: '10 Gbps': no rate has the unit 'Gbps', did you mean 'Gb/s'?
    >>> parse_quantity(50, Seconds)
    Traceback (most recent call last):
    simulator.errors.QuantityError: 50 carries no unit; write a time such as '50 us'
    """
    return quantity_of(kind).parse(text)


def format_quantity(value: float, kind: Any, digits: int | None = None) -> str:
    """Return *value* as a text that `parse_quantity` reads back as the same float.

    Parameters
    ----------
    value : float
        In the base unit of *kind*.
    kind : alias
        One of the aliases of this module, such as ``Seconds``.
    digits : int, optional
        Round to so many significant digits, for people.

    Examples
    --------
    >>> format_quantity(1.25e9, BytesPerSecond), format_quantity(5e-5, Seconds)
    ('10 Gb/s', '50 us')
    >>> format_quantity(1 / 3, Seconds), format_quantity(1 / 3, Seconds, digits=3)
    ('333.3333333333333 ms', '333 ms')
    """
    return quantity_of(kind).format(value, digits)


def quantity_of(kind: Any) -> Quantity:
    """Return the `Quantity` that an alias such as ``Seconds`` carries."""
    found = [kind] if isinstance(kind, Quantity) else get_args(kind)
    return next(part for part in found if isinstance(part, Quantity))


def _similar(unit: str, units: Mapping[str, Decimal]) -> str:
    """Return the unit meant by a common misspelling such as ``Gbps``, or ''."""
    for prefix in ('', *_DECIMAL, *_BINARY):
        rest = unit.removeprefix(prefix)
        wanted = prefix + _SPELLINGS.get(rest, _SPELLINGS.get(rest.lower(), rest))
        if unit.startswith(prefix) and wanted in units and wanted != unit:
            return wanted
    # 'KB' folds to 'kb' and 'kB': the one with more letters in the case written is meant
    folded = [known for known in units if known.lower() == unit.lower()]
    return max(folded, key=lambda known: sum(map(str.__eq__, known, unit)), default='')


def _plain(number: Decimal) -> str:
    """Return the shortest digits of *number*, without an exponent while that stays readable."""
    short = number.normalize()
    exponent = short.as_tuple().exponent
    return f'{short:f}' if isinstance(exponent, int) and -30 < exponent < 21 else str(short)


def _prefixed(base: str, *, binary: bool = False, scale: str = '1') -> dict[str, Decimal]:
    sizes = {prefix + base: Decimal(scale).scaleb(power) for prefix, power in _DECIMAL.items()}
    if binary:
        sizes |= {p + base: Decimal(scale) * 2**power for p, power in _BINARY.items()}
    return sizes


def _per_second(sizes: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {f'{unit}/s': size for unit, size in sizes.items()}


_SIZES = _prefixed('B', binary=True) | _prefixed('b', binary=True, scale='0.125')
_TIMES = {
    'ns': Decimal('1e-9'), 'us': Decimal('1e-6'), 'ms': Decimal('1e-3'), 's': Decimal(1),
    'min': Decimal(60), 'h': Decimal(3600), 'd': Decimal(86400),
}  # fmt: skip

_TIME = Quantity(
    'time', _TIMES, '50 us', '1e9 s',  # traces hold int64 nanoseconds: 9.2e9 s
    ('ns', 'us', 'ms', 's'),
)  # fmt: skip
_SIZE = Quantity('size', _SIZES, '100 MB', '1 EB', ('B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'))
_RATE = Quantity(
    'rate', _per_second(_SIZES), '10 Gb/s', '1 EB/s',
    ('b/s', 'kb/s', 'Mb/s', 'Gb/s', 'Tb/s', 'Pb/s'), positive=True,
)  # fmt: skip
_WORK = Quantity(
    'computation', _prefixed('flop'), '4.1 Gflop', '1e9 Eflop', tuple(_prefixed('flop'))
)
_SPEED = Quantity(
    'speed', _per_second(_prefixed('flop')), '1 Tflop/s', '1000 Eflop/s',
    tuple(_per_second(_prefixed('flop'))), positive=True,
)  # fmt: skip
_COUNT = Quantity(
    'count', {unit: size for unit, size in _prefixed('', binary=True).items() if unit != 'E'},
    '25.6M', '1P', ('k', 'M', 'G', 'T', 'P'), whole=True,
)  # fmt: skip
_KINDS = (_TIME, _SIZE, _RATE, _WORK, _SPEED)

Seconds: TypeAlias = Annotated[float, _TIME]
"""A duration or a point in simulated time, in seconds."""
Bytes: TypeAlias = Annotated[float, _SIZE]
"""An amount of data, in bytes."""
BytesPerSecond: TypeAlias = Annotated[float, _RATE]
"""A data rate, in bytes per second."""
FlopCount: TypeAlias = Annotated[float, _WORK]
"""An amount of computation, in floating-point operations."""
FlopsPerSecond: TypeAlias = Annotated[float, _SPEED]
"""A speed of computation, in floating-point operations per second."""
Count: TypeAlias = Annotated[int, _COUNT]
"""A number of things; bare integers, or with k, M, G, T."""


@dataclass(frozen=True)
class FileName:
    """Marks an option as the name of a file: stands as metadata in `InputFile`."""


InputFile: TypeAlias = Annotated[str, FileName()]
"""The name of a file that a run reads; a relative one stands beside the scenario."""
