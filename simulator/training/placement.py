"""A study without learning: place a graph of operations on the cluster, and execute it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le
from simpy.events import Event

from simulator.catalogue import Choice
from simulator.errors import ScenarioError
from simulator.placement import Execution, Platform, Problem, bounds, check_placement
from simulator.placement import critical_path as chain_of
from simulator.seeds import Seeds
from simulator.training.experiment import Experiment
from simulator.training.facts import Facts, nodes_with
from simulator.training.lives import Lives, Program
from simulator.training.model_parallel.catalogues import (
    OPERATION_GRAPHS,
    PLACEMENT_KINDS,
    SCHEDULER_KINDS,
)
from simulator.training.model_parallel.executing import PlacedGraph, problem_of

__all__ = ['Study', 'placement', 'predict_placement', 'watched']


def placement(
    experiment: Experiment,
    *,
    graph: Annotated[Choice, OPERATION_GRAPHS],
    method: Annotated[Choice, PLACEMENT_KINDS],
    scheduler: Annotated[Choice, SCHEDULER_KINDS] = SCHEDULER_KINDS.choice('longest_remaining'),
    repeat: Annotated[int, Ge(1), Le(100_000)] = 1,
) -> dict[str, Any]:
    """Place a graph of operations on the workers, and execute it, without learning.

    An operation takes its flops at the speed of its device, which serves one at a time; its
    output is sent once to each device that needs it. Devices never hold more than their memory.
    Stragglers stretch operations by draws made when an execution begins.

    Churn. A crash of a device that has an operation breaks the execution: it begins anew when all
    are there again, and its time goes on from its first beginning.

    Parameters
    ----------
    graph : operation graph
        What is computed.
    method : placement
        Which operation runs where.
    scheduler : scheduler
        Which of the operations that are ready a device takes first.
    repeat : int
        Executions, one after another.
    """
    cluster = experiment.cluster
    built = graph(cluster.seeds.stream('operations'))
    problem = watched(problem_of(built, cluster, experiment.workers, scheduler), experiment)
    placed = method(problem, cluster.seeds.stream('placement'))
    check_placement(problem, placed)
    study = Study(experiment, PlacedGraph(cluster, problem, placed, scheduler))
    experiment.clock.process(study.executions(repeat))
    experiment.run()
    return study.figures()


def watched(problem: Problem, experiment: Experiment) -> Problem:
    """Let the curves of placements that search be metrics, by the number of executions."""

    def watch(executions: int, figures: dict[str, float]) -> None:
        for name, value in figures.items():
            experiment.scoreboard.metric(name, value, step=executions)

    return replace(problem, watch=watch)


class Study:
    """The one program, and what it finds."""

    def __init__(self, experiment: Experiment, placed: PlacedGraph):
        self.experiment = experiment
        self.placed = placed
        self.makespans: list[float] = []
        self.last: Execution | None = None
        self.over = Event(experiment.clock)  # the present attempt, well or not
        self.running, self.began = False, 0.0
        self.lives = Lives(experiment, crashed=self.changed, returned=self.changed)
        experiment.cluster.diagnoses.append(self.diagnosis)

    def executions(self, repeat: int) -> Program:
        """Execute the graph again and again."""
        clock, scoreboard = self.experiment.clock, self.experiment.scoreboard
        for step in range(1, repeat + 1):
            since = clock.now
            yield from self.execution(step)
            self.makespans.append(clock.now - since)
            scoreboard.metric('makespan', self.makespans[-1], step=step)
            scoreboard.count_round()
        scoreboard.end()

    def execution(self, step: int) -> Program:
        """Execute the graph once, in as many attempts as it takes."""
        self.running = True
        while self.running:
            yield from self.attempt(step)

    def attempt(self, step: int) -> Program:
        """Execute the graph, and wait until all is done or a device has crashed or is back."""
        clock, placed = self.experiment.clock, self.placed
        self.over, self.began = Event(clock), clock.now
        up = self.lives.are_up(*placed.nodes)
        if up:
            done = placed.begin(step)
            assert done.callbacks is not None  # noqa: S101 - it has not fired yet
            done.callbacks.append(self.done)
        yield self.over
        if not self.running:
            self.note(step, placed.end(), self.began)
        elif up:
            placed.abandon()
            for node in placed.nodes:
                self.lives.stop(node)

    def done(self, _: Event) -> None:
        """Take note that all is done."""
        self.running = False
        self.over.succeed()

    def changed(self, device: int) -> None:
        """Break the execution, or begin it anew."""
        if device in self.placed.nodes and not self.over.triggered:
            self.over.succeed()

    def note(self, step: int, execution: Execution, began: float) -> None:
        """Record what each device did and what made the time."""
        self.last = execution
        execution.check_memory()
        scoreboard = self.experiment.scoreboard
        for device, node in enumerate(self.experiment.workers):
            for name, values in (('busy_seconds', execution.busy), ('peak_memory', execution.peak)):
                scoreboard.metric(name, float(values[device]), device=node, step=step)
        self.placed.record(step, chain_of(execution), began)

    def figures(self) -> dict[str, Any]:
        """Return what the summary says of the study."""
        if self.last is None:
            return {}
        makespan = float(np.mean(self.makespans))
        figures = {'makespan': makespan, **_figures(self.last)}
        return {'placement': figures}

    def diagnosis(self) -> Iterator[str]:
        """Say that the graph is not done."""
        if self.running:
            yield (
                f'execution {len(self.makespans) + 1} of the graph is not done: it waits for its '
                f'operations since {self.began:.6g} s'
            )


def _figures(execution: Execution) -> dict[str, float]:
    """Return figures of one execution: its size, its balance, what made its time."""
    chain, busy = chain_of(execution), execution.busy
    shares = {
        kind: sum(link.end - link.start for link in chain if link.kind == kind)
        for kind in ('compute', 'transfer')
    }
    return {
        'operations': len(execution.problem.graph),
        'devices': int((np.bincount(execution.placement) > 0).sum()),
        'bytes': execution.bytes,
        'transfers': len(execution.producer),
        'critical_operations': sum(link.kind == 'compute' for link in chain),
        'critical_transfers': sum(link.kind == 'transfer' for link in chain),
        'critical_compute_seconds': shares['compute'],
        'critical_transfer_seconds': shares['transfer'],
        'busiest_seconds': float(busy.max()),
        'utilization': float(busy.sum() / (len(busy) * execution.makespan or 1.0)),
        'peak_memory': float(execution.peak.max()),
    }


def predict_placement(facts: Facts, *, graph: Choice, **_: Any) -> dict[str, float]:
    """Return what no placement can be faster than: see `simulator.placement.bounds`.

    Raises
    ------
    PlacementError
        If there is an operation that no device can hold.
    """
    if facts.graph is None or facts.network is None or facts.devices is None:
        raise ScenarioError('a placement needs to know the cluster')
    workers = nodes_with(facts.graph, 'worker')
    platform = Platform.of(facts.network, facts.devices, workers)
    problem = Problem(graph(Seeds(facts.seed).stream('operations')), platform)
    return {'least_seconds': bounds(problem)['least']}
