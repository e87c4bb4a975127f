"""The node programs of the servers of a parameter server: collect, aggregate, update, send."""

from __future__ import annotations

from collections.abc import Generator, Hashable
from typing import Any

import numpy as np
from simpy.events import Event, Timeout

from simulator.errors import StalledError
from simulator.learning import frozen
from simulator.learning.arrays import Floats
from simulator.training.collecting import Batch, Buffer, Collected, Pile
from simulator.training.combining import Combiner
from simulator.training.downlink import Downlink
from simulator.training.experiment import Experiment
from simulator.training.false_models import FalseModels
from simulator.training.lives import Lives, Program
from simulator.training.packing import packers, ratio
from simulator.training.pushes import Fetched, Joined, Pushed, gradient_tag, model_tag
from simulator.training.replicas import Copy, Replicas, elements_of
from simulator.training.roster import Roster
from simulator.training.settings import Settings
from simulator.training.shards import Whole
from simulator.training.workers import Workers, compression_work

__all__ = ['Servers']


class Servers:
    """One run: the programs, and what they share."""

    def __init__(self, experiment: Experiment, settings: Settings):
        self.experiment = experiment
        self.settings = settings
        self.transport = experiment.transport
        servers, start = experiment.servers, experiment.learning.initial
        shards, workers = range(len(settings.slices)), len(experiment.workers)
        seeds = experiment.cluster.seeds
        self.combiner = Combiner(experiment, settings)
        self.homes = [servers[shard % len(servers)] for shard in shards]
        self.sizes = [experiment.wire_bytes(part.stop - part.start) for part in settings.slices]
        self.models = [frozen(start[part].copy()) for part in settings.slices]
        self.states = [settings.optimizer.init(model) for model in self.models]
        self.updates = [0] * len(shards)
        self.births = [0] * workers  # how often each worker has begun anew
        self.rosters = [Roster(self.births) for _ in shards]
        self.downlinks = [
            Downlink(packer, experiment.wire_bytes(packer.dimension) / experiment.scale.bytes)
            for packer in packers(settings.compressor_down, settings.slices, seeds, 1, 'down ')
        ]
        self.replicas = Replicas(servers, settings.replicas)
        self.lives = Lives(experiment, crashed=self.crashed, returned=self.returned)
        # how many updates make a round
        self.a_round = 1 if settings.rule.synchronous else workers
        self.losses: list[float] = []  # of what the first shard has used in the present round
        self.samples = 0
        self.lags: list[int] = []  # staleness of each gradient the first shard has got
        self.whole = Whole()
        self.workers = Workers(experiment, settings, self.homes, self.whole, self.combiner.tried)
        lying = experiment.adversary.among(servers)
        self.false_models = FalseModels(experiment, self.a_round) if lying else None

    def run(self) -> dict[str, float]:
        """Start the programs, run to the end, and return what the summary says of it."""
        self.transport.expect(sorted(set(self.homes)), self.experiment.workers)
        for shard, home in enumerate(self.homes):
            self.lives.start(home, self.server(shard))
            for place in self.replicas.places(home):  # all know the model that training starts from
                self.replicas.keep(shard, place, self.copy(shard))
        for device in self.experiment.servers if self.settings.replicas else ():
            self.lives.start(device, self.keeper(device))
        for number, device in enumerate(self.experiment.workers):
            self.lives.start(device, self.workers.program(number, 0))
        self.experiment.run()
        updates, figures = self.updates[0], ratio('compression', self.workers.packers)
        down = ratio('compression_down', [each.packer for each in self.downlinks])
        return (
            figures
            | down
            | {
                'updates': updates,
                'updates_per_second': updates / max(self.experiment.clock.now, 1e-12),
                'mean_staleness': float(np.mean(self.lags)) if self.lags else 0.0,
            }
            | self.combiner.figures
        )

    # what a server does

    def server(self, shard: int) -> Program:
        """Let workers proceed, collect what they push, aggregate, update."""
        experiment, home, rule = self.experiment, self.homes[shard], self.settings.rule
        roster, late = self.rosters[shard], self.timer()
        collected, tag = self.collected(), gradient_tag(shard)
        over, clock, box = experiment.scoreboard.over, experiment.clock, self.transport.box(home)
        while not over.triggered:
            for number, has in roster.released(rule, self.updates[shard]):
                self.send_model(shard, number, has)
            since, step = clock.now, self.updates[shard] + 1
            if late is None or late.processed:
                arrived = (yield box.get(tag)).payload
            else:
                arrived = yield from self.arrival(home, tag, late)
            experiment.waited(home, 'gradient', step, since)
            if isinstance(arrived, Joined):  # what it has pushed in this round, it pushes again
                roster.joined(*arrived)
                collected.drop(arrived.worker)
            elif arrived is not None and arrived.is_news(shard):
                roster.ended(arrived.worker)
                staleness = self.staleness(arrived, shard)
                if rule.counts is None or rule.counts(staleness):
                    collected.add(arrived)
            overdue = late is not None and late.processed
            if collected.ready(shard, step - 1, overdue=overdue):
                batch = collected.take(shard, step - 1)
                yield self.aggregation_work(shard, step, len(batch.vectors))
                if self.downlinks:
                    yield from compression_work(experiment, home, [self.downlinks[shard]], step)
                self.update(shard, batch)
                late = self.timer()

    def collected(self) -> Collected:
        """Return where a server puts what it gets."""
        settings, enough = self.settings, self.settings.rule.collects
        if settings.buffer is not None:
            return Buffer(settings.buffer, settings.oldest)
        return Pile(enough, self.combiner.least(enough) if settings.rule.timeout else enough)

    def timer(self) -> Timeout | None:
        """Return the event after which a round that begins now waits for nobody."""
        timeout = self.settings.rule.timeout
        if timeout is None:
            return None
        if self.workers.misconduct is not None:
            self.workers.misconduct.deadline = self.experiment.clock.now + timeout
        return self.experiment.clock.timeout(timeout)

    def arrival(self, home: int, tag: Hashable, late: Timeout) -> Generator[Event, Any, Any]:
        """Wait for what a worker sends; return None if it is *late* before that."""
        event = self.transport.receive(home, tag)
        yield event | late
        if event.triggered:
            return getattr(event.value, 'payload', None)
        self.transport.cancel(home, event)
        return None

    def keeper(self, device: int) -> Program:
        """Keep the copies that other servers send."""
        while not self.experiment.scoreboard.over.triggered:
            message = yield self.transport.receive(device, 'replica')
            self.replicas.keep(message.payload[0], device, message.payload[1])

    def send_model(self, shard: int, number: int, has: int) -> None:
        """Send a worker, which *has* an older version, the slice as it is now."""
        experiment, version, size = self.experiment, self.updates[shard], self.sizes[shard]
        if self.downlinks:
            size = self.downlinks[shard].bytes(has, version) * experiment.scale.bytes
        lies = self.false_models is not None
        model = self.shown(shard, number) if lies else self.models[shard]
        self.transport.send(
            self.homes[shard],
            experiment.workers[number],
            size,
            Fetched(version, model),
            kind='model',
            tag=model_tag(shard, self.rosters[shard].lives[number]),
            step=version + 1,
        )

    def shown(self, shard: int, number: int | None = None) -> Floats:
        """Return a slice as its server hands it out, to a worker or to who looks from outside."""
        model = self.models[shard]
        if self.false_models is None:
            return model
        version = self.updates[shard]
        return self.false_models.shown(shard, self.homes[shard], version, model, number)

    def aggregation_work(self, shard: int, step: int, count: int) -> Event:
        """Let the server's device work for what the rule costs on so many vectors."""
        cluster, home = self.experiment.cluster, self.homes[shard]
        cost = self.combiner.flops(shard, count)
        seconds = cost * self.experiment.scale.bytes / cluster.devices.speed.item(home)
        name = self.settings.aggregation.name
        return cluster.work(home, seconds, name, 'aggregate', step)

    def staleness(self, pushed: Pushed, shard: int) -> int:
        """Return how many updates came between reading the slice and this gradient."""
        staleness = self.updates[shard] - pushed.versions[shard]
        if shard == 0:
            self.lags.append(staleness)
            if staleness or not self.settings.rule.synchronous:
                device = self.experiment.workers[pushed.worker]
                self.experiment.scoreboard.metric('staleness', staleness, device=device)
        return staleness

    def update(self, shard: int, batch: Batch) -> None:
        """Apply the aggregate of what was collected."""
        rule, before = self.settings.rule, self.models[shard]
        aggregate = self.combiner.combined(shard, batch.vectors)
        factor = 1.0
        if rule.factor is not None:
            oldest = min(each.versions[shard] for each in batch.new)
            factor = rule.factor(self.updates[shard] - oldest)
        if self.settings.steps.are_plain:  # local steps have had the schedule's factors
            factor *= self.experiment.rate_factor(self.updates[shard] / self.a_round)
        model, self.states[shard] = self.settings.optimizer.update(
            aggregate, self.states[shard], before, factor
        )
        after = frozen(model)
        self.models[shard] = (
            self.downlinks[shard].publish(before, after) if self.downlinks else after
        )
        self.updates[shard] += 1
        if shard == 0:  # gradients are let go of at once, only their losses are kept
            for each in batch.new:
                self.losses.append(each.pending.loss)
                self.samples += each.samples
        if self.settings.replicas:
            self.replicate(shard)
        self.updated()

    def replicate(self, shard: int) -> None:
        """Send copies of the slice to other servers; nobody waits for their arrival."""
        copy, home = self.copy(shard), self.homes[shard]
        size = self.experiment.wire_bytes(len(copy.model) + elements_of(copy.state))
        for place in filter(self.lives.are_up, self.replicas.places(home)):
            step = copy.version
            self.transport.send(home, place, size, (shard, copy), kind='replica', step=step)

    def copy(self, shard: int) -> Copy:
        """Return a slice as it is now."""
        return Copy(self.updates[shard], self.models[shard], self.states[shard])

    def updated(self) -> None:
        """Count a round, when all slices have been updated as often as a round asks for."""
        if min(self.updates) // self.a_round <= self.experiment.scoreboard.rounds:
            return
        (losses, self.losses), (samples, self.samples) = (self.losses, []), (self.samples, 0)
        model = self.whole([self.shown(shard) for shard in range(len(self.models))])
        self.experiment.scoreboard.round_done(model, losses, samples)
        if self.combiner.quality is not None:
            self.combiner.quality.round_done()

    # when devices crash

    def crashed(self, device: int) -> None:
        """Forget what a device knew; if it was a server, another one has to take its place."""
        self.replicas.lost(device)
        if device in self.experiment.workers:
            number = self.experiment.workers.index(device)
            self.workers.forget(number)
        if shards := [shard for shard, home in enumerate(self.homes) if home == device]:
            if not self.settings.replicas:
                raise StalledError(self._lost(device, shards[0]))
            self.experiment.clock.process(self.take_over(device, shards))

    def returned(self, device: int) -> None:
        """Let a device begin anew."""
        if device in self.experiment.workers:
            self.begin_anew(self.experiment.workers.index(device))
        elif self.settings.replicas and device in self.experiment.servers:
            self.lives.start(device, self.keeper(device))

    def begin_anew(self, number: int) -> None:
        """Let a worker begin another life, without a model."""
        self.births[number] += 1
        device = self.experiment.workers[number]
        self.lives.start(device, self.workers.program(number, self.births[number]))

    def take_over(self, lost: int, shards: list[int]) -> Program:
        """Restore slices from their newest copies, and let all workers begin their round anew."""
        yield self.experiment.clock.timeout(self.settings.failover)
        for shard in shards:
            found = self.replicas.newest(shard, self.lives.are_up)
            if found is None:
                raise StalledError(self._lost(lost, shard))
            self.homes[shard], copy = found
            self.updates[shard], self.models[shard], self.states[shard] = copy
            if self.downlinks:
                self.downlinks[shard].back_to(copy.version)
            self.rosters[shard] = Roster(self.births, idle=False)
            self.lives.start(self.homes[shard], self.server(shard))
        for number, device in enumerate(self.experiment.workers):
            if self.lives.are_up(device):
                self.lives.stop(device)
                self.begin_anew(number)

    def _lost(self, device: int, shard: int) -> str:
        more = self.settings.replicas + 1
        return (
            f'device {device} has crashed, and with it slice {shard} of the model, of which no '
            f'copy is left at {self.experiment.clock.now:.6g} s; let parameter_server keep '
            f'replicas: {more}, on as many more servers'
        )
