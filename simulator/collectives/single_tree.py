"""Along one tree: reduce up to the root, copy down from it."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le

from simulator.collectives.central import check_root
from simulator.collectives.columns import merged
from simulator.collectives.ranks import Ranks
from simulator.collectives.schedule import Schedule, check_rows
from simulator.collectives.trees import Shape, down, plant, up

__all__ = ['MOST_SEGMENTS', 'Root', 'Segments', 'broadcast', 'reduce', 'tree']

MOST_SEGMENTS = 65_536
Segments = Annotated[int, Ge(1), Le(MOST_SEGMENTS)]
Root = Annotated[int, Ge(0)]


def tree(
    ranks: Ranks,
    *,
    shape: Shape = 'binomial',
    segments: Segments = 1,
    overlap: bool = False,
    root: Root = 0,
) -> Schedule:
    """Reduce up a tree to its root, then broadcast the sum down: few steps, whole vectors.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.
    shape : {'binomial', 'binary', 'chain', 'flat'}
        binomial has the fewest steps; chain, cut into many segments, the best bandwidth.
    segments : int
        Parts of the vector that follow each other through the tree.
    overlap : bool
        Send finished segments down while others are still on their way up: fewer steps, but the
        two directions share the ports.
    root : int
        Rank at the top.

    Returns
    -------
    Schedule
        2(m - 1) transfers of each segment.

    Raises
    ------
    ScheduleError
        If there is no rank *root*.

    Examples
    --------
    >>> tree(Ranks(8)).steps, tree(Ranks(8), shape='chain').steps
    (6, 14)
    """
    m = ranks.count
    check_root('tree', root, m)
    check_rows('tree', 2 * (m - 1) * segments, m)
    planted = plant(shape, m, root)
    after = planted.depth if overlap else planted.steps(segments)
    return merged(m, segments, [up(planted, segments), down(planted, segments, after=after)])


def reduce(
    ranks: Ranks, *, shape: Shape = 'binomial', segments: Segments = 1, root: Root = 0
) -> Schedule:
    """Add up all vectors at one rank.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.
    shape : {'binomial', 'binary', 'chain', 'flat'}
        Tree along which the sums travel.
    segments : int
        Parts of the vector that follow each other through the tree.
    root : int
        Rank that ends with the sum.

    Returns
    -------
    Schedule
        m - 1 transfers of each segment.

    Raises
    ------
    ScheduleError
        If there is no rank *root*.

    Examples
    --------
    >>> reduce(Ranks(5), shape='flat').source.tolist()
    [1, 2, 3, 4]
    """
    m = ranks.count
    check_root('reduce', root, m)
    check_rows('reduce', (m - 1) * segments, m)
    return merged(m, segments, [up(plant(shape, m, root), segments)])


def broadcast(
    ranks: Ranks, *, shape: Shape = 'binomial', segments: Segments = 1, root: Root = 0
) -> Schedule:
    """Copy the vector of one rank to all the others.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.
    shape : {'binomial', 'binary', 'chain', 'flat'}
        Tree along which the vector travels.
    segments : int
        Parts of the vector that follow each other through the tree.
    root : int
        Rank whose vector it is.

    Returns
    -------
    Schedule
        m - 1 transfers of each segment.

    Raises
    ------
    ScheduleError
        If there is no rank *root*.

    Examples
    --------
    >>> schedule = broadcast(Ranks(4))
    >>> list(zip(schedule.step.tolist(), schedule.source.tolist(), schedule.target.tolist()))
    [(0, 0, 2), (1, 0, 1), (1, 2, 3)]
    """
    m = ranks.count
    check_root('broadcast', root, m)
    check_rows('broadcast', (m - 1) * segments, m)
    return merged(m, segments, [down(plant(shape, m, root), segments)])
