"""A placement that is learned by trying: REINFORCE; and search at random, to compare it with."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from simulator.errors import PlacementError
from simulator.learning.arrays import Floats
from simulator.learning.optimizers import OPTIMIZERS
from simulator.placement import Placement, Problem, fits
from simulator.training.model_parallel.grouping import features, grouped
from simulator.training.model_parallel.policy import Decisions, Policy

__all__ = ['learned', 'random_search']

Budget = Annotated[int, Ge(1), Le(1_000_000)]
MOVING = 0.9  # what the baseline keeps of itself


class _Trials:
    """Executions so far, and the best of them."""

    def __init__(self, problem: Problem, group: NDArray[np.int64], budget: int):
        self.problem, self.group, self.budget = problem, group, budget
        self.count, self.least, self.worst = 0, np.inf, 0.0
        self.best: Placement | None = None

    @property
    def left(self) -> int:
        """What is left of the budget."""
        return self.budget - self.count

    def seconds(self, devices: NDArray[np.int64]) -> float:
        """Return what a placement of the groups (T,) takes; infinite where it does not fit."""
        self.count += 1
        place = self.problem.placed(devices[self.group])
        if not fits(self.problem, place):
            return np.inf
        seconds = self.problem.simulated(place)
        self.worst = max(self.worst, seconds)
        if seconds < self.least:
            self.best, self.least = place, seconds
        return seconds

    def told(self, found: list[float]) -> None:
        """Tell who watches how far it has come, if any of what was *found* fits."""
        if fine := [each for each in found if np.isfinite(each)]:
            self.problem.tell(self.count, float(np.mean(fine)), self.least)

    def result(self, name: str) -> Placement:
        """Return the best placement.

        Raises
        ------
        PlacementError
            If none fits.
        """
        if self.best is None:
            raise PlacementError(
                f'{name}: none of {self.count} placements fits into memory; raise executions, or '
                'choose a placement that looks at it'
            )
        return self.best


def learned(
    problem: Problem,
    rng: np.random.Generator,
    *,
    executions: Budget = 2000,
    groups: Annotated[int, Ge(1), Le(10_000)] = 64,
    units: Annotated[int, Ge(1), Le(1024)] = 32,
    samples: Annotated[int, Ge(2), Le(1000)] = 10,
    rate: Annotated[float, Gt(0), Le(1)] = 0.03,
    entropy: Annotated[float, Ge(0), Le(1)] = 0.03,
) -> Placement:
    """Let a recurrent policy learn by trying: REINFORCE, rewarded by the simulated runtime.

    Operations are grouped (by colocation, then by the bytes they exchange). An LSTM reads the
    groups; another, which attends to it, emits a device for each, knowing those before. At first
    it draws devices about in proportion to their speed. The reward is minus the square root of
    the runtime, its baseline a moving mean. The best placement met is returned.

    Parameters
    ----------
    executions : int
        How many executions are simulated: the budget.
    groups : int
        At the most.
    units : int
        Of both LSTMs.
    samples : int
        Placements tried before each update of the policy.
    rate : float
        Of Adam.
    entropy : float
        Weight of the policy's entropy, which keeps it trying.

    References
    ----------
    .. [1] Mirhoseini et al., "Device Placement Optimization with Reinforcement Learning", ICML
       2017.
    .. [2] Williams, "Simple statistical gradient-following algorithms for connectionist
       reinforcement learning", Machine Learning 8, 1992.
    """
    group, trials = _begun(problem, executions, groups)
    policy = Policy(
        features(problem, group), _allowed(problem, group), problem.platform.speed, units
    )
    adam, parameters = OPTIMIZERS['adam'](rate=rate), policy.init(rng)
    state, baseline = adam.init(parameters), 0.0
    while trials.left > 0:
        tried = policy.sample(parameters, rng, min(samples, trials.left))
        seconds = [trials.seconds(each) for each in tried.devices.T]
        rewards = _rewards(seconds, trials.worst)
        baseline = baseline or float(rewards.mean())
        slopes = _slopes(tried, rewards - baseline, entropy)
        gradient = policy.gradient(parameters, tried.devices, slopes)
        parameters, state = adam.update(gradient, state, parameters)
        baseline = MOVING * baseline + (1 - MOVING) * float(rewards.mean())
        trials.told(seconds)
    return trials.result('learned')


def random_search(
    problem: Problem,
    rng: np.random.Generator,
    *,
    executions: Budget = 2000,
    groups: Annotated[int, Ge(1), Le(10_000)] = 64,
    samples: Annotated[int, Ge(1), Le(1000)] = 10,
) -> Placement:
    """Draw devices for groups in proportion to their speed, again and again; keep the best.

    It is what `learned` would be if it never learned.

    Parameters
    ----------
    executions : int
        How many executions are simulated: the budget.
    groups : int
        At the most, as in `learned`.
    samples : int
        Placements after which it tells how far it has come.
    """
    group, trials = _begun(problem, executions, groups)
    chances = _allowed(problem, group) * problem.platform.speed
    while trials.left > 0:
        found = []
        for _ in range(min(samples, trials.left)):
            clocks = rng.exponential(size=chances.shape)
            with np.errstate(divide='ignore'):
                found.append(trials.seconds(np.argmin(clocks / chances, axis=1)))
        trials.told(found)
    return trials.result('random_search')


def _begun(problem: Problem, budget: int, groups: int) -> tuple[NDArray[np.int64], _Trials]:
    group = grouped(problem, groups)
    return group, _Trials(problem, group, budget)


def _allowed(problem: Problem, group: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return where each group may go, (T, K)."""
    allowed = np.ones((int(group.max()) + 1, len(problem.platform)), np.bool_)
    np.logical_and.at(allowed, group, problem.allowed)
    return allowed


def _rewards(seconds: list[float], worst: float) -> Floats:
    """Return minus the roots; what does not fit counts twice the worst that did."""
    fail = 2 * (worst or 1.0)
    rewards: Floats = -np.sqrt([s if np.isfinite(s) else fail for s in seconds])
    return rewards


def _slopes(tried: Decisions, advantages: Floats, entropy: float) -> Floats:
    """Return the gradient (T, K, B) of the loss by the scores, advantages in deviations."""
    chances = tried.chances
    chosen = np.arange(chances.shape[1])[:, None] == tried.devices[:, None]
    weights = advantages / max(float(np.sqrt(np.mean(advantages**2))), 1e-12)
    logs = np.log(np.where(chances > 0, chances, 1.0))
    doubt = -(chances * logs).sum(axis=1, keepdims=True)
    slopes: Floats = (chances - chosen) * weights + entropy * chances * (logs + doubt)
    slopes /= chances.shape[2]
    return slopes
