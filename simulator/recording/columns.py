"""From what a simulation knows to what a column stores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.traces import LOST, Column, Table

__all__ = ['Coded', 'Names', 'columns_of', 'nanoseconds']

_LATEST = 2.0**63  # ns: 292 years of simulated time


class Coded(NamedTuple):
    """A text column as numbers into a list of texts, the way compiled code has it.

    Attributes
    ----------
    codes : (n,) array of int
    names : sequence of str
        `names[codes[i]]` is the text of row i.
    """

    codes: NDArray[np.integer[Any]]
    names: Sequence[str]


class Names:
    """The texts seen in one column, numbered as they come.

    Examples
    --------
    >>> names = Names()
    >>> names.codes(['b', 'a', 'b']).tolist(), names.texts
    ([0, 1, 0], ['b', 'a'])
    >>> names.codes(Coded(np.array([1, 0]), ['c', 'a'])).tolist()
    [1, 2]
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def codes(self, texts: str | Coded | Iterable[str]) -> NDArray[np.int32]:
        """Return the numbers of *texts*, `(n,)`, or of one text, `()`."""
        if isinstance(texts, str):
            return np.asarray(self._number(texts), np.int32)
        if isinstance(texts, Coded):
            own = np.array([self._number(name) for name in texts.names], np.int32)
            return np.asarray(own[texts.codes])
        texts = list(texts)
        for text in dict.fromkeys(texts):  # few, in order of appearance
            self._number(str(text))
        return np.fromiter(map(self._numbers.__getitem__, texts), np.int32, len(texts))

    def _number(self, text: str) -> int:
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return number


def nanoseconds(seconds: ArrayLike) -> NDArray[np.int64]:
    """Return *seconds* in whole nanoseconds; a time that never comes becomes -1.

    The only place where simulated time is rounded: to the nearest, halves to even.
    Negative, infinite and undefined times are those that never come.

    Raises
    ------
    OverflowError
        Beyond 292 years.

    Examples
    --------
    >>> nanoseconds([1.5e-9, 2.5e-9, 0.1, float('nan'), float('inf'), -1.0]).tolist()
    [2, 2, 100000000, -1, -1, -1]
    """
    rounded = np.rint(np.asarray(seconds, np.float64) * 1e9)
    comes = (rounded >= 0) & (rounded < np.inf)
    rounded = np.where(comes, rounded, LOST)
    if (rounded >= _LATEST).any():
        raise OverflowError(f'time {rounded.max() / 1e9:g} s: traces end at 292 years')
    return rounded.astype(np.int64)


def columns_of(
    table: Table, given: Mapping[str, Any], names: Mapping[str, Names]
) -> dict[str, NDArray[Any]]:
    """Return the columns of *table* in the types that are stored.

    Parameters
    ----------
    table : Table
    given : mapping of str to array or scalar
        By column name. A time may be given as float seconds under its name without
        `_ns`. A scalar holds for all rows.
    names : mapping of str to Names
        Numbering of each text column, by name.

    Returns
    -------
    dict of str to array
        `(n,)` for arrays, `()` for scalars.

    Raises
    ------
    ValueError
        If a column is missing or unknown, or they differ in length.
    """
    found = {}
    unused = set(given)
    for column in table.columns:
        key = column.name if column.name in given else column.name.removesuffix('_ns')
        if key not in given:
            raise ValueError(f'{table.name}: column {column.name} is missing')
        found[column.name] = _stored(column, key, given[key], names)
        unused.discard(key)
    if unused:
        raise ValueError(f'{table.name}: no column {sorted(unused)}; it has {table.names}')
    if len({value.shape for value in found.values() if value.ndim}) > 1:
        lengths = {name: value.shape for name, value in found.items()}
        raise ValueError(f'{table.name}: columns differ in length: {lengths}')
    return found


def _stored(column: Column, key: str, value: Any, names: Mapping[str, Names]) -> NDArray[Any]:
    if column.type == 'text':
        return names[column.name].codes(value)
    if key != column.name:
        return nanoseconds(value)
    return np.asarray(value, column.type)
