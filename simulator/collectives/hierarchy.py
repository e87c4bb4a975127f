"""Groups first, their leaders among themselves, groups again."""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt, lcm
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from simulator.collectives.central import master_worker
from simulator.collectives.columns import Columns, merged, placed
from simulator.collectives.double_tree import double_binary_tree
from simulator.collectives.ranks import Ranks
from simulator.collectives.recursive import butterfly, halving_doubling
from simulator.collectives.rings import ring
from simulator.collectives.schedule import Schedule, check_rows
from simulator.collectives.shifts import all_to_all, direct
from simulator.collectives.single_tree import Segments, broadcast, reduce, tree
from simulator.collectives.trees import Shape
from simulator.errors import ScheduleError

__all__ = ['OUTER', 'Outer', 'hierarchical', 'members_of_groups']

Outer = Literal[
    'all_to_all',
    'butterfly',
    'direct',
    'double_binary_tree',
    'halving_doubling',
    'master_worker',
    'ring',
    'tree',
]

OUTER: dict[str, Callable[[Ranks], Schedule]] = {
    'all_to_all': all_to_all,
    'butterfly': butterfly,
    'direct': direct,
    'double_binary_tree': double_binary_tree,
    'halving_doubling': halving_doubling,
    'master_worker': master_worker,
    'ring': ring,
    'tree': tree,
}


def hierarchical(
    ranks: Ranks,
    *,
    size: Annotated[int, Ge(1)] | None = None,
    inner: Shape = 'binomial',
    outer: Outer = 'ring',
    segments: Segments = 1,
) -> Schedule:
    """Reduce within each group, all-reduce among the groups' leaders, broadcast within each group.

    Keeps most traffic inside a group, where links are fast. The leader is a group's first rank.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.
    size : int, optional
        Ranks a group, taken in order; the last group may be smaller. By default the topology's
        own groups or, where it has none, about sqrt(m).
    inner : {'binomial', 'binary', 'chain', 'flat'}
        Tree within a group.
    outer : str
        All-reduce among the leaders.
    segments : int
        Parts of the vector that follow each other through the inner tree.

    Returns
    -------
    Schedule
        The two inner phases carry 2(m - G) vectors for G groups.

    Raises
    ------
    ScheduleError
        If *size* is no number of ranks.

    Examples
    --------
    >>> hierarchical(Ranks(8), size=4).steps
    6
    >>> hierarchical(Ranks(4, groups=(0, 1, 1, 0)), outer='tree').source.tolist()
    [3, 2, 1, 0, 0, 1]
    """
    groups = members_of_groups(ranks, size)
    leaders = np.array([group[0] for group in groups], np.int32)
    check_rows('hierarchical', 2 * segments * (ranks.count - len(groups)), ranks.count)
    among = OUTER[outer](Ranks(len(groups)))
    chunks = lcm(among.chunks, segments)
    sums = _within(groups, reduce, inner, segments, chunks, after=0)
    length = max((int(part.step[-1]) + 1 for part in sums if len(part.step)), default=0)
    middle = placed(among, leaders, chunks=chunks, after=length)
    copies = _within(groups, broadcast, inner, segments, chunks, after=length + among.steps)
    return merged(ranks.count, chunks, [*sums, middle, *copies])


def members_of_groups(ranks: Ranks, size: int | None) -> list[NDArray[np.int32]]:
    """Return the ranks of each group: of *size* each, the topology's own, or about sqrt(m) each."""
    m = ranks.count
    rank = np.arange(m, dtype=np.int32)
    if size is None and ranks.groups is not None:
        names = np.asarray(ranks.groups)
        return [rank[names == name] for name in dict.fromkeys(ranks.groups)]
    if size is None:
        size = isqrt(m - 1) + 1
    if size < 1:
        raise ScheduleError(f'hierarchical: size(={size}) must be >= 1')
    return np.split(rank, range(size, m, size))


def _within(
    groups: list[NDArray[np.int32]],
    collective: Callable[..., Schedule],
    shape: Shape,
    segments: int,
    chunks: int,
    after: int,
) -> list[Columns]:
    """Play *collective* in each group at the same time."""
    by_size = {
        size: collective(Ranks(size), shape=shape, segments=segments)
        for size in {len(group) for group in groups}
    }
    return [placed(by_size[len(group)], group, chunks=chunks, after=after) for group in groups]
