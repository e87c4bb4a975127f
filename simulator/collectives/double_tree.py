"""Two trees at once, each for half of the vector, so that no port is idle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.collectives.columns import merged
from simulator.collectives.ranks import Ranks
from simulator.collectives.schedule import Schedule, check_rows
from simulator.collectives.single_tree import Segments
from simulator.collectives.trees import Tree, down, up, with_parity

__all__ = ['double_binary_tree', 'twins']

Integers = NDArray[np.int32]


def double_binary_tree(ranks: Ranks, *, segments: Segments = 32, overlap: bool = False) -> Schedule:
    """Two binary trees, each for half of the vector: a rank inside one is a leaf of the other.

    Edges are coloured so that in no step a rank sends or receives twice: full bandwidth at a
    logarithmic number of steps. About sqrt(n beta log2(m) / (2 alpha)) segments are best.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.
    segments : int
        Parts of each half that follow each other through its tree.
    overlap : bool
        Send finished segments down while others are still on their way up: fewer steps, but the
        two directions share the ports.

    Returns
    -------
    Schedule
        2(m - 1) transfers of each segment.

    References
    ----------
    .. [1] Sanders, Speck, Traeff, "Two-tree algorithms for full bandwidth broadcast, reduction
       and scan", Parallel Computing, 2009.

    Examples
    --------
    >>> schedule = double_binary_tree(Ranks(64), segments=10)
    >>> schedule.chunks, len(schedule)
    (20, 2520)
    """
    m = ranks.count
    check_rows('double_binary_tree', 4 * (m - 1) * segments, m)
    pair = twins(m)
    depth = max(tree.depth for tree in pair)
    after = depth if overlap else depth + 2 * (segments - 1)
    halves = [(tree, half * segments) for half, tree in enumerate(pair)]
    parts = [up(tree, segments, chunk) for tree, chunk in halves]
    parts += [down(tree, segments, chunk, after, depth) for tree, chunk in halves]
    return merged(m, 2 * segments, parts)


def twins(m: int) -> tuple[Tree, Tree]:
    """Return the two trees over *m* ranks.

    The first numbers its ranks in order, with rank 0 above the root; odd ranks are leaves. The
    second is its mirror image or, if m is odd, the first turned by one rank.

    Parameters
    ----------
    m : int
        Number of ranks.

    Returns
    -------
    tuple of Tree
        Together no rank has more than two children.

    Examples
    --------
    >>> [dict(zip(tree.child.tolist(), tree.parent.tolist())) for tree in twins(4)]
    [{1: 2, 2: 0, 3: 2}, {2: 1, 1: 3, 0: 1}]
    """
    label = np.arange(1, m, dtype=np.int32)
    low = label & -label
    up_right = (label ^ low) | (low << 1)
    above = np.where(up_right < m, up_right, label ^ low)
    other = _turned if m % 2 else _mirrored
    ends = [(label, above), (other(label, m), other(above, m))]
    colours = _colours(*(np.concatenate(sides) for sides in zip(*ends, strict=True)))
    first, second = (
        Tree(child, parent, with_parity(child, parent, colour, low), 2)
        for (child, parent), colour in zip(ends, np.split(colours, 2), strict=True)
    )
    return first, second


def _mirrored(label: Integers, m: int) -> Integers:
    return np.int32(m - 1) - label


def _turned(label: Integers, m: int) -> Integers:
    return (label + np.int32(1)) % np.int32(m)


def _colours(child: Integers, parent: Integers) -> Integers:
    """Colour the edges 0 and 1 so that those with one child, or with one parent, differ.

    Seen from the ports, in and out, each has at most two edges: the edges form paths and even
    rings, coloured by walking along them.
    """
    neighbours: list[list[int]] = [[] for _ in child]
    for port in (child, parent):
        order = np.argsort(port, kind='stable')
        same = np.flatnonzero(port[order][1:] == port[order][:-1])
        for one, two in zip(order[same].tolist(), order[same + 1].tolist(), strict=True):
            neighbours[one].append(two)
            neighbours[two].append(one)
    colour = np.full(len(child), -1, np.int32)
    for start in range(len(child)):
        if colour[start] < 0:
            _walk(start, neighbours, colour)
    return colour


def _walk(start: int, neighbours: list[list[int]], colour: Integers) -> None:
    colour[start] = 0
    open_ends = [start]
    while open_ends:
        edge = open_ends.pop()
        for other in neighbours[edge]:
            if colour[other] < 0:
                colour[other] = 1 - colour[edge]
                open_ends.append(other)
