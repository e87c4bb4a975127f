"""Network topologies as plain networkx graphs, one function each.

Nodes are numbered 0..n-1, hosts before switches and, unless a function says otherwise, workers
before servers. A node has ``kind`` ('host' or 'switch'); a host has ``role`` ('worker' or
'server'); where the topology has natural groups (pods, racks, boxes), ``group`` is an int; ``x``
and ``y`` place it in drawings. An edge may carry ``bandwidth`` (byte/s) and ``latency`` (s),
which replace the scenario's, or ``scale``, a factor on the scenario's bandwidth.
"""

from __future__ import annotations

from collections.abc import Callable

from topologies.direct import complete, ring, torus
from topologies.graphs import Graph
from topologies.switched import fat_tree, star

__all__ = ['RANDOM', 'TOPOLOGIES']

TOPOLOGIES: dict[str, Callable[..., Graph]] = {
    'star': star,
    'ring': ring,
    'complete': complete,
    'torus': torus,
    'fat_tree': fat_tree,
}

# these draw: they take a numpy Generator as their first, positional parameter
RANDOM: frozenset[str] = frozenset()
