"""Who takes part in a collective, and what the topology knows about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.errors import ScheduleError

__all__ = ['Order', 'Ranks']

Order = Literal['as_given', 'by_topology']


@dataclass(frozen=True)
class Ranks:
    """The participants of a collective: the context every builder takes.

    Most builders need the count alone; the rest is there for those that follow the topology.

    Attributes
    ----------
    count : int
        Number of ranks m, at least 1.
    groups : tuple of int, optional
        Group of each rank: its box, rack or pod.
    order : tuple of int, optional
        All ranks, so arranged that neighbours in the graph stay neighbours around a ring.

    Raises
    ------
    ScheduleError
        If the parts do not fit each other.

    Examples
    --------
    >>> Ranks(4, order=(0, 1, 3, 2)).arranged('by_topology').tolist()
    [0, 1, 3, 2]
    >>> Ranks(4).arranged('as_given').tolist()
    [0, 1, 2, 3]
    """

    count: int
    groups: tuple[int, ...] | None = None
    order: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ScheduleError(f'ranks: count(={self.count}) must be >= 1')
        if self.groups is not None and len(self.groups) != self.count:
            raise ScheduleError(
                f'ranks: groups must name one for each of {self.count} ranks, '
                f'they name {len(self.groups)}'
            )
        if self.order is not None and sorted(self.order) != list(range(self.count)):
            raise ScheduleError(f'ranks: order must hold each of 0..{self.count - 1} once')

    def arranged(self, order: Order) -> NDArray[np.int32]:
        """Return the rank at each place, in the *order* asked for.

        Parameters
        ----------
        order : {'as_given', 'by_topology'}
            As numbered, or so that neighbours in the graph follow each other.

        Returns
        -------
        array of int32, shape (m,)

        Raises
        ------
        ScheduleError
            If the topology's order is asked for and not known.
        """
        if order == 'as_given':
            return np.arange(self.count, dtype=np.int32)
        if self.order is None:
            raise ScheduleError("order: by_topology needs a topology; use 'as_given' without one")
        return np.array(self.order, dtype=np.int32)
