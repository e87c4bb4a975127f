"""Graphs of operations, where to place them on devices, and what their executions come to.

`PLACEMENTS` names the methods. Each is ``place(problem, rng, **options) -> device of each
operation (n,)``; a method that tries executions out asks ``problem.simulated(placement)`` for
seconds. `GRAPHS` names where graphs come from, ``build(rng, **options) -> OperationGraph``;
`SCHEDULERS` who goes first on a device. So, from Python::

    graph = GRAPHS['convolutional'](rng)
    problem = Problem(graph, Platform.of(network, devices))
    executor = Executor(problem, network, sharing='none', scheduler=SCHEDULERS['fifo'])
    problem = replace(problem, seconds=executor.seconds)  # for methods that search
    execution = executor.run(PLACEMENTS['simulated_annealing'](problem, rng))
    execution.makespan, execution.busy, execution.peak, execution.bytes
    critical_path(execution)  # which operations and transfers made the time
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.placement.annealing import STARTS, simulated_annealing
from simulator.placement.critical import Link, bounds, critical_path
from simulator.placement.execution import Execution
from simulator.placement.executor import Executor
from simulator.placement.exhaustive import exhaustive
from simulator.placement.files import csv, json
from simulator.placement.generators import convolutional, encoder_decoder, layered, recurrent
from simulator.placement.graph import OperationGraph
from simulator.placement.memory import check_placement, demand, fits
from simulator.placement.platform import Platform
from simulator.placement.problem import Placement, Problem
from simulator.placement.schedulers import SCHEDULERS
from simulator.placement.tasks import lay_out

__all__ = [
    'GRAPHS',
    'PLACEMENTS',
    'SCHEDULERS',
    'Execution',
    'Executor',
    'Link',
    'OperationGraph',
    'Placement',
    'Platform',
    'Problem',
    'bounds',
    'check_placement',
    'critical_path',
    'demand',
    'exhaustive',
    'fits',
    'lay_out',
]

PLACEMENTS: dict[str, Callable[..., Placement]] = {
    **STARTS,
    'simulated_annealing': simulated_annealing,
}

GRAPHS: dict[str, Callable[..., OperationGraph]] = {
    'layered': layered,
    'convolutional': convolutional,
    'recurrent': recurrent,
    'encoder_decoder': encoder_decoder,
    'json': json,
    'csv': csv,
}
