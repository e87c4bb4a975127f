"""Steps of tensor parallelism on the cluster: devices compute and talk, phase by phase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulator.catalogue import Choice
from simulator.collectives.timed import Group
from simulator.learning import frozen
from simulator.learning.arrays import Floats
from simulator.training.attempts import Attempts
from simulator.training.experiment import ELEMENT, Experiment
from simulator.training.lives import Program
from simulator.training.parts import PartReplicas
from simulator.training.tensor_parallel.plan import Plan, Said
from simulator.training.tensor_parallel.splitting import Talk

__all__ = ['Teams']


class Teams:
    """One run: the one program of the steps, one of each device, and what they share.

    Parameters
    ----------
    experiment : Experiment
    plan : Plan
    said : list of Said
        The collectives of each team.
    data_parallel : Choice
        The all-reduce among those that hold the same blocks.
    """

    def __init__(
        self, experiment: Experiment, plan: Plan, said: Sequence[Said], data_parallel: Choice
    ):
        self.experiment, self.plan, self.said = experiment, plan, said
        self.phases = plan.phases
        self.nodes = plan.grid.ravel().tolist()
        self.seconds: list[float] = []
        self.talked = 0.0  # seconds of all devices in collectives, in the present attempt
        self.shares: list[float] = []
        self.groups = [
            {
                name: Group(experiment.cluster, team.tolist(), schedule, name=name)
                for name, schedule in zip(Said._fields, each, strict=True)
            }
            for team, each in zip(plan.grid, said, strict=True)
        ]
        self.held = [plan.model.holding(rank) for rank in range(plan.grid.shape[1])]
        self.replicas = [
            PartReplicas(experiment, data_parallel, devices, len(held), 'gradient_all_reduce')
            if len(devices) > 1 and len(held)
            else None
            for devices, held in zip(plan.grid.T.tolist(), self.held, strict=True)
        ]
        self.attempts = Attempts(
            experiment, self.nodes, begin=self.begin, abandon=self.abandon, name='step'
        )

    def run(self) -> dict[str, Any]:
        """Do all steps; return what the summary says of them."""
        self.experiment.clock.process(self.steps())
        self.experiment.run()
        talks = [phase.talk.kind for phase in self.phases if phase.talk is not None]
        figures = {
            'degree': self.plan.grid.shape[1],
            'replicas': len(self.plan.grid),
            'all_reduces': talks.count('all_reduce'),
            'all_gathers': talks.count('all_gather'),
            'most_parameters': max(self.plan.model.held),
            'peak_memory': float(self.plan.memory.max()),
            'communication_share': float(np.mean(self.shares)) if self.shares else None,
        }
        mean = float(np.mean(self.seconds)) if self.seconds else None
        return {'tensor_parallel': figures, 'measured': {'step_seconds': mean}}

    def steps(self) -> Program:
        """Let each team compute its mini-batch, add up over teams, and move the model on."""
        experiment, clock = self.experiment, self.experiment.clock
        learning, optimizer = experiment.learning, experiment.optimizer
        model, replicas = learning.initial, range(len(self.plan.grid))
        state = optimizer.init(model)
        for step in experiment.rounds():
            pendings = [learning.request(k, model) for k in replicas]
            since = clock.now
            yield from self.attempts.step(step)
            self.note(step, clock.now - since)
            mean = self.mean([each.value for each in pendings])
            # element by element: each device moves what it holds
            after, state = optimizer.update(mean, state, model, experiment.rate_factor(step - 1))
            model = frozen(after)
            losses = [each.loss for each in pendings]
            samples = sum(learning.batch(k) for k in replicas)
            experiment.scoreboard.round_done(model, losses, samples)

    def mean(self, gradients: Sequence[Floats]) -> Floats:
        """Return what the all-reduces over teams make of their gradients (d,)."""
        mean = gradients[0].copy()
        # what all devices of a team hold, each adds up for itself: the first one's is taken
        for held, replicas in reversed(list(zip(self.held, self.replicas, strict=True))):
            if replicas is not None:
                mean[held] = replicas.mean([gradient[held] for gradient in gradients])
        return mean

    def begin(self, step: int) -> None:
        """Let all devices begin a step."""
        self.talked = 0.0
        for (replica, rank), node in np.ndenumerate(self.plan.grid):
            self.attempts.lives.start(int(node), self.device(replica, rank, step))

    def abandon(self) -> None:
        """Give up what is said at present."""
        for groups in self.groups:
            for group in groups.values():
                group.abandon()
        for replicas in self.replicas:
            if replicas is not None:
                replicas.group.abandon()

    def device(self, replica: int, rank: int, step: int) -> Program:
        """Compute and talk, phase by phase; then add the gradient up over the teams."""
        node = int(self.plan.grid[replica, rank])
        for way, flops, talk in self.phases:
            if flops[rank]:
                cluster = self.experiment.cluster
                yield cluster.compute(node, float(flops[rank]), operation=way, step=step)
            if talk is not None:
                yield from self.talk(replica, rank, talk, step)
        replicas = self.replicas[rank]
        if replicas is not None:
            yield from self.call(replicas.group, replica, replicas.sizes, node, step)
        self.attempts.done()

    def talk(self, replica: int, rank: int, talk: Talk, step: int) -> Program:
        """Add up or gather within the team."""
        numbers = self.said[replica].sizes(talk, self.plan.batch)[1]
        sizes = numbers * ELEMENT * self.plan.scale.bytes
        node = int(self.plan.grid[replica, rank])
        yield from self.call(self.groups[replica][talk.kind], rank, sizes, node, step)

    def call(self, group: Group, rank: int, sizes: Any, node: int, step: int) -> Program:
        """Take part in a collective."""
        since = self.experiment.clock.now
        yield group.enter(rank, sizes)[1]
        self.talked += self.experiment.clock.now - since
        self.experiment.waited(node, group.name, step, since)

    def note(self, step: int, seconds: float) -> None:
        """Record how long a step took, which share of it devices talked, and what each holds."""
        board, whole = self.experiment.scoreboard, len(self.nodes) * seconds
        self.seconds.append(seconds)
        self.shares.append(self.talked / whole if whole else 0.0)
        board.metric('step_seconds', seconds, step=step)
        board.metric('communication_share', self.shares[-1], step=step)
        peaks = np.broadcast_to(self.plan.memory, self.plan.grid.shape).ravel().tolist()
        for device, peak in zip(self.nodes, peaks, strict=True):
            board.metric('peak_memory', peak, device=device, step=step)
