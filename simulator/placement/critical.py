"""Which operations and transfers made the time of an execution, and bounds of that time."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from simulator.placement.execution import Execution
from simulator.placement.paths import upward
from simulator.placement.problem import Problem

__all__ = ['Link', 'bounds', 'critical_path']


class Link(NamedTuple):
    """One link of the chain that made the time.

    Attributes
    ----------
    kind : 'compute' or 'transfer'
    operation : int
        What was computed, or whose output was sent.
    device : int
        Where it was computed, or sent to: 0..k-1.
    start, end : float
        Seconds; each link begins when the one before ends.
    waited_for : 'start', 'input' or 'device'
        Why it did not begin earlier: nothing was before it, its last input came only then, or
        its device was busy with the link before.
    """

    kind: Literal['compute', 'transfer']
    operation: int
    device: int
    start: float
    end: float
    waited_for: Literal['start', 'input', 'device']


def critical_path(execution: Execution) -> list[Link]:
    """Return the chain of operations and transfers that made the time, from first to last.

    It is found backwards from what ended last: an operation began when its last input was there
    or when its device was done with another, a transfer when what it carries was computed.

    Returns
    -------
    list of Link
        Together they fill the makespan, without a gap, unless a device stood still.
    """
    before = _before_on_device(execution)
    way: list[Link] = []
    last = int(np.argmax(execution.end))
    slowest = int(np.argmax(execution.delivered)) if len(execution.delivered) else -1
    if slowest >= 0 and execution.delivered[slowest] > execution.end[last]:
        way.append(_sending(execution, slowest))
        last = int(execution.producer[slowest])
    while last >= 0:
        step, last = _step(execution, last, int(before[last]))
        way += step
    return way[::-1]


def _step(execution: Execution, operation: int, before: int) -> tuple[list[Link], int]:
    """Return the links of one *operation*, latest first, and the operation to go on with."""
    start, end = float(execution.start[operation]), float(execution.end[operation])
    device = int(execution.placement[operation])
    edges = execution.problem.graph.predecessors
    own = edges.edges[edges.first[operation] : edges.first[operation + 1]]
    ready = float(execution.arrival[own].max(initial=0.0))
    if before >= 0 and execution.end[before] > ready:
        return [Link('compute', operation, device, start, end, 'device')], before
    if not len(own):
        return [Link('compute', operation, device, start, end, 'start')], -1
    edge = int(own[np.argmax(execution.arrival[own])])
    links = [Link('compute', operation, device, start, end, 'input')]
    if execution.transfer[edge] >= 0:
        links.append(_sending(execution, int(execution.transfer[edge])))
    return links, int(execution.problem.graph.before[edge])


def _sending(execution: Execution, transfer: int) -> Link:
    sent, delivered = execution.sent[transfer], execution.delivered[transfer]
    producer, target = execution.producer[transfer], execution.target[transfer]
    return Link('transfer', int(producer), int(target), float(sent), float(delivered), 'input')


def _before_on_device(execution: Execution) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return what each operation's device computed before it, -1 where nothing."""
    order = np.lexsort((execution.end, execution.start, execution.placement))
    before = np.full(len(order), -1)
    same = execution.placement[order[1:]] == execution.placement[order[:-1]]
    before[order[1:][same]] = order[:-1][same]
    return before


def bounds(problem: Problem) -> dict[str, float]:
    """Return what no execution can be faster than, seconds.

    Returns
    -------
    dict
        `path`: the longest path, every operation at the speed of the fastest device it may use;
        `work`: all work over the speed of all devices; `least`: the greater of them.

    Examples
    --------
    >>> from simulator.placement.graph import OperationGraph
    >>> from simulator.placement.platform import Platform
    >>> two = Platform(
    ...     np.arange(2),
    ...     np.array([1.0, 2.0]),
    ...     np.ones(2),
    ...     ('',) * 2,
    ...     np.zeros((2, 2)),
    ...     np.zeros((2, 2)),
    ... )
    >>> bounds(Problem(OperationGraph(['a', 'b'], 4.0, 0.0, 0.0, [0], [1]), two))
    {'path': 4.0, 'work': 2.6666666666666665, 'least': 4.0}
    """
    graph, speed = problem.graph, problem.platform.speed
    fastest = np.where(problem.allowed, speed, 0.0).max(axis=1)[problem.unit]
    rows = graph.successors
    free = np.zeros(graph.edges)
    path = upward(graph.order, rows.first, rows.ends, graph.flops / fastest, free)[0].max()
    work = graph.flops.sum() / speed.sum()
    return {'path': float(path), 'work': float(work), 'least': float(max(path, work))}
