"""Network topologies as plain networkx graphs, one function each.

Nodes are numbered 0..n-1, hosts before switches and, unless a function says otherwise, workers
before servers. A node has ``kind`` ('host' or 'switch'); a host has ``role`` ('worker' or
'server'); where the topology has natural groups (pods, racks, boxes), ``group`` is an int; ``x``
and ``y`` place it in drawings. An edge may carry ``bandwidth`` (byte/s) and ``latency`` (s),
which replace the scenario's, or ``scale``, a factor on the scenario's bandwidth.
"""

from __future__ import annotations

from collections.abc import Callable

from topologies.boxes import gpu_nodes
from topologies.clos import fat_tree, leaf_spine
from topologies.direct import complete, line, ring
from topologies.dragonfly import dragonfly
from topologies.files import file
from topologies.geographic import wide_area
from topologies.graphs import Graph
from topologies.grids import hypercube, mesh, torus
from topologies.order import ring_order
from topologies.randomized import erdos_renyi, expander, random_regular, small_world
from topologies.switched import dumbbell, star, tree

__all__ = ['RANDOM', 'TOPOLOGIES', 'ring_order']

TOPOLOGIES: dict[str, Callable[..., Graph]] = {
    'star': star,
    'tree': tree,
    'dumbbell': dumbbell,
    'fat_tree': fat_tree,
    'leaf_spine': leaf_spine,
    'dragonfly': dragonfly,
    'gpu_nodes': gpu_nodes,
    'line': line,
    'ring': ring,
    'mesh': mesh,
    'torus': torus,
    'hypercube': hypercube,
    'complete': complete,
    'random_regular': random_regular,
    'erdos_renyi': erdos_renyi,
    'small_world': small_world,
    'expander': expander,
    'wide_area': wide_area,
    'file': file,
}

# these draw: they take a numpy Generator as their first, positional parameter
RANDOM = frozenset({'random_regular', 'erdos_renyi', 'small_world', 'expander'})
