"""The node program of an all-reduce, and who takes part in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from simpy.events import Event

from simulator.errors import StalledError
from simulator.learning import frozen, sgd
from simulator.learning.arrays import Floats
from simulator.learning.optimizers import State
from simulator.training.buckets import Piece
from simulator.training.experiment import Experiment
from simulator.training.group import Brought, Bucket, Members, Round, Way
from simulator.training.lives import Lives, Program
from simulator.training.local import LocalSteps
from simulator.training.lying_ranks import Lies
from simulator.training.momentum import Momentum
from simulator.training.packing import ratio
from simulator.training.rank_score import RankScore
from simulator.training.reductions import Input
from simulator.training.replicas import elements_of

__all__ = ['RankPrograms']

FORWARD = 1 / 3  # of a gradient's work, before the first bucket of the backward pass is ready
Replica = tuple[Floats, State]


class RankPrograms:
    """One run: the program of a rank, and what the ranks share.

    Parameters
    ----------
    experiment : Experiment
    steps : LocalSteps
    way : Way
    pieces : list of Piece
        Of the vector, one a bucket, in the order in which they become ready.
    timeout : float, optional
        Seconds after which the group does without a rank that has crashed.
    momentum : float
        Of what ranks bring.
    """

    def __init__(
        self,
        experiment: Experiment,
        steps: LocalSteps,
        way: Way,
        pieces: Sequence[Piece],
        timeout: float | None = None,
        momentum: float = 0.0,
    ):
        self.experiment = experiment
        self.steps = steps
        self.way = way
        self.timeout = timeout
        self.momentum = Momentum(momentum) if momentum else None
        self.buckets = [Bucket(experiment, way, each, place) for place, each in enumerate(pieces)]
        self.optimizer = experiment.optimizer if steps.are_plain else sgd(rate=1.0)
        self.members = list(range(len(experiment.workers)))
        self.progress = [0] * len(self.members)  # the last round each has left
        self.rounds: dict[int, Round] = {}
        self.holders = set(self.members)  # who has the model
        self.lost: set[int] = set()  # members that have crashed, and are still counted on
        self.waiting: list[int] = []  # who is back and no member
        self.lives = Lives(experiment, crashed=self.crashed, returned=self.returned)
        lying = experiment.adversary.among(experiment.workers)
        self.score = RankScore(experiment) if lying else None
        self._groups: dict[tuple[int, ...], Members] = {}
        self._transfers = 0  # of models to newcomers

    def run(self) -> dict[str, float]:
        """Start the programs, run to the end, and return what the summary says of it."""
        start = self.experiment.learning.initial
        replica = start, self.optimizer.init(start)
        self.rounds[1] = self.new_round(1, dict.fromkeys(self.members, replica))
        for number, device in enumerate(self.experiment.workers):
            self.lives.start(device, self.rank(number, 1))
        self.experiment.run()
        figures = ratio('compression', [each.packer for each in self.buckets if each.packer])
        return figures | (self.score.figures if self.score else {})

    def rank(self, number: int, step: int, transfer: int | None = None) -> Program:
        """Compute, all-reduce, apply the mean; again and again, from round *step* on."""
        experiment, device = self.experiment, self.experiment.workers[number]
        yield from self.join(number, step, transfer)
        while experiment.scoreboard.wants(step):
            round_ = self.round(step)
            group = self.group(round_.members)
            calls: list[Event] = []
            for k, work in enumerate(self.work(number, step)):
                yield work
                flops = self.buckets[k].flops / group.reductions[k].phases
                for call, phase in group.phases(k, round_.exchanges[k]):
                    yield from calls[k:]  # of the phase before
                    yield from self.compress(device, flops, step)
                    calls[k:] = [group.call(call, number, phase)]
            since = experiment.clock.now
            yield experiment.clock.all_of(calls)
            experiment.waited(device, 'all_reduce', step, since)
            count = len(round_.members)
            yield from self.aggregate(device, sum(r.flops(count) for r in group.reductions), step)
            self.leave(number, step)
            step += 1

    def join(self, number: int, step: int, transfer: int | None) -> Program:
        """Let one that has no model yet wait for its *transfer*."""
        if transfer is not None:
            experiment, device = self.experiment, self.experiment.workers[number]
            since = experiment.clock.now
            yield experiment.transport.receive(device, ('model', transfer))
            experiment.waited(device, 'model', step, since)
            self.holders.add(number)

    def work(self, number: int, step: int) -> Iterator[Event]:
        """Yield the ends of the stretches of work after which each bucket is ready."""
        experiment, count = self.experiment, len(self.buckets)
        if count == 1:
            yield experiment.gradients(number, self.steps.of(step), step)
            return
        device, cluster = experiment.workers[number], experiment.cluster
        seconds = cluster.seconds(device, experiment.gradient_flops[number])
        for k, bucket in enumerate(self.buckets):
            share = (1 - FORWARD) * bucket.share + (FORWARD if k == 0 else 0.0)
            yield cluster.work(
                device, share * seconds, operation='gradient', activity='compute', step=step
            )

    def compress(self, device: int, flops: float, step: int) -> Program:
        """Let a device work for what compressing costs."""
        if flops:
            cluster = self.experiment.cluster
            seconds = flops * self.experiment.scale.bytes / float(cluster.devices.speed[device])
            yield cluster.work(device, seconds, operation='compress', activity='compute', step=step)

    def aggregate(self, device: int, flops: float, step: int) -> Program:
        """Let a device work for what aggregating all that it has gathered costs."""
        rule = self.way.rule
        if rule is not None:
            cluster = self.experiment.cluster
            seconds = flops * self.experiment.scale.bytes / float(cluster.devices.speed[device])
            yield cluster.work(
                device, seconds, operation=rule.name, activity='aggregate', step=step
            )

    # rounds: what is computed, whenever it is due

    def round(self, step: int) -> Round:
        """Return round number *step*; the first rank to come to it begins it."""
        if step not in self.rounds:
            starts = dict(self.ends(step - 1))
            self.rounds.pop(step - 2, None)
            newcomers, self.waiting = self.waiting, []
            self.members = sorted(self.members + newcomers)
            self.rounds[step] = self.new_round(step, starts, newcomers)
        return self.rounds[step]

    def new_round(
        self, step: int, starts: dict[int, Replica], newcomers: Sequence[int] = ()
    ) -> Round:
        """Begin a round; newcomers are sent the model of the first member that has it."""
        for number in newcomers:
            source = min(starts)
            starts = {**starts, number: starts[source]}
            self.welcome(number, source, step, starts[source])
        round_ = Round(list(self.members), starts)
        self.prepare(round_, step)
        return round_

    def prepare(self, round_: Round, step: int) -> None:
        """Let all members bring what they compute."""
        members, starts = round_.members, round_.starts
        marks = self.marks()  # of momentum, which takes note of what is begun
        round_.brought = [self.begun(number, starts[number][0], step) for number in members]
        round_.marks = marks
        round_.lies = [
            Lies.of(self.experiment, members, step, f'bucket {k}') for k in range(len(self.buckets))
        ]
        for bucket, reduction in zip(self.buckets, self.group(members).reductions, strict=True):
            inputs = [Input(partial(each.vector, bucket.part)) for each in round_.brought]
            round_.exchanges.append(reduction.begin(members, inputs))

    def begun(self, number: int, model: Floats, step: int) -> Brought:
        """Ask for what a rank computes in this round."""
        experiment, steps = self.experiment, self.steps.of(step)
        learning, device = experiment.learning, experiment.workers[number]
        experiment.adversary.begins(number, device, step - 1, experiment.clock.now)
        samples = steps * learning.batch(number)
        if self.steps.are_plain:
            brought = Brought(number, step, learning.request(number, model), None, samples)
        else:
            state, factors = self.state_before(number, step), experiment.rate_factors(step, steps)
            pending = learning.request_steps(
                number, model, steps, experiment.optimizer, state, factors
            )
            brought = Brought(number, step, pending, model, samples)
        if self.momentum is not None:
            brought.smoothed = self.momentum.of(number, brought.computed)
        return brought

    def state_before(self, number: int, step: int) -> State | None:
        """Return the state of a rank's own optimizer, which goes on from round to round."""
        before = self.rounds.get(step - 1)
        return before.states.get(number) if before else None

    def ends(self, step: int) -> dict[int, Replica]:
        """Return with what each member leaves a round; those that hold the same share it."""
        round_ = self.rounds[step]
        if round_.ends is None:
            means = self.means(round_, step)
            factor = self.experiment.rate_factor(step - 1) if self.steps.are_plain else 1.0
            known: dict[tuple[int, ...], Replica] = {}
            ends = {}
            for rank, number in enumerate(round_.members):
                (model, state), pieces = round_.starts[number], [each[rank] for each in means]
                key = (id(model), id(state), *map(id, pieces))
                if key not in known:
                    whole = pieces[0] if len(pieces) == 1 else np.concatenate(pieces[::-1])
                    after, state_after = self.optimizer.update(whole, state, model, factor)
                    known[key] = frozen(after), state_after
                ends[number] = known[key]
            round_.settle(ends)
        return round_.ends or {}

    def means(self, round_: Round, step: int) -> list[list[Floats]]:
        """Return what the ranks hold of each bucket; lies are shown beside the truth, once."""
        reductions, members = self.group(round_.members).reductions, round_.members
        exchanges, lies = round_.exchanges, round_.lies
        if self.score is not None and self.score.wants(lies):
            pairs = zip(reductions, exchanges, strict=True)
            truths = [reduction.truths(exchange) for reduction, exchange in pairs]
        else:
            truths = []
        found = [
            reduction.means(*each)
            for reduction, *each in zip(reductions, exchanges, lies, strict=True)
        ]
        if self.score is not None and truths:
            self.score.show(members, step, found, truths)
        return found

    def leave(self, number: int, step: int) -> None:
        """Count a rank's leaving; the last one ends the round."""
        round_ = self.rounds[step]
        self.progress[number] = step
        round_.left.add(number)
        if self.score is not None:
            self.score.left(number, self.ends(step)[number][0])
        if len(round_.left) == len(round_.members):
            self.count(step, number)

    def count(self, step: int, last: int) -> None:
        """Tell the scoreboard of a round that all have left."""
        round_ = self.rounds[step]
        round_.counted = True
        ends = self.ends(step)
        if self.score is not None:
            last = next((each for each in round_.members if each in self.score.honest), last)
        model, _ = ends[last]
        self.experiment.scoreboard.round_done(model, round_.losses, round_.samples)

    def group(self, members: Sequence[int]) -> Members:
        """Return some workers as a group, always the same one."""
        key = tuple(members)
        if key not in self._groups:
            self._groups[key] = Members(self.experiment, self.way, self.buckets, list(members))
        return self._groups[key]

    # what ranks remember

    def marks(self) -> list[Any]:
        """Return what is remembered now: for each bucket, and of momentum."""
        momentum = self.momentum.mark() if self.momentum is not None else None
        return [*(bucket.mark() for bucket in self.buckets), momentum]

    def back_to_marks(self, marks: Sequence[Any]) -> None:
        """Forget everything since."""
        for bucket, mark in zip(self.buckets, marks[:-1], strict=True):
            bucket.back_to(mark)
        if self.momentum is not None:
            self.momentum.back_to(marks[-1])

    def forget(self, number: int) -> None:
        """Let a rank begin anew: it has crashed."""
        for bucket in self.buckets:
            bucket.forget(number)
        if self.momentum is not None:
            self.momentum.forget(number)

    # when devices crash

    def crashed(self, device: int) -> None:
        """Wait for a rank that has crashed, or rebuild the group without it after a timeout."""
        if device not in self.experiment.workers:
            return
        number = self.experiment.workers.index(device)
        self.holders.discard(number)
        self.forget(number)
        if number in self.waiting:
            self.waiting.remove(number)
        elif number in self.members:
            self.lost.add(number)
            if self.timeout is not None:
                self.experiment.clock.process(self.notice(self.timeout))

    def notice(self, timeout: float) -> Program:
        """Rebuild the group without those who have crashed, if any are still missing."""
        yield self.experiment.clock.timeout(timeout)
        since = self.experiment.clock.now - timeout
        down = self.experiment.cluster.down
        devices = self.experiment.workers
        if any(down.get(devices[number], np.inf) <= since for number in self.lost):
            self.rebuild([number for number in self.members if number not in self.lost])

    def returned(self, device: int) -> None:
        """Let a rank take part again: at once if it is waited for, else from the next round on."""
        if device not in self.experiment.workers:
            return
        number = self.experiment.workers.index(device)
        if number not in self.lost:
            self.waiting.append(number)
            return
        self.lost.discard(number)
        if not self.lost:
            self.rebuild(self.members)

    def rebuild(self, members: list[int]) -> None:
        """Let the members begin the first round anew that not all who hold the model have left."""
        holders = [number for number in members if number in self.holders]
        if not holders:
            raise StalledError(
                f'all ranks of the all_reduce have crashed by {self.experiment.clock.now:.6g} s, '
                'and with them the model'
            )
        for number in members:
            self.lives.stop(self.experiment.workers[number])
        for group in self._groups.values():
            group.abandon()
        step = min(self.progress[number] for number in holders) + 1
        starts = self.back_to(step, holders)
        if self.experiment.scoreboard.over.triggered:
            return
        newcomers = sorted({*members, *self.waiting} - set(holders))
        self.members, self.waiting, self.lost = sorted({*members, *newcomers}), [], set()
        self.rounds[step] = self.new_round(step, starts, newcomers)
        for number in holders:
            self.lives.start(self.experiment.workers[number], self.rank(number, step))

    def back_to(self, step: int, holders: list[int]) -> dict[int, Replica]:
        """Undo all from round *step* on; return with what those who hold the model begin it."""
        for number in [each for each in self.rounds if each < step]:
            if not self.rounds[number].counted:
                self.count(number, holders[0])
        if step in self.rounds:
            begun = self.rounds[step]
            starts = begun.starts
            self.back_to_marks(begun.marks)
        else:
            starts = self.ends(step - 1)
        for number in self.lost - set(holders):
            self.forget(number)
        for number in [each for each in self.rounds if each >= step]:
            del self.rounds[number]
        return {number: starts[number] for number in holders}

    def welcome(self, number: int, source: int, step: int, replica: Replica) -> None:
        """Let a member send a newcomer the model, and start its program."""
        experiment, (model, state) = self.experiment, replica
        devices, self._transfers = experiment.workers, self._transfers + 1
        self.progress[number] = step - 1
        self.lives.start(devices[number], self.rank(number, step, self._transfers))
        experiment.transport.send(
            devices[source],
            devices[number],
            experiment.wire_bytes(len(model) + elements_of(state)),
            kind='model',
            tag=('model', self._transfers),
            step=step,
        )
