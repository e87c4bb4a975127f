"""Lay one tree over another: variants, varied keys and --set all merge by these rules.

Mappings merge key by key. A choice of another name replaces the one below, options and all; a
choice of the same name merges its options. Lists and plain values replace. null removes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from simulator.catalogue import Shape
from simulator.scenario.document import Mark, Node, mapping

__all__ = ['merge', 'nested', 'settled']


def merge(base: Node, over: Node, shape: Shape) -> Node:
    """Return *base* with *over* laid upon it.

    Parameters
    ----------
    base, over : Node
        Trees of the same shape.
    shape : Shape
        What may stand here: tells a choice from a section.

    Examples
    --------
    >>> from simulator.scenario.document import parse
    >>> base, over = parse('{stop: {rounds: 9}, name: a}'), parse('{stop: {time: 1 s}, name: null}')
    >>> shape = Shape(dict[str, dict[str, str]])
    >>> settled(merge(base, over, shape), shape).plain()
    {'stop': {'rounds': 9, 'time': '1 s'}}
    """
    if shape.catalogue is not None:
        base, over = _long(base, shape), _long(over, shape)
        if isinstance(base.value, dict) and base.value.keys() != _keys(over):
            return over
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    joined = dict(base.value)
    for key, each in over.value.items():
        joined[key] = merge(joined[key], each, shape.at(key)) if key in joined else each
    return replace(base, value=joined)


def settled(node: Node, shape: Shape) -> Node:
    """Return *node* without the keys that null has removed.

    A key that may not stand there stays, so that a misspelt one is not removed in silence.
    """
    if isinstance(node.value, list):
        items = [settled(each, shape.at(k)) for k, each in enumerate(node.value)]
        return replace(node, value=items)
    if not isinstance(node.value, dict):
        return node
    removable = () if shape.catalogue is not None else shape.names
    kept = {
        key: settled(each, shape.at(key))
        for key, each in node.value.items()
        if each.value is not None or not (shape.is_free or key in removable)
    }
    return replace(node, value=kept)


def nested(path: Sequence[str], node: Node, mark: Mark) -> Node:
    """Return a tree that holds *node* at *path* and nothing else.

    Examples
    --------
    >>> nested(['stop', 'rounds'], Node(5), Mark()).plain()
    {'stop': {'rounds': 5}}
    """
    for key in reversed(path):
        node = mapping({key: replace(node, key=mark)}, mark)
    return node


def _long(node: Node, shape: Shape) -> Node:
    """Return the long form of a choice, `{mean: {}}` for `mean`."""
    if isinstance(node.value, str) and node.value in shape.names:
        return replace(node, value={node.value: Node({}, node.mark, node.mark)})
    return node


def _keys(node: Node) -> Any:
    return node.value.keys() if isinstance(node.value, dict) else None
