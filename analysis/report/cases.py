"""Placements that compete: on the same graph, in the same world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.groups import Group, differences, plain, setting
from analysis.metrics.placement import graph_of
from analysis.report.study import Study

__all__ = ['Cases', 'cases', 'name_in']

Cases = dict[str, list[Group]]


def cases(study: Study) -> Cases:
    """Return the groups that compete: those that differ in variant, method or scheduler only.

    Each case is called by the graph and the varied settings in which it differs from others.
    """
    found: dict[tuple[str, str], list[Group]] = {}
    for g in study.placements:
        found.setdefault((plain(graph_of(g.first)), _world(study, g)), []).append(g)
    called = _called([graph_of(groups[0].first) for groups in found.values()])
    return {
        ' '.join(filter(None, (called[graph], f'with {world}' if world else ''))): groups
        for (graph, world), groups in found.items()
    }


def name_in(g: Group, groups: Sequence[Group]) -> str:
    """Return the name of a group among those that execute the same graph."""
    telling = [
        setting(key, value)
        for key, value in g.vary.items()
        if any(other.vary.get(key) != value for other in groups)
    ]
    variants = {other.first.variant for other in groups}
    parts = [*([str(g.first.variant)] if len(variants) > 1 else []), *telling]
    return ', '.join(parts) or g.label


def _world(study: Study, g: Group) -> str:
    """Return the varied settings of a group that are no matter of the placement."""
    return ', '.join(
        setting(key, value)
        for key, value in g.vary.items()
        if not key.startswith('training.placement.')
        and any(other.vary.get(key) != value for other in study.placements)
    )


def _called(graphs: Sequence[Any]) -> dict[str, str]:
    """Return what sentences call each of *graphs*: by its shape, and by what tells it apart.

    Examples
    --------
    >>> thin, wide = ({'layered': {'levels': 6, 'width': width}} for width in (1, 9))
    >>> list(_called([thin, wide]).values())
    ['with width 1', 'with width 9']
    >>> list(_called([thin, {'recurrent': {}}]).values())
    ['on layered', 'on recurrent']
    """
    distinct = {plain(graph): graph for graph in graphs}
    shapes: dict[str, dict[str, Any]] = {}
    for key, graph in distinct.items():
        shapes.setdefault(_shape(graph), {})[key] = graph
    called = {}
    for shape, alike in shapes.items():
        on = f'on {shape}' if len(shapes) > 1 else ''
        telling = differences([{'graph': graph} for graph in alike.values()])
        for place, key in enumerate(alike):
            differs = ', '.join(setting(name, values[place]) for name, values in telling.items())
            called[key] = ' '.join(filter(None, (on, f'with {differs}' if differs else '')))
    return called


def _shape(graph: Any) -> str:
    return next(iter(graph), '') if isinstance(graph, Mapping) else str(graph)
