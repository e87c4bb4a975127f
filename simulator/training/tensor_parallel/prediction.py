"""The closed forms of tensor parallelism: its traffic, and the time of a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Choice
from simulator.collectives import Schedule, chunk_sizes, traffic
from simulator.collectives.predict import predict_all_gather
from simulator.training.experiment import ELEMENT
from simulator.training.facts import Facts, nodes_with
from simulator.training.ranks import ranks_of, route_costs
from simulator.training.tensor_parallel.plan import Plan, Said, Saying
from simulator.training.tensor_parallel.splitting import Talk

__all__ = ['predicted']


class _Costs(NamedTuple):
    """What one group of devices says in a step: bytes, messages, and seconds if they are known."""

    bytes: float
    messages: int
    seconds: float | None


def predicted(facts: Facts, plan: Plan, saying: Saying, data_parallel: Choice) -> dict[str, float]:
    """Return bytes and messages of a run of so many rounds, seconds and memory of a step."""
    teams = [_team(facts, plan, saying, team) for team in plan.grid.tolist()]
    replicas = list(_replicas(facts, plan, data_parallel))
    figures = {'peak_memory': float(plan.memory.max())}
    if facts.rounds is not None:
        groups = [*teams, *replicas]
        figures['bytes'] = facts.rounds * sum(each.bytes for each in groups)
        figures['messages'] = float(facts.rounds * sum(each.messages for each in groups))
    talking = [_slowest(teams), _slowest(replicas)]
    known = [each for each in talking if each is not None]
    if facts.devices is not None and len(known) == len(talking):
        figures['step_seconds'] = _computing(plan, facts.devices.speed[plan.grid]) + sum(known)
    return figures


def _computing(plan: Plan, speed: NDArray[np.float64]) -> float:
    """Return the seconds of all phases, each as long as that of its slowest device."""
    return float(sum(np.max(phase.flops / speed) for phase in plan.phases))


def _slowest(groups: Sequence[_Costs]) -> float | None:
    seconds = [each.seconds for each in groups if each.seconds is not None]
    return max(seconds, default=0.0) if len(seconds) == len(groups) else None


def _team(facts: Facts, plan: Plan, saying: Saying, team: Sequence[int]) -> _Costs:
    """Return what the devices of a team say to each other."""
    members = _numbers(facts, team)
    said = saying.schedules(facts, members)
    each = [
        _talk(facts, plan, saying, said, phase.talk, members)
        for phase in plan.phases
        if phase.talk is not None
    ]
    seconds = [costs.seconds for costs in each if costs.seconds is not None]
    known = len(seconds) == len(each)
    return _Costs(
        sum(costs.bytes for costs in each),
        sum(costs.messages for costs in each),
        sum(seconds) if known else None,
    )


def _talk(
    facts: Facts, plan: Plan, saying: Saying, said: Said, talk: Talk, members: Sequence[int]
) -> _Costs:
    """Return what one collective of a team costs."""
    schedule, numbers = said.sizes(talk, plan.batch)
    sizes = numbers * ELEMENT * plan.scale.bytes
    costs = _Costs(traffic(schedule, sizes).total, len(schedule), None)
    if talk.kind == 'all_reduce':
        return costs._replace(seconds=_seconds(facts, saying.algorithm, schedule, sizes, members))
    ranks = ranks_of(facts, saying.algorithm, members)
    alpha, beta = route_costs(facts, saying.algorithm, ranks, members)
    whole = schedule.chunks * float(sizes.max())
    found = predict_all_gather(ranks, whole, alpha, beta, algorithm=saying.gather)
    return costs._replace(seconds=found.seconds)


def _replicas(facts: Facts, plan: Plan, algorithm: Choice) -> Iterator[_Costs]:
    """Yield what those that hold the same blocks say to each other."""
    if len(plan.grid) == 1:
        return
    for devices, held in zip(plan.grid.T.tolist(), plan.model.held, strict=True):
        members = _numbers(facts, devices)
        schedule = algorithm(ranks_of(facts, algorithm, members))
        sizes = chunk_sizes(held, schedule.chunks, whole=True) * ELEMENT * plan.scale.bytes
        seconds = _seconds(facts, algorithm, schedule, sizes, members)
        yield _Costs(traffic(schedule, sizes).total, len(schedule) * bool(held), seconds)


def _seconds(
    facts: Facts,
    algorithm: Choice,
    schedule: Schedule,
    sizes: NDArray[np.float64],
    members: Sequence[int],
) -> float | None:
    """Return the closed form of an all-reduce, where there is one."""
    closed_form = algorithm.beside('predict')
    if closed_form is None:
        return None
    ranks = ranks_of(facts, algorithm, members)
    costs = (*route_costs(facts, algorithm, ranks, members), 1.0 / facts.reduce)
    whole = schedule.chunks * float(sizes.max())
    seconds: float | None = closed_form(ranks, whole, *costs, **algorithm.options).seconds
    return seconds


def _numbers(facts: Facts, devices: Sequence[int]) -> list[int]:
    """Return the numbers of some devices among the workers."""
    assert facts.graph is not None  # noqa: S101 - the plan was made of it
    workers = nodes_with(facts.graph, 'worker')
    return [workers.index(device) for device in devices]
