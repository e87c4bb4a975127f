"""Graphs of operations: what a program computes, in which order, and what passes between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.errors import PlacementError
from simulator.placement.paths import rows_of, topological_order

__all__ = ['OperationGraph', 'Rows']

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Words = tuple[str, ...]

SHOWN = 6  # operations of a circle, in a message


class Rows(NamedTuple):
    """The neighbours of each operation: those of v are ``ends[first[v]:first[v + 1]]``.

    Attributes
    ----------
    first : int array, shape (n + 1,)
    ends : int array, shape (edges,)
    edges : int array, shape (edges,)
        The number of the edge to each of them.
    """

    first: Integers
    ends: Integers
    edges: Integers

    def of(self, operation: int) -> Integers:
        """Return the neighbours of one operation."""
        return self.ends[self.first[operation] : self.first[operation + 1]]


@dataclass(frozen=True, eq=False)
class OperationGraph:
    """A directed acyclic graph of operations; each has one output, a tensor.

    Attributes
    ----------
    names : tuple of str, length n
        No two alike.
    flops : array, shape (n,)
        What each computes.
    parameters : array, shape (n,)
        Bytes it keeps on its device all the time.
    outputs : array, shape (n,)
        Bytes of its output, which is kept until all that need it have run.
    before, after : int arrays, shape (edges,)
        Operation ``after[e]`` needs the output of ``before[e]``. No edge stands twice.
    kinds : tuple of str, length n
        The kind of device that an operation needs; '' is any.
    groups : tuple of str, length n
        Operations of one group must be on one device; '' is in none.
    types : tuple of str, length n
        What each does, such as ``'matmul'``; for the eye, and for what learns to place.

    Raises
    ------
    PlacementError
        If an operation's figures make no sense, an edge dangles, or there is a circle.

    Examples
    --------
    Two operations need the output of a first:

    >>> fork = OperationGraph(['a', 'b', 'c'], [1e9, 2e9, 3e9], 0, 1e6, [0, 0], [1, 2])
    >>> len(fork), fork.successors.of(0).tolist(), fork.order.tolist()
    (3, [1, 2], [0, 1, 2])
    """

    names: Words
    flops: Floats
    parameters: Floats
    outputs: Floats
    before: Integers
    after: Integers
    kinds: Words = ()
    groups: Words = ()
    types: Words = field(default=())

    def __post_init__(self) -> None:
        count = len(self.names)
        object.__setattr__(self, 'names', tuple(self.names))
        for name in ('kinds', 'groups', 'types'):
            words = tuple(getattr(self, name)) or ('',) * count
            object.__setattr__(self, name, _same_length(name, words, count))
        _check_names(self.names)
        for name in ('flops', 'parameters', 'outputs'):
            object.__setattr__(self, name, _sizes(name, getattr(self, name), self.names))
        for name, ends in zip(('before', 'after'), _edges(self), strict=True):
            object.__setattr__(self, name, ends)
        if len(self.order) < count:
            raise PlacementError(_circle(self))

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def successors(self) -> Rows:
        """Who needs each operation's output."""
        first, edges = rows_of(self.before, len(self))
        return Rows(first, self.after[edges], edges)

    @cached_property
    def predecessors(self) -> Rows:
        """Whose outputs each operation needs."""
        first, edges = rows_of(self.after, len(self))
        return Rows(first, self.before[edges], edges)

    @cached_property
    def order(self) -> Integers:
        """The operations (n,), each behind all that it needs."""
        order: Integers = topological_order(self.successors.first, self.successors.ends)
        return order

    @property
    def edges(self) -> int:
        """How many edges there are."""
        return len(self.before)


def _same_length(name: str, words: Words, count: int) -> Words:
    if len(words) != count:
        raise PlacementError(f'operation graph: {len(words)} {name} for {count} operations')
    return words


def _check_names(names: Words) -> None:
    if not names:
        raise PlacementError('operation graph: there is no operation')
    if len(set(names)) < len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise PlacementError(f'operation {twice!r} is there twice; names must differ')


def _sizes(what: str, values: ArrayLike, names: Words) -> Floats:
    try:
        sizes = np.broadcast_to(np.asarray(values, np.float64), len(names)).copy()
    except ValueError:
        shape = np.shape(values)
        text = f'operation graph: {what} of shape {shape} for {len(names)} operations'
        raise PlacementError(text) from None
    wrong = np.flatnonzero(~((sizes >= 0) & (sizes < np.inf)))
    if len(wrong):
        worst = wrong[0]
        raise PlacementError(
            f'operation {names[worst]!r}: {what}(={sizes[worst]:g}) must be >= 0 and finite'
        )
    return sizes


def _edges(graph: OperationGraph) -> tuple[Integers, Integers]:
    """Return the ends of the edges, checked, each edge once, in order."""
    before, after = (np.asarray(ends, np.int64).ravel() for ends in (graph.before, graph.after))
    count = len(graph.names)
    if len(before) != len(after):
        raise PlacementError('operation graph: before and after must have one length')
    for one, other in ((before, after), (after, before)):
        wrong = np.flatnonzero((one < 0) | (one >= count))
        if len(wrong):
            known = other[wrong[0]]
            name = repr(graph.names[known]) if 0 <= known < count else f'number {known}'
            raise PlacementError(
                f'operation {name}: its edge to operation number {one[wrong[0]]} dangles; '
                f'there are 0..{count - 1}'
            )
    pairs = np.unique(before * count + after)
    return pairs // count, pairs % count


def _circle(graph: OperationGraph) -> str:
    stuck = np.ones(len(graph), bool)
    stuck[graph.order] = False
    names = [graph.names[k] for k in _around(graph, stuck)]
    shown = [*names[:SHOWN], '...'] if len(names) > SHOWN else [*names, names[0]]
    return f'operation {names[0]!r} needs its own output: {" -> ".join(shown)}; remove an edge'


def _around(graph: OperationGraph, stuck: NDArray[np.bool_]) -> Iterator[int]:
    """Return the operations of a circle in order: back among the stuck until one recurs."""
    way: list[int] = [int(np.flatnonzero(stuck)[0])]
    while True:
        back = next(int(u) for u in graph.predecessors.of(way[-1]) if stuck[u])
        if back in way:
            return iter(way[way.index(back) :][::-1])
        way.append(back)
