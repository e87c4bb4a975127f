"""The cluster as a graph, its links coloured by how much they were used."""

from __future__ import annotations

from typing import Final

import networkx as nx
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from analysis.figures.style import INK, MUTED, PAPER, USE_COLOURS
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics import by_link

__all__ = ['EDGES', 'busiest', 'topology']

EDGES: Final = 1200
"""Links that are drawn; of a larger network the most used ones."""

_NAMED = 40  # nodes that still have room for their number
_LAID_OUT = 300  # nodes for which springs settle in reasonable time
_NODES = {'switch': ('s', 0.7, MUTED), 'server': ('D', 0.9, INK), 'worker': ('o', 1.0, PAPER)}


def topology(ax: Axes, g: Group, *, most: float | None = None) -> Axes:
    """Draw hosts, switches and links of the first run.

    Parameters
    ----------
    ax : Axes
    g : Group
    most : float, optional
        Utilisation that has the last colour, the same for figures that are to be compared;
        default is that of the busiest link. A link has the colour of its busier direction.
    """
    edges = _edges(g.first)
    places = _places(g.first, edges)
    top = most or busiest(g.first) or 1.0
    level = np.ceil(edges['utilisation'].fillna(0.0) / top * (len(USE_COLOURS) - 1) - 1e-9)
    _draw_edges(ax, edges.assign(level=level.clip(0, len(USE_COLOURS) - 1).astype(int)), places)
    _draw_nodes(ax, g.first, places)
    # a hierarchy may fill the width, any other shape keeps its proportions
    layers, columns = (len({round(p[axis], 6) for p in places.values()}) for axis in (1, 0))
    ax.set_aspect('auto' if 3 * layers < columns else 'equal', adjustable='datalim')
    ax.margins(0.08)
    ax.set_axis_off()
    return ax


def busiest(run: Run) -> float:
    """Return the utilisation of the most used link of a run."""
    used = by_link(run)['utilisation']
    return float(np.nanmax(used)) if used.notna().any() else 0.0


def _edges(run: Run) -> pd.DataFrame:
    """Return the undirected links with the utilisation of their busier direction."""
    links = by_link(run)
    ends = np.sort(links[['source', 'target']].to_numpy(), axis=1)
    links = links.assign(a=ends[:, 0], b=ends[:, 1])
    edges = links.groupby(['a', 'b'])['utilisation'].max().reset_index()
    edges = edges.sort_values(['utilisation', 'a', 'b'], ascending=[False, True, True])
    return edges.head(EDGES)[::-1]  # the busiest on top


def _places(run: Run, edges: pd.DataFrame) -> dict[int, tuple[float, float]]:
    nodes = run.table('nodes', ['node', 'x', 'y'])
    known = bool(np.isfinite(nodes[['x', 'y']].to_numpy()).all())
    if known and len(nodes.drop_duplicates(['x', 'y'])) > 1:
        rows = zip(nodes['node'], nodes['x'], nodes['y'], strict=True)
        return {int(node): (float(x), float(y)) for node, x, y in rows}
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(int(node) for node in nodes['node'])
    graph.add_edges_from((int(a), int(b)) for a, b in zip(edges['a'], edges['b'], strict=True))
    circle = nx.circular_layout(graph)
    found = nx.spring_layout(graph, pos=circle, seed=0) if len(graph) <= _LAID_OUT else circle
    return {node: (float(x), float(y)) for node, (x, y) in found.items()}


def _draw_edges(ax: Axes, edges: pd.DataFrame, places: dict[int, tuple[float, float]]) -> None:
    thin = 1.0 if len(edges) <= 300 else 0.6
    for number, colour in enumerate(USE_COLOURS):
        own = edges[edges['level'] == number]
        segments = [(places[a], places[b]) for a, b in zip(own['a'], own['b'], strict=True)]
        width = (0.8 + 0.55 * number) * thin
        lines = LineCollection(segments, colors=colour, linewidths=width, zorder=1 + number)
        ax.add_collection(lines)


def _draw_nodes(ax: Axes, run: Run, places: dict[int, tuple[float, float]]) -> None:
    nodes = run.table('nodes', ['node', 'kind', 'role']).astype({'kind': str, 'role': str})
    named = len(nodes) <= _NAMED
    size = 150.0 if named else max(6.0, 6000.0 / len(nodes))
    kinds = nodes['kind'].where(nodes['kind'] == 'switch', nodes['role'])
    for name in sorted(set(kinds)):
        own = [int(node) for node in nodes['node'][kinds == name]]
        marker, scale, fill = _NODES.get(name, _NODES['worker'])
        x, y = np.array([places[node] for node in own]).T
        ax.scatter(x, y, s=size * scale, c=fill, marker=marker, edgecolors=INK, zorder=10)
        if named and name != 'switch':
            _number(ax, {node: places[node] for node in own}, PAPER if fill == INK else INK)


def _number(ax: Axes, places: dict[int, tuple[float, float]], colour: str) -> None:
    for node, (x, y) in places.items():
        ax.text(x, y, str(node), ha='center', va='center', fontsize=7.5, color=colour, zorder=11)
