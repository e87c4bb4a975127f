"""How many nodes may be Byzantine, and for how many messages the others wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple

from annotated_types import Ge

from simulator.catalogue.entry import Options

__all__ = ['Numbers', 'PerRole', 'numbers_of', 'problems_of']


class PerRole(Options):
    """A number for servers and one for workers; where one is not given, it follows from theirs."""

    servers: Annotated[int, Ge(0)] | None = None
    """Of servers."""
    workers: Annotated[int, Ge(0)] | None = None
    """Of workers."""


class Numbers(NamedTuple):
    """The numbers of one role.

    Attributes
    ----------
    role : str
    nodes, byzantine, quorum : int
        n, f and q of the paper.
    """

    role: str
    nodes: int
    byzantine: int
    quorum: int


def numbers_of(nodes: int, role: str, byzantine: PerRole | None, quorum: PerRole | None) -> Numbers:
    """Return the numbers of a role: by default the largest f, and the largest quorum, n - f.

    Examples
    --------
    >>> numbers_of(18, 'workers', None, None)
    Numbers(role='workers', nodes=18, byzantine=5, quorum=13)
    >>> numbers_of(6, 'servers', PerRole(servers=0), PerRole(servers=4))
    Numbers(role='servers', nodes=6, byzantine=0, quorum=4)
    """
    told = getattr(byzantine, role, None)
    f = max(0, (nodes - 3) // 3) if told is None else told
    wanted = getattr(quorum, role, None)
    return Numbers(role, nodes, f, nodes - f if wanted is None else wanted)


def problems_of(numbers: Numbers) -> Iterator[str]:
    """Say which of GuanYu's conditions does not hold, with the numbers.

    Examples
    --------
    >>> list(problems_of(Numbers('servers', 5, 1, 4)))
    ['needs n >= 3f + 3 servers: n=5, f=1; take more servers, or byzantine: {servers: 0}']
    >>> list(problems_of(Numbers('workers', 9, 2, 6)))
    ['needs 2f + 3 <= q <= n - f for workers: q=6, f=2, n=9; take quorum: {workers: 7}']
    """
    role, n, f, q = numbers
    if n < 3 * f + 3:
        most = (n - 3) // 3
        way_out = f', or byzantine: {{{role}: {most}}}' if most >= 0 else ''
        yield f'needs n >= 3f + 3 {role}: n={n}, f={f}; take more {role}{way_out}'
    elif not 2 * f + 3 <= q <= n - f:
        nearest = min(max(q, 2 * f + 3), n - f)
        yield (
            f'needs 2f + 3 <= q <= n - f for {role}: q={q}, f={f}, n={n}; '
            f'take quorum: {{{role}: {nearest}}}'
        )
