"""Placement by trying everything: the optimum of small graphs, beside which others are measured."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from simulator.errors import PlacementError
from simulator.placement.memory import fits
from simulator.placement.problem import Placement, Problem

__all__ = ['exhaustive']


def exhaustive(
    problem: Problem,
    rng: np.random.Generator,
    *,
    executions: Annotated[int, Ge(1), Le(10_000_000)] = 20_000,
) -> Placement:
    """Try every placement out, and take the quickest: the optimum under the scheduler.

    Operations of one group go together, and kinds are kept, so there are as many placements as
    the product over groups of the devices that each may use. Of equals the first is taken.

    Parameters
    ----------
    executions : int
        How many may be simulated; a graph with more placements is refused.

    Raises
    ------
    PlacementError
        If there are more placements than that, or none fits into memory.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from simulator.placement.graph import OperationGraph
    >>> from simulator.placement.platform import Platform
    >>> free, room = np.zeros((2, 2)), np.full(2, np.inf)
    >>> two = Platform(np.arange(2), np.array([1.0, 2.0]), room, ('',) * 2, free, free)
    >>> problem = Problem(OperationGraph(['a', 'b'], 1.0, 0.0, 0.0, [], []), two)
    >>> idle = replace(problem, seconds=lambda place: float(2 * (place == 0).sum()))
    >>> exhaustive(idle, np.random.default_rng()).tolist()
    [1, 1]
    """
    choices = [np.flatnonzero(row).tolist() for row in problem.allowed]
    count = prod(map(len, choices))
    if count > executions:
        raise PlacementError(
            f'exhaustive: {problem.units} operations or groups can be placed in {count:.6g} ways, '
            f'more than executions(={executions}); raise executions, or choose another placement'
        )
    best, least = None, np.inf
    for devices in product(*choices):
        place = problem.placed(np.array(devices))
        seconds = problem.simulated(place) if fits(problem, place) else np.inf
        if seconds < least:
            best, least = place, seconds
    if best is None:
        raise PlacementError(
            f'exhaustive: none of all {count} placements fits into memory; take more devices, or '
            'give them more memory'
        )
    return best
