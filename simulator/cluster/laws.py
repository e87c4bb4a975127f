"""Laws of chance for quantities of links and devices.

Wherever a scenario takes a quantity of links or devices, it takes a law as well, from which a
value is drawn once per link or device::

    link: {bandwidth: {uniform: {low: 10 Mb/s, high: 60 Mb/s}}, latency: 50 us}

A law does not know what it is a law of: its parameters take the unit of the quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias, TypeVar

import numpy as np
from annotated_types import Ge, Lt, MaxLen, MinLen
from numpy.typing import NDArray

from simulator.catalogue import Catalogue, Choice, Plain
from simulator.units import Bytes, BytesPerSecond, FlopCount, FlopsPerSecond, Seconds

__all__ = [
    'LAWS',
    'SIZE_LAWS',
    'TIME_LAWS',
    'WORK_LAWS',
    'ChanceOrLaw',
    'KindOrLaw',
    'RateOrLaw',
    'SizeOrLaw',
    'SpeedOrLaw',
    'TimeOrLaw',
    'ValueOrLaw',
    'WorkOrLaw',
    'drawn',
    'drawn_kinds',
    'laws_of',
]

Value = TypeVar('Value', bound=float)
Kind: TypeAlias = Annotated[str, MinLen(1), MaxLen(40)]
Floats = NDArray[np.float64]


def uniform(rng: np.random.Generator, size: int, *, low: Value, high: Value) -> Floats:
    """Draw from anywhere between two values, all equally likely.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws.
    size : int
        How many values to draw.
    low : value
        The least.
    high : value
        The most.

    Returns
    -------
    array, shape (size,)
    """
    return rng.uniform(low, high, size)


def normal(rng: np.random.Generator, size: int, *, mean: Value, deviation: Value) -> Floats:
    """Draw from the normal law, again where the value is not positive.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws.
    size : int
        How many values to draw.
    mean : value
        Mean before the cut at zero.
    deviation : value
        Standard deviation before the cut.

    Returns
    -------
    array, shape (size,)
    """
    values = rng.normal(mean, deviation, size)
    # the mean is positive, so at least half of the draws are kept each time
    while (bad := values <= 0).any():
        values[bad] = rng.normal(mean, deviation, int(bad.sum()))
    return values


def lognormal(
    rng: np.random.Generator, size: int, *, median: Value, sigma: Annotated[float, Ge(0)]
) -> Floats:
    """Draw from the log-normal law: skewed, with a heavy upper tail.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws.
    size : int
        How many values to draw.
    median : value
        Half of the values are below it.
    sigma : float
        Standard deviation of the logarithm.

    Returns
    -------
    array, shape (size,)
    """
    return median * rng.lognormal(0.0, sigma, size)


def exponential(rng: np.random.Generator, size: int, *, mean: Value) -> Floats:
    """Draw from the exponential law, the one without memory.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws.
    size : int
        How many values to draw.
    mean : value
        Its mean.

    Returns
    -------
    array, shape (size,)
    """
    return rng.exponential(mean, size)


def choice(
    rng: np.random.Generator,
    size: int,
    *,
    values: Annotated[list[Value], MinLen(1), MaxLen(10_000)],
    weights: list[Annotated[float, Ge(0)]] | None = None,
) -> Floats:
    """Draw one of a few values, such as the speeds of two generations of machines.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws.
    size : int
        How many values to draw.
    values : list of value
        What is drawn from.
    weights : list of float, optional
        How often each value comes up, in any proportion; equally often by default.

    Returns
    -------
    array, shape (size,)
    """
    shares = None if weights is None else np.asarray(weights) / np.sum(weights)
    return rng.choice(np.asarray(values, dtype=float), size, p=shares)


def choice_of_kinds(
    rng: np.random.Generator,
    size: int,
    *,
    values: Annotated[list[Kind], MinLen(1), MaxLen(1000)],
    weights: list[Annotated[float, Ge(0)]] | None = None,
) -> list[str]:
    """Draw one of a few kinds of device.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws.
    size : int
        How many kinds to draw.
    values : list of str
        What is drawn from.
    weights : list of float, optional
        How often each kind comes up, in any proportion; equally often by default.

    Returns
    -------
    list of str, length size
    """
    numbers = choice(rng, size, values=list(range(len(values))), weights=weights)
    return [values[int(number)] for number in numbers]


def _valid_uniform(*, low: float, high: float) -> None:
    if low > high:
        raise ValueError(f'low(={low:g}) must be at most high(={high:g})')


def _valid_normal(*, mean: float, deviation: float) -> None:
    if mean <= 0:
        raise ValueError(f'mean(={mean:g}) must be more than 0 (deviation={deviation:g})')


def _valid_choice(*, values: list[float], weights: list[float] | None) -> None:
    if weights is not None and len(weights) != len(values):
        raise ValueError(f'{len(weights)} weights for {len(values)} values; give one each')
    if weights is not None and not sum(weights) > 0:
        raise ValueError('the weights are all 0; one at least must be more')


LAWS: dict[str, Callable[..., Floats]] = {
    'uniform': uniform,
    'normal': normal,
    'lognormal': lognormal,
    'exponential': exponential,
    'choice': choice,
}

_VALID = {'uniform': _valid_uniform, 'normal': _valid_normal, 'choice': _valid_choice}


def laws_of(kind: str, value: Any) -> Catalogue:
    """Return the laws of a quantity, their parameters in its unit.

    Parameters
    ----------
    kind : str
        What they are called, such as ``'law of a time'``.
    value : type
        Type of the quantity, such as ``Seconds``.
    """
    return Catalogue(kind, LAWS, {Value: value}, valid=_VALID)


class ValueOrLaw(Plain):
    """Annotates a quantity that may be a value or a law, as the aliases below do.

    Parameters
    ----------
    value : type
        Type of the quantity.
    laws : Catalogue
        The laws of such a quantity.
    """

    def __init__(self, value: Any, laws: Catalogue):
        from pydantic import TypeAdapter

        self.catalogue = laws
        self._value: TypeAdapter[Any] = TypeAdapter(value)

    def read(self, data: object) -> float | str | Choice:
        """Return the value, or the law, that *data* stands for."""
        if isinstance(data, Mapping | Choice):
            return self.catalogue.read(data)
        value: float | str = self._value.validate_python(data, strict=True)
        return value

    def write(self, value: float | str | Choice) -> Any:
        """Return what `read` turns into *value* again."""
        return value.plain() if isinstance(value, Choice) else self._value.dump_python(value)

    def for_editors(self) -> dict[str, Any]:
        """Return the JSON Schema of either."""
        return {'anyOf': [self._value.json_schema(), {'x-catalogue': self.catalogue}]}


Chance: TypeAlias = Annotated[float, Ge(0), Lt(1)]

TIME_LAWS = laws_of('law of a time', Seconds)
SIZE_LAWS = laws_of('law of a size', Bytes)
WORK_LAWS = laws_of('law of work', FlopCount)

TimeOrLaw: TypeAlias = Annotated[float | Choice, ValueOrLaw(Seconds, TIME_LAWS)]
RateOrLaw: TypeAlias = Annotated[
    float | Choice, ValueOrLaw(BytesPerSecond, laws_of('law of a rate', BytesPerSecond))
]
SpeedOrLaw: TypeAlias = Annotated[
    float | Choice, ValueOrLaw(FlopsPerSecond, laws_of('law of a speed', FlopsPerSecond))
]
SizeOrLaw: TypeAlias = Annotated[float | Choice, ValueOrLaw(Bytes, SIZE_LAWS)]
WorkOrLaw: TypeAlias = Annotated[float | Choice, ValueOrLaw(FlopCount, WORK_LAWS)]
ChanceOrLaw: TypeAlias = Annotated[
    float | Choice, ValueOrLaw(Chance, laws_of('law of a probability', Chance))
]

KindOrLaw: TypeAlias = Annotated[
    str | Choice,
    ValueOrLaw(
        Kind,
        Catalogue('law of a kind', {'choice': choice_of_kinds}, valid={'choice': _valid_choice}),
    ),
]


def drawn_kinds(kind: str | Choice, rng: np.random.Generator, size: int) -> list[str]:
    """Return the kinds of *size* devices: all the same, or each drawn from the law."""
    return list(kind(rng, size)) if isinstance(kind, Choice) else [kind] * size


def drawn(value: float | Choice, rng: np.random.Generator, size: int) -> Floats:
    """Return *size* values: all the same, or each drawn from the law.

    Parameters
    ----------
    value : float or Choice
        A quantity of a scenario.
    rng : numpy.random.Generator
        Used by a law only.
    size : int
        Number of links or devices.

    Returns
    -------
    array, shape (size,)

    Examples
    --------
    >>> drawn(5.0, np.random.default_rng(0), 3)
    array([5., 5., 5.])
    """
    if isinstance(value, Choice):
        return np.asarray(value(rng, size), dtype=float)
    return np.full(size, float(value))
