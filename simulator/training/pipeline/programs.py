"""Steps of pipelines on the cluster: launched into the fabric, all-reduced stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from simulator.catalogue import Choice
from simulator.cluster.launched import LaunchedGraph
from simulator.learning import frozen
from simulator.learning.arrays import Floats
from simulator.placement.executor import Rows
from simulator.training.attempts import Attempts
from simulator.training.experiment import ELEMENT, Experiment
from simulator.training.lives import Program
from simulator.training.parts import PartReplicas
from simulator.training.pipeline.gradients import MicroBatches
from simulator.training.pipeline.plan import Plan
from simulator.training.pipeline.schedules import held
from simulator.training.pipeline.tasks import lay_pipelines

__all__ = ['Pipelines']

TAGS = (
    ('compute', 'forward'),
    ('compute', 'backward'),
    ('activation', ''),
    ('activation gradient', ''),
)


class Pipelines:
    """One run: the one program of the steps, one of each stage, and what they share.

    Parameters
    ----------
    experiment : Experiment
    plan : Plan
    algorithm : Choice
        The all-reduce among the replicas of each stage.
    """

    def __init__(self, experiment: Experiment, plan: Plan, algorithm: Choice):
        self.experiment, self.plan = experiment, plan
        replicas = len(plan.devices)
        self.reduced = [
            PartReplicas(experiment, algorithm, plan.devices[:, k].tolist(), stage.parameters)
            if replicas > 1 and stage.parameters
            else None
            for k, stage in enumerate(plan.stages)
        ]
        self.nodes = [int(device) for device in plan.devices.ravel()]
        self.bubbles: list[float] = []
        self.attempts = Attempts(
            experiment, self.nodes, begin=self.begin, abandon=self.abandon, name='pipeline'
        )
        self._rows = Rows()
        experiment.cluster.fabric.tap(messages=self._rows.messages, spans=self._rows.spans)
        scale, tags = experiment.scale, experiment.cluster.tags
        self._laid = lay_pipelines(
            plan.devices,
            plan.orders,
            [stage.flops * scale.flops for stage in plan.stages],
            [stage.outputs * ELEMENT * scale.bytes for stage in plan.stages],
            plan.samples,
            tuple(tags.number(*tag) for tag in TAGS),  # type: ignore[arg-type]
        )
        self._launched: LaunchedGraph | None = None

    def run(self) -> dict[str, Any]:
        """Do all steps; return what the summary says of them."""
        self.experiment.clock.process(self.steps())
        self.experiment.run()
        bubble = float(np.mean(self.bubbles)) if self.bubbles else None
        figures = {
            'stages': len(self.plan.stages),
            'replicas': len(self.plan.devices),
            'micro_batches': self.plan.micro_batches,
            'peak_memory': float(self.plan.memory.max()),
            'held_micro_batches': max(map(held, self.plan.orders)),
        }
        return {'pipeline': figures, 'measured': {'bubble_share': bubble}}

    def steps(self) -> Program:
        """Let all mini-batches flow through the pipelines, add up, and move the model on."""
        experiment = self.experiment
        learning, optimizer = experiment.learning, experiment.optimizer
        model, replicas = learning.initial, range(len(self.plan.devices))
        state = optimizer.init(model)
        for step in experiment.rounds():
            batches = [
                MicroBatches.drawn(learning, k, model, self.plan.micro_batches) for k in replicas
            ]
            yield from self.attempts.step(step)
            self.note(step)
            mean = self.mean([each.gradient for each in batches])
            after, state = optimizer.update(mean, state, model, experiment.rate_factor(step - 1))
            model = frozen(after)
            losses = [each.loss for each in batches]
            samples = sum(sum(each.samples) for each in batches)
            experiment.scoreboard.round_done(model, losses, samples)

    def mean(self, gradients: Sequence[Floats]) -> Floats:
        """Return what the all-reduces make of the replicas' gradients (d,)."""
        parts = [
            gradients[0][stage.place]
            if reduced is None
            else reduced.mean([each[stage.place] for each in gradients])
            for stage, reduced in zip(self.plan.stages, self.reduced, strict=True)
        ]
        return np.concatenate(parts)

    def begin(self, step: int) -> None:
        """Launch the passes of a step, and start the programs of its stages."""
        cluster, tasks = self.experiment.cluster, self._laid.tasks
        steps = np.full(len(tasks), step, np.int32)
        self._launched = launched = cluster.fabric.launch_graph(
            replace(tasks, size=self.sizes(), step=steps)
        )
        for (replica, stage), task in np.ndenumerate(self._laid.last):
            done = cluster.clock.completion(launched.first_task + int(task))
            device = int(self.plan.devices[replica, stage])
            self.attempts.lives.start(device, self.stage(replica, stage, done, step))
        cluster.clock.opening(launched.exit)  # nobody waits for it, but the clock is told
        cluster.fabric.open(cluster.clock.now, launched.entry)

    def stage(self, replica: int, stage: int, done: Event, step: int) -> Program:
        """Wait for the last pass of a stage; add up its gradient with those of its replicas."""
        yield done
        reduced, since = self.reduced[stage], self.experiment.clock.now
        if reduced is not None:
            yield reduced.group.enter(replica, reduced.sizes)[1]
            device = int(self.plan.devices[replica, stage])
            self.experiment.waited(device, 'all_reduce', step, since)
        self.attempts.done()

    def sizes(self) -> NDArray[np.float64]:
        """Draw the seconds of all passes of a step, begun now; transfers have their bytes."""
        cluster, passes = self.experiment.cluster, self._laid.passes
        tasks, sizes = self._laid.tasks, self._laid.tasks.size.copy()
        for k, device in enumerate(tasks.device[:passes].tolist()):
            seconds = float(sizes[k]) / float(cluster.devices.speed[device])
            sizes[k] = cluster.straggler(device, cluster.clock.now, seconds)
        return sizes

    def abandon(self) -> None:
        """Give the present attempt up."""
        cluster = self.experiment.cluster
        if self._launched is not None:
            cluster.fabric.abandon(cluster.clock.now, self._launched)
            cluster.clock.forget([self._launched.exit])
        for reduced in self.reduced:
            if reduced is not None:
                reduced.group.abandon()

    def note(self, step: int) -> None:
        """Record the bubble, device by device, and what each keeps."""
        assert self._launched is not None  # noqa: S101 - it has just ended
        self.experiment.cluster.fabric.flush()
        passes, (replicas, stages) = self._laid.passes, self.plan.devices.shape
        first = self._launched.first_task
        starts, ends = self._rows.times(first, len(self._laid.tasks))
        shape = replicas, stages, passes // (replicas * stages)
        starts, ends = starts[:passes].reshape(shape), ends[:passes].reshape(shape)
        over = ends.max(axis=(1, 2))
        for (replica, stage), node in np.ndenumerate(self.plan.devices):
            pairs = starts[replica, stage], ends[replica, stage]
            self._idle(int(node), step, *pairs, float(over[replica]))
        busy, whole = (
            float((ends - starts).sum()),
            stages * float((over - self.attempts.since).sum()),
        )
        self.bubbles.append(1 - busy / whole if whole else 0.0)
        board = self.experiment.scoreboard
        board.metric('bubble_share', self.bubbles[-1], step=step)
        for device, peak in zip(self.nodes, self.plan.memory.ravel().tolist(), strict=True):
            board.metric('peak_memory', peak, device=device, step=step)

    def _idle(
        self, node: int, step: int, starts: NDArray[Any], ends: NDArray[Any], over: float
    ) -> None:
        """Record when a device stood still while its pipeline ran."""
        began = np.concatenate([[self.attempts.since], ends])
        went_on = np.concatenate([starts, [over]])
        for since, until in zip(began.tolist(), went_on.tolist(), strict=True):
            if until > since:
                self.experiment.recorder.span(node, 'wait', 'bubble', step, since, until)
