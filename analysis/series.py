"""Groups along a varied number: one line of a figure, point by point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.groups import Group, setting
from analysis.text import Kind, kind_of
from simulator.errors import QuantityError
from simulator.units import Bytes, BytesPerSecond, FlopsPerSecond, Seconds, parse_quantity

__all__ = ['Series', 'arrange']

_AXES = {'bytes': 'size', 'factor': 'factor of slowness'}  # what a key's last part is called
_KINDS = (Bytes, Seconds, BytesPerSecond, FlopsPerSecond)


@dataclass(frozen=True, eq=False)
class Series:
    """Groups that differ in one number only.

    Attributes
    ----------
    label : str
        What they have in common.
    index : int
        Gives colour and line style.
    groups : tuple of Group
        By rising number.
    values : tuple of float
        The number, in SI base units.
    axis : str
        What the number is, for people.
    kind : str
        How it is written.
    """

    label: str
    index: int
    groups: tuple[Group, ...]
    values: tuple[float, ...]
    axis: str
    kind: Kind


def arrange(groups: Sequence[Group]) -> tuple[Series, ...]:
    """Return *groups* as series along their varied number; () where there is none.

    The number is the varied key with the most values that are all numbers or quantities.
    """
    key = _axis(groups)
    if key is None:
        return ()
    lines: dict[str, list[tuple[float, Group]]] = {}
    for g in groups:
        value = _value(g.vary[key])
        if value is not None:
            lines.setdefault(_rest(g, key), []).append((value, g))
    name = key.rpartition('.')[2]
    axis = _AXES.get(name, name.replace('_', ' '))
    kind = _kind(name, [g.vary[key] for g in groups])
    return tuple(
        Series(
            label or name,
            index,
            tuple(g for _, g in sorted(points, key=lambda point: point[0])),
            tuple(sorted(value for value, _ in points)),
            axis,
            kind,
        )
        for index, (label, points) in enumerate(lines.items())
    )


def _axis(groups: Sequence[Group]) -> str | None:
    keys = dict.fromkeys(key for g in groups for key in g.vary)
    counts = {}
    for key in keys:
        values = {_value(g.vary[key]) if key in g.vary else None for g in groups}
        if None not in values and len(values) > 1:
            counts[key] = len(values)
    return max(counts, key=lambda key: counts[key]) if counts else None


def _value(setting: Any) -> float | None:
    """Return a varied number or quantity in base units; None for anything else."""
    if isinstance(setting, int | float) and not isinstance(setting, bool):
        return float(setting)
    for kind in _KINDS:
        try:
            return parse_quantity(setting, kind)
        except QuantityError:
            continue
    return None


def _kind(name: str, settings: Sequence[Any]) -> Kind:
    if all(isinstance(setting, int | float) for setting in settings):
        return 'number'
    return kind_of('seconds' if name in ('latency', 'timeout') else name)


def _rest(g: Group, key: str) -> str:
    others = [setting(k, value) for k, value in g.vary.items() if k != key]
    return ', '.join([part for part in (g.first.variant, *others) if part])
