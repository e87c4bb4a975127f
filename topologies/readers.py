"""What the three file formats say, as names and attributes, before anything is checked."""

from __future__ import annotations

import csv
import json
from collections.abc import Hashable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

import networkx as nx

from simulator.errors import TopologyError, did_you_mean

__all__ = ['EDGE_ATTRIBUTES', 'RawEdge', 'RawGraph', 'read']

MOST_BYTES = 200_000_000
EDGE_ATTRIBUTES = ('bandwidth', 'latency', 'scale')


class RawEdge(NamedTuple):
    """An edge as a file has it.

    Attributes
    ----------
    source, target : str or int
        Names of its ends.
    attributes : mapping
        What it carries.
    place : str
        Where it stands, for messages.
    """

    source: Hashable
    target: Hashable
    attributes: Mapping[str, Any]
    place: str


class RawGraph(NamedTuple):
    """A graph as a file has it: nodes by name with what they carry, and edges."""

    nodes: dict[Hashable, Mapping[str, Any]]
    edges: list[RawEdge]


def read(path: str) -> RawGraph:
    """Read the file at *path* by its suffix.

    Raises
    ------
    TopologyError
        If it can't be read, or not as what its suffix says.
    """
    readers = {'.graphml': _graphml, '.json': _json, '.csv': _csv}
    reader = readers.get(Path(path).suffix.lower())
    if reader is None:
        raise TopologyError(f'file: {path}: must end in {", ".join(readers)}')
    return reader(path, _text(path))


def _text(path: str) -> str:
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            raise TopologyError(f'file: {path}: larger than {MOST_BYTES // 10**6} MB')
        return Path(path).read_text('utf-8-sig')
    except OSError as error:
        raise TopologyError(f'file: {path}: {error.strerror or error}') from None
    except UnicodeDecodeError:
        raise TopologyError(f'file: {path}: is not UTF-8 text') from None


def _graphml(path: str, text: str) -> RawGraph:
    if '<!DOCTYPE' in text or '<!ENTITY' in text:
        raise TopologyError(f'file: {path}: document types and entities are not read; remove them')
    try:
        graph = nx.parse_graphml(text)
    except (ParseError, nx.NetworkXError, ValueError, KeyError) as error:
        raise TopologyError(f'file: {path}: is no GraphML: {error}') from None
    if graph.is_directed():
        raise TopologyError(f'file: {path}: is directed; links are full duplex, save it undirected')
    edges = [RawEdge(u, v, data, f'edge {u}-{v}') for u, v, data in graph.edges(data=True)]
    return RawGraph(dict(graph.nodes(data=True)), edges)


def _json(path: str, text: str) -> RawGraph:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TopologyError(f'file: {path}: is no JSON: {error}') from None
    if not isinstance(data, dict):
        raise TopologyError(f'file: {path}: must be an object with nodes and links')
    if data.get('directed'):
        raise TopologyError(f'file: {path}: is directed; links are full duplex, save it undirected')
    nodes = _objects(path, data, 'nodes', ('id',))
    links = _objects(path, data, 'edges' if 'edges' in data else 'links', ('source', 'target'))
    names: dict[Hashable, Mapping[str, Any]] = {}
    for number, node in enumerate(nodes):
        if node['id'] in names:
            raise TopologyError(f'file: {path}: nodes[{number}]: {node["id"]!r} is there already')
        names[node['id']] = {key: node[key] for key in node if key != 'id'}
    edges = [
        RawEdge(link['source'], link['target'], link, f'link {link["source"]}-{link["target"]}')
        for link in links
    ]
    return RawGraph(names, edges)


def _objects(
    path: str, data: dict[str, Any], key: str, names: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return the list *key* of objects that hold *names*, each a text or a whole number."""
    items = data.get(key)
    if not isinstance(items, list):
        raise TopologyError(f'file: {path}: must have a list of {key}')
    for number, item in enumerate(items):
        named = isinstance(item, dict) and all(isinstance(item.get(n), str | int) for n in names)
        if not named:
            wanted = ' and '.join(names)
            raise TopologyError(f'file: {path}: {key}[{number}]: must be an object with {wanted}')
    return items


def _csv(path: str, text: str) -> RawGraph:
    rows = csv.DictReader(StringIO(text), strict=True, skipinitialspace=True)
    try:
        columns = rows.fieldnames or []
        _check_columns(path, list(columns))
        edges = []
        for row in rows:
            if None in row or None in row.values():
                raise TopologyError(
                    f'file: {path}:{rows.line_num}: must have {len(columns)} columns'
                )
            attributes = {name: row[name] for name in EDGE_ATTRIBUTES if row.get(name)}
            place = f'line {rows.line_num}'
            edges.append(RawEdge(row['source'], row['target'], attributes, place))
    except csv.Error as error:
        raise TopologyError(f'file: {path}:{rows.line_num}: is no CSV: {error}') from None
    return RawGraph({name: {} for edge in edges for name in edge[:2]}, edges)


def _check_columns(path: str, columns: list[str]) -> None:
    known = ('source', 'target', *EDGE_ATTRIBUTES)
    for column in columns:
        if column not in known:
            raise TopologyError(f'file: {path}: no column {column!r}{did_you_mean(column, known)}')
    if not {'source', 'target'} <= set(columns) or len(set(columns)) < len(columns):
        raise TopologyError(f'file: {path}: the first line must name source and target, once each')
