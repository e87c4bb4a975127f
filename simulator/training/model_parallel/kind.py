"""The training kind model_parallel: a model split by a placement of its operations."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from simulator.catalogue import Choice
from simulator.learning import frozen
from simulator.placement import OperationGraph, bounds, check_placement
from simulator.training.experiment import Experiment
from simulator.training.lives import Program
from simulator.training.model_parallel.catalogues import PLACEMENT_KINDS, SCHEDULER_KINDS
from simulator.training.model_parallel.executing import PlacedGraph, problem_of
from simulator.training.model_parallel.models import Detail, model_graph
from simulator.training.placement import Study, watched

__all__ = ['model_parallel', 'shards_of_model_parallel']


def model_parallel(
    experiment: Experiment,
    *,
    placement: Annotated[Choice, PLACEMENT_KINDS],
    scheduler: Annotated[Choice, SCHEDULER_KINDS] = SCHEDULER_KINDS.choice('longest_remaining'),
    detail: Detail = 'layer',
) -> dict[str, Any]:
    """Train one model whose operations are placed on different devices.

    Each step is the graph of the model's forward, backward and update operations, executed on
    the cluster: an operation takes its flops at the speed of its device, its output is sent once
    to each device that needs it. The mini-batch goes through as a whole, so training goes to the
    bit as on one device; only its time differs. Devices never hold more than their memory, and
    stragglers stretch operations by draws made when a step begins. Where a small model stands for
    a larger one, activations grow as parameters do.

    Churn. A crash of a device that has an operation breaks the step off: it begins anew, on the
    same mini-batch, when all are there again.

    Parameters
    ----------
    placement : placement
        Which operation runs where.
    scheduler : scheduler
        Which of the operations that are ready a device takes first.
    detail : str
        ``layer``: all operations of a layer on one device. ``operation``: its gradients by inputs
        and by weights may be on different devices.

    References
    ----------
    .. [1] Mirhoseini et al., "Device Placement Optimization with Reinforcement Learning", ICML
       2017.
    """
    cluster = experiment.cluster
    graph = _graph(experiment, detail)
    problem = watched(problem_of(graph, cluster, experiment.workers, scheduler), experiment)
    placed = placement(problem, cluster.seeds.stream('placement'))
    check_placement(problem, placed)
    training = _Training(experiment, PlacedGraph(cluster, problem, placed, scheduler))
    experiment.clock.process(training.steps())
    experiment.run()
    figures = training.figures()
    if figures:
        figures['placement']['least_seconds'] = bounds(problem)['least']
    return figures


def _graph(experiment: Experiment, detail: Detail) -> OperationGraph:
    """Return the graph of one step of the model, or of that which it stands for."""
    learning, scale = experiment.learning, experiment.scale
    shape = learning.data.train.inputs.shape[1:]
    graph = model_graph(learning.model, shape, learning.batch(0), detail=detail)
    return replace(
        graph,
        flops=graph.flops * scale.flops,
        parameters=graph.parameters * scale.bytes,
        outputs=graph.outputs * scale.bytes,
    )


class _Training(Study):
    """The one program, which learns from each execution."""

    def steps(self) -> Program:
        """Execute the graph for each mini-batch, and move the model on."""
        experiment, clock = self.experiment, self.experiment.clock
        learning, optimizer = experiment.learning, experiment.optimizer
        model = learning.initial
        state = optimizer.init(model)
        for step in experiment.rounds():
            pending, since = learning.request(0, model), clock.now
            yield from self.execution(step)
            self.makespans.append(clock.now - since)
            experiment.scoreboard.metric('makespan', self.makespans[-1], step=step)
            factor = experiment.rate_factor(step - 1)
            after, state = optimizer.update(pending.value, state, model, factor)
            model = frozen(after)
            experiment.scoreboard.round_done(model, [pending.loss], learning.batch(0))


def shards_of_model_parallel(workers: int, **_: Any) -> int:
    """Return among how many the data are dealt: there is one model, on all of them."""
    return 1
