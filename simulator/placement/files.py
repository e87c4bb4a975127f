"""Graphs of operations from files: node-link JSON, and CSV of operations and edges."""

from __future__ import annotations

import csv as csv_
import json as json_
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from simulator.errors import PlacementError, QuantityError, did_you_mean
from simulator.placement.graph import OperationGraph
from simulator.units import Bytes, FlopCount, InputFile, parse_quantity

__all__ = ['csv', 'json']

SIZES = {'flops': FlopCount, 'parameters': Bytes, 'output': Bytes}
WORDS = ('kind', 'group', 'type')


class _Row(NamedTuple):
    """An operation or an edge as a file gives it, and where it stands there."""

    place: str
    given: Mapping[str, Any]


def json(rng: np.random.Generator | None = None, *, path: InputFile) -> OperationGraph:
    r"""Read a graph of operations from a node-link JSON file, as networkx writes them.

    Its ``nodes`` have an ``id`` and, where they need them, ``flops``, ``parameters``, ``output``
    (a number, in flop or bytes, or a text with its unit: '3 Gflop', '10 MB'; 0 where missing),
    ``kind`` (of device), ``group`` (which must be on one device) and ``type`` (what it does). Its
    ``edges`` (or ``links``) have a ``source`` and a ``target``, which needs the source's output.

    Parameters
    ----------
    path : str
        The file.

    Raises
    ------
    PlacementError
        If it is no such file, or no such graph; file and operation are named.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / 'two.json'
    ...     _ = file.write_text(
    ...         '{"nodes": [{"id": "a", "flops": "3 Gflop"}, {"id": "b"}],'
    ...         '"edges": [{"source": "a", "target": "b"}]}'
    ...     )
    ...     graph = json(path=str(file))
    >>> graph.names, graph.flops.tolist(), graph.order.tolist()
    (('a', 'b'), [3000000000.0, 0.0], [0, 1])
    """
    try:
        content = json_.loads(_text(path))
    except ValueError as error:
        raise PlacementError(f'{path}: no JSON: {error}') from None
    if not isinstance(content, dict) or not isinstance(content.get('nodes'), list):
        raise PlacementError(f'{path}: needs a list `nodes`, and a list `edges`')
    links = content.get('edges', content.get('links', []))
    if not isinstance(links, list):
        raise PlacementError(f'{path}: `edges` must be a list')
    nodes = [_Row(f'{path}: node {k}', _object(path, 'node', k, n)) for k, n in _numbered(content)]
    edges = [
        _Row(f'{path}: edge {k}', _object(path, 'edge', k, edge)) for k, edge in enumerate(links)
    ]
    return _graph(path, nodes, edges)


def csv(
    rng: np.random.Generator | None = None, *, operations: InputFile, edges: InputFile
) -> OperationGraph:
    r"""Read a graph of operations from two CSV files, of operations and of edges.

    Both have a header. Operations have the columns ``id`` and, where needed, ``flops``,
    ``parameters``, ``output``, ``kind``, ``group`` and ``type``, as in a JSON file; edges the
    columns ``source`` and ``target``.

    Parameters
    ----------
    operations : str
        The file of operations.
    edges : str
        The file of edges.

    Raises
    ------
    PlacementError
        If they are no such files, or no such graph; file, line and operation are named.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     one, other = (Path(folder) / name for name in ('operations.csv', 'edges.csv'))
    ...     _ = one.write_text('id,flops,output\na,3 Gflop,10 MB\nb,1e9,0\n')
    ...     _ = other.write_text('source,target\na,b\n')
    ...     graph = csv(operations=str(one), edges=str(other))
    >>> graph.outputs.tolist(), graph.before.tolist(), graph.after.tolist()
    ([10000000.0, 0.0], [0], [1])
    """
    return _graph(edges, list(_lines(operations)), list(_lines(edges)))


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding='utf-8-sig')
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else 'is no UTF-8 text'
        raise PlacementError(f'{path}: {why}') from None


def _numbered(content: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
    return enumerate(content['nodes'])


def _object(path: str, what: str, number: int, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise PlacementError(f'{path}: {what} {number} must be an object, not {given!r:.40}')
    return given


def _lines(path: str) -> Iterator[_Row]:
    reader = csv_.DictReader(_text(path).splitlines())
    for given in reader:
        place = f'{path}:{reader.line_num}'
        if None in given or None in given.values():
            count = len(reader.fieldnames or [])
            raise PlacementError(f'{place}: must have {count} columns, as the header has')
        yield _Row(place, {key.strip(): value.strip() for key, value in given.items()})


def _graph(path: str, nodes: list[_Row], edges: list[_Row]) -> OperationGraph:
    number: dict[str, int] = {}
    for row in nodes:
        _known(row, ('id', *SIZES, *WORDS), 'operation')
        name = str(row.given['id'])
        if name in number:
            raise PlacementError(f'{row.place}: operation {name!r} is there twice')
        number[name] = len(number)
    ends = [_ends(row, number) for row in edges]
    before, after = np.array(ends, np.int64).reshape(-1, 2).T
    flops, parameters, outputs = (
        np.array([_size(row, quantity) for row in nodes]) for quantity in SIZES
    )
    kinds, groups, types = (
        tuple(str(row.given.get(word) or '') for row in nodes) for word in WORDS
    )
    try:
        return OperationGraph(
            tuple(number), flops, parameters, outputs, before, after, kinds, groups, types
        )
    except PlacementError as error:
        raise PlacementError(f'{path}: {error}') from None


def _known(row: _Row, keys: tuple[str, ...], what: str) -> None:
    """Refuse what has no key, and keys that look like a slip of the pen."""
    for needed in keys[: 1 if what == 'operation' else 2]:
        if row.given.get(needed) in (None, ''):
            raise PlacementError(f'{row.place}: the {what} has no `{needed}`')
    for key in row.given:
        told = did_you_mean(key, keys)
        if key not in keys and 'did you mean' in told:
            raise PlacementError(f'{row.place}: the {what} has an unknown `{key}`{told}')


def _ends(row: _Row, number: Mapping[str, int]) -> tuple[int, int]:
    _known(row, ('source', 'target'), 'edge')
    ends = [str(row.given[end]) for end in ('source', 'target')]
    for end in ends:
        if end not in number:
            raise PlacementError(
                f'{row.place}: the edge {ends[0]} -> {ends[1]} dangles: there is no operation '
                f'{end!r}{did_you_mean(end, number)}'
            )
    return number[ends[0]], number[ends[1]]


def _size(row: _Row, quantity: str) -> float:
    given = row.given.get(quantity)
    if given in (None, ''):
        return 0.0
    try:
        size = _number(given, quantity)
    except QuantityError as error:
        text = f'{row.place}: operation {row.given["id"]!r}: {quantity}: {error}'
        raise PlacementError(text) from None
    if not 0 <= size < np.inf:
        raise PlacementError(
            f'{row.place}: operation {row.given["id"]!r}: {quantity}(={given}) must be >= 0 and '
            'finite'
        )
    return size


def _number(given: Any, quantity: str) -> float:
    """Return a number, or the quantity that a text with its unit stands for."""
    if not isinstance(given, bool):
        try:
            return float(given)
        except (TypeError, ValueError):
            pass
    return parse_quantity(given, SIZES[quantity])
