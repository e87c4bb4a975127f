"""Executions of placed graphs on the cluster of a run, with its stragglers, faults and traces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from simulator.catalogue import Choice
from simulator.cluster.cluster import Cluster
from simulator.cluster.launched import LaunchedGraph
from simulator.placement import (
    Execution,
    Executor,
    Link,
    OperationGraph,
    Placement,
    Platform,
    Problem,
    lay_out,
)
from simulator.placement.executor import Rows
from simulator.placement.schedulers import priorities
from simulator.placement.tasks import Laid

__all__ = ['PlacedGraph', 'problem_of']


def problem_of(
    graph: OperationGraph, cluster: Cluster, nodes: list[int], scheduler: Choice
) -> Problem:
    """Return the problem of placing *graph* on some hosts of a cluster.

    Its executions, for placements that try some out, are those of a quiet cluster.

    Raises
    ------
    PlacementError
        If there is an operation that no device can hold.
    """
    wires, network = cluster.wires, cluster.network
    platform = Platform.of(network, cluster.devices, nodes, routing=wires.routing)
    problem = Problem(graph, platform)
    executor = Executor(
        problem,
        network,
        sharing=wires.sharing,
        routing=wires.routing,
        scheduler=scheduler,
    )
    return replace(problem, seconds=executor.seconds)


class PlacedGraph:
    """A graph on the devices of a cluster, to be executed again and again.

    Operations are computations of the fabric, stretched by the straggler law, one draw each when
    the execution begins; tensors are its messages.

    Parameters
    ----------
    cluster : Cluster
    problem : Problem
    placement : int array, shape (n,)
    scheduler : Choice
        One of `SCHEDULER_KINDS`.

    Attributes
    ----------
    nodes : list of int
        The hosts that have an operation.
    """

    def __init__(self, cluster: Cluster, problem: Problem, placement: Placement, scheduler: Choice):
        self.problem, self.placement = problem, placement
        self.nodes = [int(node) for node in np.unique(problem.platform.nodes[placement])]
        self._cluster = cluster
        self._priority = priorities(scheduler(problem, placement))
        self._rows = Rows()
        cluster.fabric.tap(messages=self._rows.messages, spans=self._rows.spans)
        names = problem.graph.names
        tags = [cluster.tags.number('compute', name) for name in names]
        self._tags = np.array([*tags, cluster.tags.number('tensor')], np.int32)
        self._laid: tuple[Laid, LaunchedGraph, float] | None = None

    def begin(self, step: int) -> Event:
        """Let the graph be executed from now on; return the event of its end."""
        clock, fabric = self._cluster.clock, self._cluster.fabric
        laid = lay_out(
            self.problem,
            self.placement,
            self._priority,
            seconds=self._seconds(),
            tags=self._tags,
            step=step,
        )
        launched = fabric.launch_graph(laid.tasks)
        self._laid = (laid, launched, clock.now)
        over = clock.opening(launched.exit)
        fabric.open(clock.now, launched.entry)
        return over

    def abandon(self) -> None:
        """Give the execution up: nothing of it happens any more."""
        if self._laid is not None:
            launched = self._laid[1]
            self._cluster.fabric.abandon(self._cluster.clock.now, launched)
            self._cluster.clock.forget([launched.exit])
            self._laid = None

    def end(self) -> Execution:
        """Return what became of the execution that has just ended."""
        assert self._laid is not None  # noqa: S101 - begun before
        laid, launched, since = self._laid
        self._cluster.fabric.flush()
        starts, ends = self._rows.times(launched.first_task, len(laid.tasks))
        self._laid = None
        return Execution.of(self.problem, self.placement, laid, starts - since, ends - since)

    def record(self, step: int, chain: list[Link], since: float) -> None:
        """Write the chain of links that made the time into the table `critical`."""
        nodes, names = self.problem.platform.nodes, self.problem.graph.names
        operation = np.array([link.operation for link in chain], np.int64)
        self._cluster.recorder.extend(
            'critical',
            {
                'step': np.full(len(chain), step),
                'kind': [link.kind for link in chain],
                'operation': [names[k] for k in operation],
                'source': nodes[self.placement[operation]],
                'target': nodes[[link.device for link in chain]],
                'waited_for': [link.waited_for for link in chain],
                'start': np.array([link.start for link in chain]) + since,
                'end': np.array([link.end for link in chain]) + since,
            },
        )

    def _seconds(self) -> NDArray[np.float64]:
        """Draw how long each operation takes, in topological order."""
        graph, platform, cluster = self.problem.graph, self.problem.platform, self._cluster
        seconds = graph.flops / platform.speed[self.placement]
        now, nodes = cluster.clock.now, platform.nodes[self.placement]
        for k in graph.order.tolist():
            seconds[k] = cluster.straggler(int(nodes[k]), now, float(seconds[k]))
        return seconds
