"""The user's own tables: CSV files with a header."""

from __future__ import annotations

import csv as reader
from collections.abc import Iterator, Sequence
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError, did_you_mean
from simulator.learning.data.dataset import Dataset, dataset, standardized
from simulator.learning.data.files import digest, read
from simulator.units import InputFile

Missing = Literal['refuse', 'drop', 'mean']

MISSING = {'', '?', 'na', 'n/a', 'nan', 'null', 'none'}
MOST_CATEGORIES = 100


class Column(NamedTuple):
    """One column: its cells as text, and the line of the file that each stands on."""

    name: str
    cells: list[str]
    lines: list[int]

    def missing(self) -> NDArray[np.bool_]:
        """Say which cells are empty, or say that they are."""
        return np.array([cell.lower() in MISSING for cell in self.cells], bool)

    def numbers(self) -> NDArray[np.float64] | None:
        """Return the cells as numbers, nan where missing; None if one of them is text."""
        try:
            return np.array(
                [np.nan if cell.lower() in MISSING else _number(cell) for cell in self.cells]
            )
        except ValueError:
            return None


def csv(
    _rng: np.random.Generator | None = None,
    *,
    path: InputFile,
    target: str,
    kind: Literal['classes', 'values'] | None = None,
    drop: list[str] = [],  # noqa: B006, read only
    missing: Missing = 'refuse',
    separator: str = ',',
    standardize: bool = True,
) -> Dataset:
    """Table of your own (.csv) with a header; text columns become one input per category.

    Parameters
    ----------
    path : str
        The file, UTF-8.
    target : str
        The column to predict.
    kind : str
        Whether it holds ``classes`` (in sorted order) or ``values``; by default text and whole
        numbers are classes.
    drop : list of str
        Columns to leave out of the inputs; a partition may still go by them.
    missing : str
        What to do where a cell is empty, ``?``, ``NA`` or the like: ``refuse`` the file, ``drop``
        the row, or put the column's ``mean`` (for text, a category of its own). A row without
        its target is dropped, or refused.
    separator : str
        What stands between cells.
    standardize : bool
        Whether inputs (and values) are shifted and scaled to mean 0 and deviation 1.
    """
    raw = read(path)
    columns = _columns(path, raw, separator)
    for name in (target, *drop):
        if name not in columns:
            raise DataError(f'{path}: no column {name!r}{did_you_mean(name, columns)}.')
    kept = _complete(path, list(columns.values()), {*drop}, target, missing)
    used = [column for column in kept if column.name not in drop]
    inputs = [part for column in used if column.name != target for part in _inputs(path, column)]
    if not inputs:
        raise DataError(f'{path}: no column but {target!r} is left to learn from.')
    goals = _goals(path, next(column for column in used if column.name == target), kind)
    groups = {column.name: np.array(column.cells) for column in kept}
    data = dataset(
        Path(path).name, np.stack(inputs, axis=1), goals, sha256=digest(raw), columns=groups
    )
    return standardized(data) if standardize else data


def _columns(path: str, raw: bytes, separator: str) -> dict[str, Column]:
    try:
        text = raw.decode('utf-8-sig')
        lines = reader.reader(StringIO(text, newline=''), delimiter=separator, strict=True)
        rows = [(lines.line_num, row) for row in lines if row]
    except (UnicodeDecodeError, reader.Error, TypeError) as error:
        raise DataError(f'{path}: no table of text ({error}).') from None
    if len(rows) < 2:
        raise DataError(f'{path}: a header and rows are due.')
    names = [name.strip() for name in rows[0][1]]
    for line, row in rows:
        if len(row) != len(names):
            raise DataError(
                f'{path}:{line}: {len(row)} cells where the header has {len(names)}; mend the row, '
                'or set `separator`.'
            )
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise DataError(f'{path}: columns {twice} stand there twice.')
    where = [line for line, _ in rows[1:]]
    cells = zip(*([cell.strip() for cell in row] for _, row in rows[1:]), strict=True)
    return {n: Column(n, list(c), where) for n, c in zip(names, cells, strict=True)}


def _complete(
    path: str, columns: Sequence[Column], drop: set[str], target: str, missing: Missing
) -> list[Column]:
    """Refuse or drop rows with missing cells, as far as they are used and not to be filled."""
    gone = np.zeros(len(columns[0].cells), bool)
    for column in (each for each in columns if each.name not in drop):
        holes = column.missing()
        if missing == 'refuse' and holes.any():
            line = column.lines[int(holes.argmax())]
            raise DataError(
                f'{path}:{line}: column {column.name!r} is empty; set `missing` to drop or mean.'
            )
        if missing == 'drop' or column.name == target:
            gone |= holes
    kept = np.flatnonzero(~gone)
    if not len(kept):
        raise DataError(f'{path}: no row is complete.')
    return [
        Column(
            column.name, [column.cells[row] for row in kept], [column.lines[row] for row in kept]
        )
        for column in columns
    ]


def _inputs(path: str, column: Column) -> Iterator[NDArray[np.float64]]:
    numbers = column.numbers()
    if numbers is not None:
        if np.isnan(numbers).all():
            raise DataError(f'{path}: column {column.name!r} is empty; drop it.')
        yield np.where(np.isnan(numbers), np.nanmean(numbers), numbers)
        return
    cells = np.array(column.cells)
    categories = np.unique(cells)
    if len(categories) > MOST_CATEGORIES:
        raise DataError(
            f'{path}: column {column.name!r} holds {len(categories)} different texts; drop it.'
        )
    for category in categories:
        yield (cells == category).astype(np.float64)


def _goals(path: str, column: Column, kind: str | None) -> NDArray[np.float64] | NDArray[np.intp]:
    numbers = column.numbers()
    whole = numbers is None or bool((numbers == np.round(numbers)).all())
    if kind == 'classes' or (kind is None and whole):
        found = np.array(column.cells) if numbers is None else numbers
        return np.unique(found, return_inverse=True)[1].astype(np.intp)
    if numbers is None:
        raise DataError(f'{path}: column {column.name!r} holds text, which are no values.')
    return numbers[:, None]


def _number(cell: str) -> float:
    number = float(cell)
    if not isfinite(number):
        raise ValueError(cell)
    return number
