"""Figures of traffic: by host, by link, on the map, and beside the closed form."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from markupsafe import Markup

from analysis.figures import link_traffic, node_traffic, prediction_bars, topology
from analysis.figures.network import EDGES, busiest
from analysis.figures.style import USE_COLOURS
from analysis.figures.traffic import NODES
from analysis.groups import Group
from analysis.metrics import by_link, by_node, predictions, whole
from analysis.report.blocks import HALF, Block, Panel, draw, each, use_legend
from analysis.report.study import Study
from analysis.report.words import bold, capital, clauses, say
from analysis.text import quantity, share, times

__all__ = ['prediction_blocks', 'traffic_blocks']

_LINKS = 10  # of the most used links
_TOLD = 4  # variants of which a caption tells; of more, the extreme one


def traffic_blocks(study: Study) -> list[Block]:
    """Return the figures of who sent how much over which links."""
    groups = [g for g in study.shown if g.first.rows('links') and by_link(g.first)['bytes'].sum()]
    if not groups:
        return []
    return [_nodes(groups), _links(groups), _map(groups)]


def prediction_blocks(study: Study) -> list[Block]:
    """Return the figure of measured against predicted; none where nothing was predicted."""
    groups = [g for g in study.groups if len(predictions(g))]
    drawn = [g for g in study.shown if g in groups]
    if not drawn:
        return []
    rows = sum(len(predictions(g)) for g in drawn)
    figure = partial(prediction_bars, groups=drawn)
    alternative = f'Measured over predicted: {_deviation(groups).striptags()}'
    picture = draw('predicted-bars', alternative, figure, (HALF[0], 70.0 + 34.0 * rows))
    title = 'Measured against closed form'
    return [Block('predicted', title, _deviation(groups), [Panel(picture)], columns=1)]


def _nodes(groups: Sequence[Group]) -> Block:
    tables = {g: by_node(g.first) for g in groups}
    most = max(float(t[['sent', 'received']].to_numpy().max(initial=0.0)) for t in tables.values())
    least = min(float(t[['sent', 'received']].to_numpy().max(initial=0.0)) for t in tables.values())
    # one scale for all, unless the smallest would vanish on it
    shared = most if most <= 20 * least else None
    panels, row = each('nodes', groups, lambda ax, g: node_traffic(ax, g, most=shared), _uneven)
    told = groups if len(groups) <= _TOLD else [max(groups, key=_imbalance)]
    caption = say(
        'Sent upwards, received (pale) downwards. {}. {}',
        capital(clauses([_uneven(g) for g in told])),
        _basis(groups, tables[groups[0]].shape[0]),
    )
    return Block('nodes', 'Traffic by host', caption, panels, columns=row)


def _uneven(g: Group) -> Markup:
    """Tell how the traffic of the busiest host compares with the mean."""
    nodes = by_node(g.first)
    total = nodes['sent'] + nodes['received']
    used = total[total > 0]
    if not len(used):
        return say('{} sends nothing', bold(g))
    place = int(total.to_numpy().argmax())
    name = f'{nodes["role"].iloc[place] or "host"} {nodes.index[place]}'
    ratio = float(total.iloc[place] / used.median())
    if ratio < 1.05:
        text = 'with {} all carry the same, {} each'
        return say(text, bold(g), quantity(float(used.median()), 'bytes'))
    text = 'with {} the busiest, {}, carries {}, {} times the median'
    return say(text, bold(g), name, quantity(float(total.iloc[place]), 'bytes'), times(ratio))


def _imbalance(g: Group) -> float:
    nodes = by_node(g.first)
    total = nodes['sent'] + nodes['received']
    used = total[total > 0]
    return float(used.max() / used.median()) if len(used) else 0.0


def _basis(groups: Sequence[Group], nodes: int) -> str:
    ordered = 'Hosts stand in the order of what they sent. ' if nodes > NODES else ''
    if all(whole(g.first) for g in groups):
        return f'{ordered}Seed {groups[0].first.seed}.'
    return (
        f'{ordered}Seed {groups[0].first.seed}, from the hosts’ own links: what a host forwards '
        'for others counts as its own.'
    )


def _links(groups: Sequence[Group]) -> Block:
    panels, row = each(
        'links',
        groups,
        lambda ax, g: link_traffic(ax, g, most=_LINKS),
        _hottest,
        lambda g: 66.0 + 20.0 * min(_LINKS, len(by_link(g.first))),
    )
    told = groups if len(groups) <= _TOLD else [max(groups, key=lambda g: busiest(g.first))]
    caption = say(
        'The most used directed links; beside each, the share of what it could have carried in '
        'the simulated time. {}.',
        capital(clauses([_hottest(g) for g in told])),
    )
    return Block('links', 'Traffic by link', caption, panels, columns=row)


def _hottest(g: Group) -> Markup:
    links = by_link(g.first)
    first = links.iloc[0]
    used, middle = float(first['utilisation']), float(links['utilisation'].median())
    text = 'with {} {} is used at {}, the median link at {}'
    return say(text, bold(g), str(first['name']), share(used), share(middle))


def _map(groups: Sequence[Group]) -> Block:
    most = max(busiest(g.first) for g in groups)
    panels, row = each(
        'map', groups, lambda ax, g: topology(ax, g, most=most), _hottest, lambda g: 330.0
    )
    links = max(len(by_link(g.first)) for g in groups) // 2
    caption = say(
        'Circles are workers, diamonds servers, squares switches. A link has the colour of its '
        'busier direction: the share of its capacity that was used over the simulated time.{}',
        f' Of {links:,} links the {EDGES:,} most used are drawn.' if links > EDGES else '',
    )
    return Block('map', 'The network', caption, panels, use_legend(_uses(most)), row)


def _uses(most: float) -> list[str]:
    """Return the names of the colours: the greatest use each stands for."""
    levels = np.linspace(0, most, len(USE_COLOURS))
    return ['idle', *(f'≤ {share(float(level))}' for level in levels[1:])]


def _deviation(groups: Sequence[Group]) -> Markup:
    """Tell how far the worst figure is from its closed form."""
    ratios = [
        (abs(float(row['ratio']) - 1), g, str(name), float(row['ratio']))
        for g in groups
        for name, row in predictions(g).iterrows()
    ]
    off, g, name, ratio = max(ratios, key=lambda one: one[0])
    if off < 5e-7:
        return say('All {} figures agree with their closed form.', len(ratios))
    if off < 1e-3:
        return say('All {} figures are within 0.1 % of their closed form.', len(ratios))
    exact = sum(one[0] < 1e-3 for one in ratios)
    return say(
        '{} of {} figures are within 0.1 % of their closed form; furthest from it are the {} of '
        '{}, {} times the prediction. Closed forms know no contention beyond the hosts’ own '
        'ports, no stragglers and no loss, and take all routes to be like the slowest.',
        exact,
        len(ratios),
        name.replace('_', ' '),
        bold(g),
        f'{ratio:.3g}',
    )
