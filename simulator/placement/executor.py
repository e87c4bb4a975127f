"""Executions on a quiet cluster, one after another: what searches and learners ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from simulator.cluster.fabric import Fabric, Sharing
from simulator.cluster.network import Network
from simulator.cluster.routes import Routing
from simulator.placement.execution import Execution
from simulator.placement.problem import Placement, Problem
from simulator.placement.schedulers import SCHEDULERS, Scheduler, priorities
from simulator.placement.tasks import lay_out

__all__ = ['Executor', 'Rows']


class Rows:
    """Takes the rows of a fabric's traces, and tells when tasks began and ended."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Any]] = {'spans': [], 'messages': []}

    def spans(self, rows: Any) -> None:
        """Take rows of computations."""
        self._rows['spans'].append(rows)

    def messages(self, rows: Any) -> None:
        """Take rows of transfers."""
        self._rows['messages'].append(rows)

    def times(self, first: int, count: int) -> tuple[Any, Any]:
        """Return when each of *count* tasks from *first* on began and ended; forget all rows."""
        starts, ends = np.full((2, count), np.nan)
        for kind, start, end in (('spans', 'start', 'end'), ('messages', 'sent', 'delivered')):
            for rows in self._rows[kind]:
                mine = rows[(rows['task'] >= first) & (rows['task'] < first + count)]
                mine = mine[mine[end] >= 0]  # what was lost is sent again
                starts[mine['task'] - first] = mine[start]
                ends[mine['task'] - first] = mine[end]
            self._rows[kind].clear()
        return starts, ends


class Executor:
    """Executes placed graphs on a cluster where nothing else happens.

    No stragglers, faults, losses or jitter; links are shared as on the cluster it stands for.
    Executions leave no trace on each other: one placement always takes the same time.

    Parameters
    ----------
    problem : Problem
    network : Network
    sharing : 'fair', 'fifo' or 'none'
    routing : 'shortest' or 'ecmp'
    scheduler : callable
        One of `SCHEDULERS`.

    Attributes
    ----------
    count : int
        Executions so far: the budget that a search has used.

    Examples
    --------
    Two seconds of work on one device, whose 100 bytes go to the other for one more second:

    >>> import networkx as nx
    >>> from simulator.cluster.cluster import Devices
    >>> from simulator.placement.graph import OperationGraph
    >>> from simulator.placement.platform import Platform
    >>> pair = Network.of(nx.path_graph(2), hosts=2, bandwidth=100.0, latency=1.0)
    >>> ones = np.ones(2)
    >>> graph = OperationGraph(['a', 'b'], [2.0, 1.0], 0.0, [100.0, 0.0], [0], [1])
    >>> problem = Problem(graph, Platform.of(pair, Devices(ones, ones, np.inf * ones)))
    >>> executor = Executor(problem, pair)
    >>> executor.seconds(np.array([0, 1])), executor.run(np.array([0, 0])).makespan
    (5.0, 3.0)
    """

    def __init__(
        self,
        problem: Problem,
        network: Network,
        *,
        sharing: Sharing = 'fair',
        routing: Routing = 'shortest',
        scheduler: Scheduler = SCHEDULERS['longest_remaining'],
    ):
        self.problem = problem
        self.scheduler = scheduler
        self.count = 0
        self._rows = Rows()
        quiet = replace(network, loss=np.zeros_like(network.loss))
        self._fast = Fabric(quiet, sharing=sharing, routing=routing)
        self._traced = Fabric(
            quiet,
            sharing=sharing,
            routing=routing,
            on_messages=self._rows.messages,
            on_spans=self._rows.spans,
        )

    def seconds(self, placement: Placement) -> float:
        """Return how long an execution takes."""
        self._execute(self._fast, placement)
        return self._fast.now

    def run(self, placement: Placement) -> Execution:
        """Return an execution with all its times."""
        laid, first = self._execute(self._traced, placement)
        self._traced.flush()
        times = self._rows.times(first, len(laid.tasks))
        return Execution.of(self.problem, placement, laid, *times)

    def _execute(self, fabric: Fabric, placement: Placement) -> tuple[Any, int]:
        self.count += 1
        urgency = self.scheduler(self.problem, placement)
        laid = lay_out(self.problem, placement, priorities(urgency))
        fabric.rewind()
        launched = fabric.launch_graph(laid.tasks)
        fabric.open(0.0, launched.entry)
        while fabric.advance(np.inf):
            pass
        return laid, launched.first_task
