"""Topologies from files: GraphML, node-link JSON, edge-list CSV."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from difflib import get_close_matches
from math import isfinite
from typing import Annotated, Any

import networkx as nx
from annotated_types import Ge, Le

from simulator.errors import QuantityError, TopologyError
from simulator.units import BytesPerSecond, InputFile, Seconds, parse_quantity
from topologies.graphs import MOST_NODES, Graph, Servers, check_size, hosts_of, on_circle
from topologies.readers import EDGE_ATTRIBUTES, RawEdge, RawGraph, read

__all__ = ['file']

_NODE_ATTRIBUTES = ('kind', 'role', 'group', 'x', 'y')
_UNITS = {'bandwidth': BytesPerSecond, 'latency': Seconds}


def file(
    *,
    path: InputFile,
    workers: Annotated[int, Ge(1), Le(MOST_NODES)] | None = None,
    servers: Servers = 0,
    switches: list[str] | None = None,
) -> Graph:
    r"""Read a topology from a file: GraphML (.graphml), node-link JSON (.json), edge list (.csv).

    Nodes may carry ``kind`` ('host', the default, or 'switch'), ``role`` ('worker' or 'server'),
    ``group``, ``x`` and ``y``; edges ``bandwidth``, ``latency`` and ``scale``. A quantity is a
    text with its unit ('10 Gb/s', '50 us') or a number of bytes a second, or of seconds. A CSV
    file has a header, columns source and target, and columns for what edges carry. Nodes are
    numbered anew: workers, servers, other hosts, switches, each in the order of the file.

    Parameters
    ----------
    path : str
        The file.
    workers : int, optional
        How many of the hosts, from the first, are workers; by default all but the servers. Where
        the file names roles, how many workers it must name.
    servers : int
        How many of the hosts after the workers are servers. Where the file names roles, how many
        servers it must name, 0 for any number.
    switches : list of str, optional
        Names of nodes that are switches, for files that do not say so.

    Returns
    -------
    networkx.Graph
        Each node keeps its name in the file as ``label``. Hosts beyond those asked for have no
        role and stay idle.

    Raises
    ------
    TopologyError
        If the file can't be read or is no such graph; the message names file and place.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     csv = Path(folder) / 'two.csv'
    ...     _ = csv.write_text('source,target,latency\na,s,50 us\nb,s,1 ms\n')
    ...     graph = file(path=str(csv), switches=['s'])
    >>> [node['label'] for node in graph.nodes.values()], graph.edges[0, 2]['latency']
    (['a', 'b', 's'], 5e-05)
    """
    raw = read(path)
    try:
        nodes = _nodes(raw, set(switches or []))
        check_size('file', nodes=len(nodes), edges=len(raw.edges))
        _assign_roles(nodes, workers, servers)
        graph = _numbered(nodes)
        _add_edges(graph, raw.edges)
    except (TopologyError, QuantityError) as error:
        raise TopologyError(f'file: {path}: {error}') from None
    graph.graph['name'] = 'file'
    _place(graph)
    return graph


def _nodes(raw: RawGraph, switches: set[str]) -> dict[Hashable, dict[str, Any]]:
    """Check each node, and say of each whether it is a host."""
    if missing := sorted(switches - {str(name) for name in raw.nodes}):
        raise TopologyError(f'switches: there is no node {missing[0]!r}')
    nodes = {}
    for name, given in raw.nodes.items():
        place = f'node {name}'
        _refuse_typos(place, given, _NODE_ATTRIBUTES)
        node = {key: given[key] for key in _NODE_ATTRIBUTES if key in given}
        node.setdefault('kind', 'switch' if str(name) in switches else 'host')
        _check_choice(place, 'kind', node['kind'], ('host', 'switch'))
        if node['kind'] == 'host' and 'role' in node:
            _check_choice(place, 'role', node['role'], ('worker', 'server'))
        if node['kind'] == 'switch' and node.pop('role', None):
            raise TopologyError(f'{place}: a switch has no role')
        for key in {'group', 'x', 'y'} & set(node):
            node[key] = _number(place, key, node[key], int if key == 'group' else float)
        nodes[name] = node | {'label': str(name)}
    return nodes


def _assign_roles(nodes: dict[Hashable, dict[str, Any]], workers: int | None, servers: int) -> None:
    """Take the roles the file names, or give them to the first hosts."""
    hosts = [node for node in nodes.values() if node['kind'] == 'host']
    named = [node['role'] for node in hosts if 'role' in node]
    if not named:
        wanted = len(hosts) - servers if workers is None else workers
        if wanted < 1 or wanted + servers > len(hosts):
            raise TopologyError(
                f'has {len(hosts)} hosts, not {max(wanted, 1)} workers and {servers} servers'
            )
        for number, host in enumerate(hosts[: wanted + servers]):
            host['role'] = 'worker' if number < wanted else 'server'
        return
    for role, count in (('worker', workers), ('server', servers or None)):
        if count is not None and named.count(role) != count:
            raise TopologyError(f'names {named.count(role)} {role}s, not {count}')
    if 'worker' not in named:
        raise TopologyError('names roles, but no worker')


def _numbered(nodes: dict[Hashable, dict[str, Any]]) -> Graph:
    """Return a graph of the nodes, numbered: workers, servers, other hosts, switches."""
    ranks = {'worker': 0, 'server': 1, None: 2}

    def rank(node: dict[str, Any]) -> int:
        return 3 if node['kind'] == 'switch' else ranks[node.get('role')]

    graph: Graph = nx.Graph()
    ordered = sorted(nodes.items(), key=lambda item: rank(item[1]))
    graph.graph['numbers'] = {name: number for number, (name, _) in enumerate(ordered)}
    for number, (_, node) in enumerate(ordered):
        graph.add_node(number, **node)
    hosts = hosts_of(graph)
    if any('group' not in graph.nodes[host] for host in hosts):
        for host in hosts:  # groups are of all hosts or of none
            graph.nodes[host].pop('group', None)
    return graph


def _add_edges(graph: Graph, edges: list[RawEdge]) -> None:
    """Check each edge and add it."""
    numbers = graph.graph.pop('numbers')
    for edge in edges:
        for end in (edge.source, edge.target):
            if end not in numbers:
                raise TopologyError(f'{edge.place}: there is no node {end!r}')
        one, two = numbers[edge.source], numbers[edge.target]
        if one == two:
            raise TopologyError(f'{edge.place}: joins {edge.source!r} to itself')
        if graph.has_edge(one, two):
            raise TopologyError(
                f'{edge.place}: {edge.source!r} and {edge.target!r} are joined already; '
                'give one link the bandwidth of both'
            )
        graph.add_edge(one, two, **_edge_attributes(edge))
    if not nx.is_connected(graph):
        parts = nx.number_connected_components(graph)
        raise TopologyError(f'is not connected: it falls into {parts} parts')


def _edge_attributes(edge: RawEdge) -> dict[str, float]:
    """Return bandwidth, latency and scale as numbers in SI units."""
    _refuse_typos(edge.place, edge.attributes, EDGE_ATTRIBUTES)
    found = {}
    for name in EDGE_ATTRIBUTES:
        if name not in edge.attributes:
            continue
        value = _quantity(edge.place, name, edge.attributes[name])
        if not isfinite(value) or value < 0 or (value == 0 and name != 'latency'):
            least = '>= 0' if name == 'latency' else '> 0'
            raise TopologyError(f'{edge.place}: {name}(={value}) must be {least}')
        found[name] = value
    return found


def _quantity(place: str, name: str, value: Any) -> float:
    """Read a bare number, or a text with a unit."""
    try:
        return _number(place, name, value, float)
    except TopologyError:
        if name not in _UNITS or not isinstance(value, str):
            raise
    try:
        return float(parse_quantity(value, _UNITS[name]))
    except QuantityError as error:
        raise TopologyError(f'{place}: {name}: {error}') from None


def _number(place: str, name: str, value: Any, kind: type[int | float]) -> float:
    try:
        if isinstance(value, bool) or (kind is int and float(value) != int(float(value))):
            raise ValueError
        return kind(float(value))
    except (TypeError, ValueError, OverflowError):
        wanted = 'a whole number' if kind is int else 'a number'
        raise TopologyError(f'{place}: {name}(={value!r}) must be {wanted}') from None


def _check_choice(place: str, name: str, value: Any, known: tuple[str, ...]) -> None:
    if value not in known:
        raise TopologyError(f'{place}: {name}(={value!r}) must be one of {", ".join(known)}')


def _refuse_typos(place: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Let foreign attributes pass, but not those that look like ours."""
    for name in given:
        near = get_close_matches(str(name).lower(), known, n=1, cutoff=0.8)
        if near and name not in known:
            raise TopologyError(f'{place}: no attribute {name!r}, did you mean {near[0]!r}?')


def _place(graph: Graph) -> None:
    """Draw hosts on a circle around the switches, unless the file places all nodes."""
    if all({'x', 'y'} <= set(node) for node in graph.nodes.values()):
        return
    hosts = hosts_of(graph)
    on_circle(graph, hosts, radius=2.0)
    on_circle(graph, range(len(hosts), len(graph)))
