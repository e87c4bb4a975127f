"""The node programs of the workers of a parameter server: fetch, compute, push."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.learning.arrays import Floats
from simulator.training.downlink import Downlink
from simulator.training.experiment import Experiment
from simulator.training.false_pushes import FalsePushes
from simulator.training.lives import CONTROL, Program
from simulator.training.misconduct import Misconduct
from simulator.training.momentum import Momentum
from simulator.training.packing import Packer, packers
from simulator.training.pushes import Joined, Pushed, gradient_tag, model_tag
from simulator.training.settings import Settings
from simulator.training.shards import Whole

__all__ = ['Workers', 'compression_work']


class Workers:
    """What workers do, and what they share.

    Parameters
    ----------
    experiment : Experiment
    settings : Settings
    homes : list of int
        The device of each slice's server; it may change.
    whole : Whole
        Makes one model of slices.
    trial : callable
        ``(n, d), samples (n,) or None -> (d,)``: what servers would make of vectors.

    Attributes
    ----------
    packers : list of Packer
        Of what they push, one a slice.
    misconduct : Misconduct or None
        Where Byzantine ones act on time.
    """

    def __init__(
        self,
        experiment: Experiment,
        settings: Settings,
        homes: list[int],
        whole: Whole,
        trial: Callable[[Floats, Floats | None], Floats],
    ):
        self.experiment, self.settings = experiment, settings
        self.transport, self.learning = experiment.transport, experiment.learning
        self.homes, self.whole, self.adversary = homes, whole, experiment.adversary
        count, seeds = len(experiment.workers), experiment.cluster.seeds
        self.packers = packers(settings.compressor, settings.slices, seeds, count)
        self.steps = [0] * count  # rounds each worker has begun
        self.batches = [self.learning.batch(number) for number in range(count)]
        self.sizes = [experiment.wire_bytes(part.stop - part.start) for part in settings.slices]
        self.tags = [gradient_tag(shard) for shard in range(len(homes))]
        self.momentum = Momentum(settings.momentum) if settings.momentum else None
        self.false_pushes = FalsePushes.of(
            experiment, settings.rule, trial, weighted=settings.weighted
        )
        late = experiment.adversary.acts('time', experiment.workers)
        self.misconduct = Misconduct(experiment) if late else None

    def program(self, number: int, life: int) -> Program:
        """Fetch the model, compute, push; again and again."""
        experiment, device, shards = self.experiment, self.experiment.workers[number], self.homes
        for shard in range(len(shards)) if life else ():
            self.say_hello(shard, Joined(number, life))
        tags = [model_tag(shard, life) for shard in range(len(shards))]
        over, clock, box = experiment.scoreboard.over, experiment.clock, self.transport.box(device)
        largest, last = max(part.stop - part.start for part in self.settings.slices), None
        while not over.triggered:
            self.steps[number] = step = self.steps[number] + 1
            since, count = clock.now, self.settings.steps.of(step)
            versions, models = [], []
            for tag in tags:
                version, model = (yield box.get(tag)).payload
                versions.append(version)
                models.append(model)
            experiment.waited(device, 'model', step, since)
            last = self.begun(number, versions, self.whole(models), count, last)
            if self.misconduct is None or not self.misconduct.begins(device, step).rushes:
                yield experiment.gradients(number, count, step)
                if self.packers:
                    yield from compression_work(experiment, device, self.packers, step)
            elif self.false_pushes is not None:
                self.false_pushes.rushing(last)
            if self.misconduct is not None:
                yield from self.misconduct.held_back(device, self.homes, largest)
            if self.false_pushes is not None:
                self.false_pushes.sending(last, step)
            for shard in range(len(shards)):
                self.push(shard, last, step)

    def begun(
        self, number: int, versions: list[int], model: Floats, count: int, last: Pushed | None
    ) -> Pushed:
        """Ask for *count* gradients, or local steps, that begin at the model fetched."""
        experiment, learning, step = self.experiment, self.learning, self.steps[number]
        if self.adversary.liars:
            device, now = experiment.workers[number], experiment.clock.now
            self.adversary.begins(number, device, step - 1, now)
        samples = count * self.batches[number]
        if self.settings.steps.are_plain:
            pushed = Pushed(number, versions, learning.request(number, model), None, samples)
        else:
            state = None if last is None else last.pending.state  # the worker's own goes on
            factors = experiment.rate_factors(step, count)
            pending = learning.request_steps(
                number, model, count, experiment.optimizer, state, factors
            )
            pushed = Pushed(number, versions, pending, model, samples)
        if self.momentum is not None:
            pushed.smoothed = self.momentum.of(number, pushed.truth)
        if self.false_pushes is not None:
            self.false_pushes.begun(pushed)
        return pushed

    def push(self, shard: int, pushed: Pushed, step: int) -> None:
        """Send a server its slice of what a worker has computed."""
        device, home = self.experiment.workers[pushed.worker], self.homes[shard]
        size, tag = self.sizes[shard], self.tags[shard]
        if self.packers:
            part = self.settings.slices[shard]
            parcel = self.packers[shard].pack(pushed.worker, lambda: pushed.vector(part))
            pushed.parcels = [*pushed.parcels, parcel]
            size = parcel.bytes * self.experiment.scale.bytes
        if self.misconduct is None:
            self.transport.send(device, home, size, pushed, kind='gradient', tag=tag, step=step)
            return
        for kind, weight in list(self.misconduct.sendings(device, size)):
            self.transport.send(device, home, weight, pushed, kind=kind, tag=tag, step=step)

    def say_hello(self, shard: int, hello: Joined) -> None:
        """Let a worker ask a server for the model: it has none."""
        device, home = self.experiment.workers[hello.worker], self.homes[shard]
        self.transport.send(device, home, CONTROL, hello, kind='join', tag=self.tags[shard])

    def forget(self, number: int) -> None:
        """Let a worker lose what it knew: it has crashed."""
        for packer in self.packers:
            packer.forget(number)
        if self.momentum is not None:
            self.momentum.forget(number)


def compression_work(
    experiment: Experiment, device: int, packers: Sequence[Packer | Downlink], step: int
) -> Program:
    """Let a device work for what compressing one vector of each packer costs."""
    flops = sum(each.flops for each in packers) * experiment.scale.bytes
    if flops:
        cluster = experiment.cluster
        seconds = flops / float(cluster.devices.speed[device])
        yield cluster.work(device, seconds, operation='compress', activity='compute', step=step)
