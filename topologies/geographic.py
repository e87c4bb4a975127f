"""Hosts in cities of the world, as far apart as light in fibre says."""

from __future__ import annotations

from itertools import combinations
from math import asin, cos, radians, sin, sqrt
from typing import Annotated

from annotated_types import Ge, Le

from simulator.errors import TopologyError, did_you_mean
from simulator.units import BytesPerSecond, Seconds
from topologies.cities import CITIES
from topologies.graphs import Graph, Servers, Workers, on_circle, with_hosts

__all__ = ['great_circle', 'wide_area']

EARTH_RADIUS = 6_371_008.8  # metres, the mean
LIGHT_IN_FIBRE = 299_792_458 * 2 / 3  # metres a second


def wide_area(
    *,
    workers: Workers,
    servers: Servers = 0,
    cities: list[str] | None = None,
    server_city: str | None = None,
    route_factor: Annotated[float, Ge(1), Le(10)] = 1.5,
    local_bandwidth: BytesPerSecond = 1.25e9,
    local_latency: Seconds = 50e-6,
) -> Graph:
    """Hosts in named cities, every two cities joined by a link as slow as light in fibre.

    Hosts stand on a switch in their city. Workers are dealt out to the cities in runs as equal as
    can be; servers stand in one city. The scenario's link is that between cities; its latency is
    replaced by great-circle distance x route factor / (2/3 of the speed of light).

    Parameters
    ----------
    workers : int
        Number of workers, nodes 0..workers-1.
    servers : int
        Number of servers, the nodes that follow.
    cities : list of str, optional
        Names, see ``topologies.cities.CITIES``. By default the first of that list, one a worker
        while there are any.
    server_city : str, optional
        Where the servers stand; the first of *cities* by default.
    route_factor : float
        Length of a cable over the great circle.
    local_bandwidth : float
        Of the link between a host and its city's switch, bytes a second.
    local_latency : float
        Of that link, seconds.

    Returns
    -------
    networkx.Graph
        After the hosts: the cities' switches. Hosts and switches have ``city``, and as ``group``
        its number; ``x`` and ``y`` are longitude and latitude.

    Raises
    ------
    TopologyError
        If a city is unknown or named twice, or there are more cities than workers.

    Examples
    --------
    >>> graph = wide_area(workers=2, cities=['London', 'New York'])
    >>> round(graph.edges[2, 3]['latency'] * 1e3)  # milliseconds, one way
    42
    """
    chosen = list(CITIES)[:workers] if cities is None else list(cities)
    names = _names(chosen, server_city, workers, servers)
    hosts = workers + servers
    edges = hosts + len(names) * (len(names) - 1) // 2
    graph = with_hosts(
        'wide_area', workers=workers, servers=servers, switches=len(names), edges=edges
    )
    home = names.index(server_city) if server_city else 0
    for host in range(hosts):
        city = host * len(chosen) // workers if host < workers else home
        graph.nodes[host].update(city=names[city], group=city)
        graph.add_edge(host, hosts + city, bandwidth=local_bandwidth, latency=local_latency)
    for (i, one), (j, two) in combinations(enumerate(names), 2):
        metres = route_factor * great_circle(CITIES[one], CITIES[two])
        graph.add_edge(hosts + i, hosts + j, latency=metres / LIGHT_IN_FIBRE)
    _map(graph, names, hosts)
    return graph


def great_circle(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Return the distance on the surface of a round earth.

    Parameters
    ----------
    one, two : tuple of float
        Degrees north and east.

    Returns
    -------
    float
        Metres.

    Examples
    --------
    >>> round(great_circle(CITIES['Istanbul'], CITIES['Paris']) / 1e3, -1)
    2260.0
    """
    (north, east), (other_north, other_east) = (map(radians, place) for place in (one, two))
    across = sin((other_north - north) / 2) ** 2
    across += cos(north) * cos(other_north) * sin((other_east - east) / 2) ** 2
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(across)))


def _names(cities: list[str], server_city: str | None, workers: int, servers: int) -> list[str]:
    """Return the cities that get a switch; refuse what makes no sense."""
    for name in [*cities, *([server_city] if server_city else [])]:
        if name not in CITIES:
            raise TopologyError(f'wide_area: no city {name!r}{did_you_mean(name, CITIES)}')
    if len(set(cities)) < len(cities):
        raise TopologyError(f'wide_area: cities(={cities}) names one twice')
    if not 0 < len(cities) <= workers:
        raise TopologyError(
            f'wide_area: cities must be 1..{workers}, one a worker at most; there are {len(cities)}'
        )
    if server_city and not servers:
        raise TopologyError(f'wide_area: server_city(={server_city!r}) but there are no servers')
    return cities if server_city is None else list(dict.fromkeys([*cities, server_city]))


def _map(graph: Graph, names: list[str], hosts: int) -> None:
    """Put the cities on the map, and the hosts of each around it."""
    for number, name in enumerate(names):
        north, east = CITIES[name]
        graph.nodes[hosts + number].update(x=east, y=north, city=name, group=number)
        around = [host for host in graph[hosts + number] if host < hosts]
        on_circle(graph, around, radius=2.0, centre=(east, north))
