"""Placement by simulated annealing: the strong reference, at the price of many executions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from simulator.catalogue import Catalogue, Choice
from simulator.errors import PlacementError
from simulator.placement.cut import min_cut
from simulator.placement.lists import etf, heft
from simulator.placement.memory import fits
from simulator.placement.problem import Placement, Problem
from simulator.placement.scores import depth_first, multi_objective
from simulator.placement.simple import critical_path, hash_, single

__all__ = ['STARTS', 'simulated_annealing']

STARTS: dict[str, Callable[..., Placement]] = {
    'single': single,
    'hash': hash_,
    'critical_path': critical_path,
    'multi_objective': multi_objective,
    'depth_first': depth_first,
    'heft': heft,
    'etf': etf,
    'min_cut': min_cut,
}
"""Placements that need no execution, and so can be begun with."""

TOLD = 10
"""Moves after which it tells how far it has come."""

_STARTS = Catalogue('placement to start from', STARTS)


def simulated_annealing(
    problem: Problem,
    rng: np.random.Generator,
    *,
    executions: Annotated[int, Ge(1), Le(1_000_000)] = 1000,
    start: Annotated[Choice, _STARTS] | None = None,
    temperature: Annotated[float, Gt(0), Le(10)] = 0.005,
    neighbours: Annotated[float, Ge(0), Le(1)] = 0.5,
) -> Placement:
    """Move one operation (or group) at a time; take worse executions less and less often.

    The best placement met is returned. The temperature falls geometrically to a hundredth.

    Parameters
    ----------
    executions : int
        How many executions are simulated: the budget.
    start : placement, optional
        Where it begins; by default at the best of all that need no execution, which are tried
        first, as far as the budget reaches.
    temperature : float
        At first, as a share of the makespan it begins with: by so much worse is taken once in e.
    neighbours : float
        Share of the moves that go to a device where a neighbour is; others go anywhere.

    References
    ----------
    .. [1] Kirkpatrick, Gelatt & Vecchi, "Optimization by Simulated Annealing", Science 220, 1983.
    """
    place, now, used = _begun(problem, rng, start, executions)
    best, least, heat = place, now, temperature * now
    cooling = 0.01 ** (1 / max(executions - used, 1))
    for move in range(1, executions - used + 1):
        if move % TOLD == 0:
            problem.tell(used + move - 1, now, least)
        moved = _moved(problem, place, rng, neighbours)
        heat *= cooling
        if moved is None:
            continue
        seconds = problem.simulated(moved)
        if seconds <= now or rng.random() < np.exp((now - seconds) / heat):
            place, now = moved, seconds
            if now < least:
                best, least = place, now
    problem.tell(executions, now, least)
    return best


def _begun(
    problem: Problem, rng: np.random.Generator, start: Choice | None, executions: int
) -> tuple[Placement, float, int]:
    """Return the placement to begin with, its seconds, and the executions it took to find it.

    Raises
    ------
    PlacementError
        If none of those that were tried fits.
    """
    found: list[tuple[float, Placement]] = []
    refused: list[PlacementError] = []
    for place in [start] if start else list(STARTS.values())[::-1][:executions]:
        try:
            placement: Placement = place(problem, rng)
        except PlacementError as error:
            refused.append(error)
        else:
            found.append((problem.simulated(placement), placement))
    if not found:
        raise refused[0]
    seconds, best = min(found, key=lambda pair: pair[0])
    return best, seconds, len(found)


def _moved(
    problem: Problem, place: Placement, rng: np.random.Generator, neighbours: float
) -> Placement | None:
    """Return *place* with one unit elsewhere; None where it can't be there."""
    members = problem.members[int(rng.integers(problem.units))]
    device = int(rng.integers(len(problem.platform)))
    if rng.random() < neighbours:
        graph, operation = problem.graph, int(rng.choice(members))
        around = np.concatenate([graph.predecessors.of(operation), graph.successors.of(operation)])
        if len(around):
            device = int(place[rng.choice(around)])
    moved = place.copy()
    moved[members] = device
    allowed = problem.allowed[problem.unit[members[0]], device]
    return moved if allowed and device != place[members[0]] and fits(problem, moved) else None
