"""Trees as data: who hangs below whom, and in which step each edge may speak.

An edge e of a tree carries segment s upwards in step ``first[e] + s * period``. ``first`` is
above that of all edges below e, and two edges into one rank never fall on the same step modulo
``period``, so that a rank receives at most one segment a step. Downwards the same steps run
backwards.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.collectives.columns import Columns

__all__ = ['Shape', 'Tree', 'chain', 'down', 'plant', 'up', 'with_parity']

Integers = NDArray[np.int32]
Shape = Literal['binomial', 'binary', 'chain', 'flat']


class Tree(NamedTuple):
    """A rooted tree over ranks, one entry an edge.

    Attributes
    ----------
    child, parent : array of int32, shape (m - 1,)
        The ends of each edge.
    first : array of int32, shape (m - 1,)
        Step in which the edge carries the first segment upwards.
    period : int
        Steps from one segment to the next.
    """

    child: Integers
    parent: Integers
    first: Integers
    period: int

    @property
    def depth(self) -> int:
        """Steps for one segment, all the way."""
        return int(self.first.max()) + 1 if len(self.first) else 0

    def steps(self, segments: int) -> int:
        """Return the steps that *segments* segments take, all the way."""
        return self.depth + (segments - 1) * self.period if self.depth else 0


def plant(shape: Shape, m: int, root: int = 0) -> Tree:
    """Return the tree of a *shape* over *m* ranks.

    Parameters
    ----------
    shape : {'binomial', 'binary', 'chain', 'flat'}
        binomial: the root speaks with ranks 1, 2, 4, ... places on; binary: each rank has at most
        two below it; chain: each has one; flat: all hang on the root, and speak at once.
    m : int
        Number of ranks.
    root : int
        The other ranks follow it in cyclic order.

    Returns
    -------
    Tree

    Examples
    --------
    >>> plant('binomial', 6).parent.tolist(), plant('binary', 6).parent.tolist()
    ([0, 0, 2, 0, 4], [0, 0, 1, 1, 2])
    """
    grown = {'binomial': _binomial, 'binary': _binary, 'chain': chain, 'flat': _flat}[shape](m)
    child, parent = ((part + np.int32(root)) % np.int32(m) for part in grown[:2])
    return Tree(child, parent, *grown[2:])


def up(tree: Tree, segments: int, chunk: int = 0, after: int = 0) -> Columns:
    """Reduce segments along *tree*: chunk + s is segment s, the first step is *after*."""
    first = tree.first + np.int32(after)
    return _speak(tree.child, tree.parent, first, tree.period, segments, chunk, reduce=True)


def down(tree: Tree, segments: int, chunk: int = 0, after: int = 0, depth: int = 0) -> Columns:
    """Copy segments along *tree* from its root, as though *up* ran backwards in *depth* steps."""
    first = np.int32(after + (depth or tree.depth) - 1) - tree.first
    return _speak(tree.parent, tree.child, first, tree.period, segments, chunk, reduce=False)


def chain(m: int) -> Tree:
    """Return the chain m - 1, ..., 1, 0."""
    child = np.arange(1, m, dtype=np.int32)
    return Tree(child, child - 1, np.int32(m - 1) - child, 1)


def with_parity(child: Integers, parent: Integers, colour: Integers, height: Integers) -> Integers:
    """Return the earliest ``first`` of each edge that has the parity *colour*.

    Parameters
    ----------
    child, parent, colour : array of int32, shape (k,)
        The edges of a tree over ranks; *colour* is 0 or 1.
    height : array of int32, shape (k,)
        Of each edge, above that of all edges below it.

    Returns
    -------
    array of int32, shape (k,)
    """
    ranks = int(max(child.max(initial=0), parent.max(initial=0))) + 1
    earliest = np.zeros(ranks, np.int32)  # step in which a rank's own edge may speak at last
    first = np.zeros(len(child), np.int32)
    for level in np.unique(height):
        edges = np.flatnonzero(height == level)
        step = earliest[child[edges]]
        first[edges] = step + (step + colour[edges]) % 2
        np.maximum.at(earliest, parent[edges], first[edges] + 1)
    return first


def _binomial(m: int) -> Tree:
    child = np.arange(1, m, dtype=np.int32)
    parent = child & (child - 1)
    level = np.frexp(child - parent)[1].astype(np.int32) - 1
    return Tree(child, parent, level, max(1, (m - 1).bit_length()))


def _binary(m: int) -> Tree:
    child = np.arange(1, m, dtype=np.int32)
    parent = (child - 1) // 2
    height = -np.frexp(child + 1)[1].astype(np.int32)
    return Tree(child, parent, with_parity(child, parent, (child + 1) % 2, height), 2)


def _flat(m: int) -> Tree:
    child = np.arange(1, m, dtype=np.int32)
    return Tree(child, np.zeros_like(child), np.zeros_like(child), 1)


def _speak(
    source: Integers,
    target: Integers,
    first: Integers,
    period: int,
    segments: int,
    chunk: int,
    *,
    reduce: bool,
) -> Columns:
    """Let each edge carry each segment, segment by segment."""
    segment = np.arange(segments, dtype=np.int32)[:, None]
    shape = (segments, len(source))
    return Columns(
        step=(first + segment * np.int32(period)).ravel(),
        source=np.broadcast_to(source, shape).ravel(),
        target=np.broadcast_to(target, shape).ravel(),
        first_chunk=np.broadcast_to(segment + np.int32(chunk), shape).ravel(),
        count=np.ones(shape, np.int32).ravel(),
        reduce=np.full(shape, reduce).ravel(),
    )
