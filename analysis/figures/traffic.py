"""Who sent how much, and over which links it went."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes

from analysis.figures.marks import mark
from analysis.figures.style import beside, look, measure
from analysis.groups import Group
from analysis.metrics import by_link, by_node
from analysis.text import quantity, share

__all__ = ['NODES', 'link_traffic', 'node_traffic']

NODES: Final = 40
"""Nodes that are drawn one by one; beyond, they are ordered by load."""


def node_traffic(ax: Axes, g: Group, *, most: float | None = None) -> Axes:
    """Draw what each host sent (upwards) and received (downwards), in the first run.

    Parameters
    ----------
    ax : Axes
    g : Group
    most : float, optional
        Bytes to which the axis reaches, the same for figures that are to be compared.
    """
    nodes = by_node(g.first)
    nodes = nodes[nodes['sent'] + nodes['received'] > 0]
    colour = look(g.index).colour
    many = len(nodes) > NODES
    if many:
        nodes = nodes.sort_values('sent', ascending=False, kind='stable')
    places = np.arange(len(nodes))
    width = 1.0 if many else 0.72
    sent = ax.bar(places, nodes['sent'], width, color=colour, linewidth=0)
    received = ax.bar(places, -nodes['received'], width, color=colour, alpha=0.45, linewidth=0)
    names = [f'{role or "host"} {node}' for node, role in nodes['role'].items()]
    if not many:
        for bars, column in ((sent, 'sent'), (received, 'received')):
            for bar, name, size in zip(bars, names, nodes[column], strict=True):
                mark(bar, tip=f'{name} {column} {quantity(size, "bytes")}')
    ax.axhline(0, color='#5b6270', linewidth=0.8)
    reach = 1.08 * (most or float(nodes[['sent', 'received']].to_numpy().max(initial=0.0)) or 1.0)
    ax.set_ylim(-reach, reach)
    ax.set_xlim(-0.7, len(nodes) - 0.3)
    _name_places(ax, [int(node) for node in nodes.index], many)
    measure(ax, 'y', 'bytes', 'received  ·  sent')
    _unsigned(ax)
    return ax


def link_traffic(ax: Axes, g: Group, *, most: int = 10) -> Axes:
    """Draw the links that carried most, in the first run; beside each, its utilisation."""
    links = by_link(g.first).head(most)
    places = range(len(links))
    bars = ax.barh(places, links['bytes'], 0.68, color=look(g.index).colour, linewidth=0)
    for place, bar, link in zip(places, bars, links.itertuples(), strict=True):
        beside(ax, float(str(link.bytes)), place, share(float(str(link.utilisation))))
        mark(bar, tip=f'{link.name}: {quantity(float(str(link.bytes)), "bytes")}')
    ax.set_yticks(places, links['name'], fontsize=8.5)
    ax.set_ylim(len(links) - 0.4, -0.6)
    ax.grid(axis='y', visible=False)
    ax.set_xlim(0, 1.2 * (float(links['bytes'].max()) or 1.0))
    measure(ax, 'x', 'bytes', 'carried')
    return ax


def _name_places(ax: Axes, nodes: list[int], many: bool) -> None:
    ax.grid(axis='x', visible=False)
    if many:
        ax.set_xlabel('hosts, by what they sent')
        return
    step = 1 + (len(nodes) - 1) // 20
    ax.set_xticks(range(0, len(nodes), step), [str(node) for node in nodes[::step]])
    ax.set_xlabel('host')


def _unsigned(ax: Axes) -> None:
    """Show bytes received as positive numbers although they point downwards."""
    ax.set_yticks(ax.get_yticks(), [label.get_text().lstrip('-') for label in ax.get_yticklabels()])
