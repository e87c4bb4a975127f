"""How scenarios name links and devices: ``3``, ``0..7``, ``*``; ``0-16``, ``0>16``, ``0..7-16``."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.network import Network
from simulator.errors import ScenarioError

__all__ = ['links_named', 'nodes_named']

_NODES = re.compile(r'(\d+)(?:\.\.(\d+))?|(\*)')


def nodes_named(name: str, nodes: int, what: str = 'node') -> NDArray[np.int64]:
    """Return the nodes that ``3``, ``0..7`` or ``*`` stands for.

    Raises
    ------
    ScenarioError
        If it stands for none of 0..nodes-1.

    Examples
    --------
    >>> nodes_named('1..3', 8).tolist(), nodes_named('*', 2).tolist()
    ([1, 2, 3], [0, 1])
    """
    match = _NODES.fullmatch(name.strip())
    if match is None:
        raise ScenarioError(f'{name!r} names no {what}; write 3, 0..7 or *')
    if match[3]:
        return np.arange(nodes)
    first, last = int(match[1]), int(match[2] or match[1])
    if not first <= last < nodes:
        raise ScenarioError(f'no {what} {name!r}: they are 0..{nodes - 1}')
    return np.arange(first, last + 1)


def links_named(name: str, network: Network) -> NDArray[np.int64]:
    """Return the directed links between two ends: ``-`` both ways, ``>`` one way.

    Raises
    ------
    ScenarioError
        If no edge joins the two ends.

    Examples
    --------
    >>> import networkx as nx
    >>> pair = Network.of(nx.path_graph(2), hosts=2, bandwidth=1.0, latency=0.0)
    >>> links_named('0-1', pair).tolist(), links_named('1>0', pair).tolist()
    ([0, 1], [1])
    """
    ends = re.split(r'([->])', name.strip())
    if len(ends) != 3:
        raise ScenarioError(f'{name!r} names no link; write 0-16, 0>16 or 0..7-16')
    one, other = (nodes_named(end, network.nodes) for end in (ends[0], ends[2]))
    chosen = np.isin(network.source, one) & np.isin(network.target, other)
    if ends[1] == '-':
        chosen |= np.isin(network.source, other) & np.isin(network.target, one)
    if not chosen.any():
        raise ScenarioError(f'no link {name!r}: no edge of the topology joins these nodes')
    return np.flatnonzero(chosen)
