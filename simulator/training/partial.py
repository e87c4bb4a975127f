"""Partial all-reduces: a round begins with the fastest k ranks, the others take part passively."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from simpy.events import Event

from simulator.learning.arrays import Floats
from simulator.learning.optimizers import State
from simulator.training.experiment import Experiment
from simulator.training.group import Brought, Round
from simulator.training.lives import CONTROL, Program
from simulator.training.lying_ranks import Lies
from simulator.training.rank_programs import RankPrograms
from simulator.training.reductions import NOTHING, Input

__all__ = ['PartialPrograms', 'Quorum']


class Quorum(NamedTuple):
    """For how many a round waits.

    Attributes
    ----------
    wait_for : int
        k: ranks that have to be ready.
    applies : bool
        Whether what comes late counts in the next round; else it is dropped.
    """

    wait_for: int
    applies: bool = False


class PartialPrograms(RankPrograms):
    """The programs of ranks that wait for the fastest k of them only.

    Each rank has one program that computes, and one a bucket that takes part in the all-reduces.
    Who is ready tells the *coordinator*, a rank; when that has heard of k, it calls all to the
    all-reduce, and says what is brought to it. So one more round trip of short messages comes
    before each.

    Parameters
    ----------
    experiment, steps, way, pieces, timeout, momentum
        As of `RankPrograms`.
    quorum : Quorum

    Attributes
    ----------
    coordinator : int
        Number of the worker that counts who is ready: the first one that holds the model.
    piles : list of list of Brought
        By bucket, what it knows of that no all-reduce has taken yet.
    called : list of int
        By bucket, the last round it has called to.
    entered, left : list of list of int
        By worker and bucket, the last round it was called to, and has left.
    """

    def __init__(self, experiment: Experiment, *rest: Any, quorum: Quorum, **more: Any):
        super().__init__(experiment, *rest, **more)
        workers, self.quorum = len(experiment.workers), quorum
        self.coordinator = self.meetings = 0
        self.piles: list[list[Brought]] = []
        self.called: list[int] = []
        self.entered: list[list[int]] = [[] for _ in range(workers)]
        self.left: list[list[int]] = [[] for _ in range(workers)]
        self.lags: list[int] = []  # staleness of all that was brought to the first bucket
        self._owed = [0.0] * workers  # flops of aggregations that a busy rank has put off
        self._news: dict[int, Event] = {}  # of ranks that wait for the end of a round
        self._own: dict[int, list[Brought]] = {}  # the last of each, whose state goes on

    def run(self) -> dict[str, float]:
        """Start the programs, run to the end, and return what the summary says of it."""
        self.convene(1)
        figures = super().run()
        return figures | {'mean_staleness': float(np.mean(self.lags)) if self.lags else 0.0}

    def convene(self, step: int) -> None:
        """Let the first rank that has the model count who is ready, from round *step* on."""
        count = len(self.buckets)
        self.coordinator = next(each for each in self.members if each in self.holders)
        self.piles, self.called = [[] for _ in range(count)], [step - 1] * count
        self.meetings += 1
        self.lives.start(self.experiment.workers[self.coordinator], self.coordinate())

    # what a rank does

    def rank(self, number: int, step: int, transfer: int | None = None) -> Program:
        """Compute at the newest model, bring that; again and again, from round *step* on."""
        device = self.experiment.workers[number]
        yield from self.join(number, step, transfer)
        self.progress[number], self._owed[number] = step - 1, 0.0
        self.entered[number] = [step - 1] * len(self.buckets)
        self.left[number] = [step - 1] * len(self.buckets)
        for bucket in range(len(self.buckets)):
            self.lives.start(device, self.stand_by(number, bucket, step))
        while self.experiment.scoreboard.wants(step):
            model, _ = self.round(step).starts[number]
            brought = self.begun(number, model, step)
            for bucket, work in enumerate(self.work(number, step)):
                yield work
                yield from self.compress(device, self.buckets[bucket].flops, step)
                self.bring(bucket, brought)
            step = yield from self.newest(number, step)

    def bring(self, bucket: int, brought: Brought) -> None:
        """Tell the coordinator that a rank is ready, unless it is too late and that is no use."""
        late = self.entered[brought.number][bucket] >= brought.step
        if late and not self.quorum.applies:
            self.aged(bucket, brought, self.called[bucket] + 1)
        else:
            self.tell(brought.number, self.coordinator, self.ready, (bucket, brought), brought.step)

    def newest(self, number: int, step: int) -> Generator[Event, Any, int]:
        """Wait until a rank has left round *step* and all it takes part in; return the next."""
        experiment, device = self.experiment, self.experiment.workers[number]
        while True:
            since = experiment.clock.now
            while self.progress[number] < max(step, *self.entered[number]):
                self._news[number] = Event(experiment.clock)
                yield self._news[number]
            experiment.waited(device, 'all_reduce', step, since)
            flops, self._owed[number] = self._owed[number], 0.0
            if not flops:
                return self.progress[number] + 1
            yield from self.aggregate(device, flops, step)

    def stand_by(self, number: int, bucket: int, step: int) -> Program:
        """Take part in each all-reduce of a bucket as soon as it is called, ready or not."""
        device, transport = self.experiment.workers[number], self.experiment.transport
        while True:
            yield transport.receive(device, self.go(bucket, step))
            self.entered[number][bucket] = step
            round_ = self.rounds[step]
            group = self.group(round_.members)
            for call, phase in group.phases(bucket, round_.exchanges[bucket]):
                yield group.call(call, number, phase)
            if flops := round_.flops[bucket]:
                yield from self.charge(number, flops, step)
            self.end(number, bucket, step)
            step += 1

    def charge(self, number: int, flops: float, step: int) -> Program:
        """Let a rank aggregate what it has got, now, or when it has done with its own work."""
        if number in self._news:
            yield from self.aggregate(self.experiment.workers[number], flops, step)
        else:
            self._owed[number] += flops

    def end(self, number: int, bucket: int, step: int) -> None:
        """Let a rank leave a bucket of a round; with the last one, it leaves the round."""
        self.left[number][bucket] = step
        if min(self.left[number]) == step:
            self.leave(number, step)
        if number in self._news:
            self._news.pop(number).succeed()

    # what the coordinator does

    @property
    def ready(self) -> tuple[str | int, ...]:
        """Tag of what ranks tell the coordinator; those of a group that was rebuilt are others."""
        return ('ready', 'group', self.meetings)

    def go(self, bucket: int, step: int) -> tuple[str | int, ...]:
        """Return the tag of a call to an all-reduce."""
        return ('go', 'round', step, 'bucket', bucket, 'group', self.meetings)

    def coordinate(self) -> Program:
        """Count who is ready."""
        device, tag = self.experiment.workers[self.coordinator], self.ready
        while True:
            message = yield self.experiment.transport.receive(device, tag)
            self.heard(*message.payload)

    def heard(self, bucket: int, brought: Brought) -> None:
        """Take note that a rank is ready; call all ranks, if enough are."""
        step, pile = self.called[bucket] + 1, self.piles[bucket]
        if brought.step < step and not self.quorum.applies:
            self.aged(bucket, brought, step)
            return
        pile.append(brought)
        in_time = sum(each.step == step for each in pile)
        if in_time and in_time >= min(self.quorum.wait_for, len(self.rounds[step].members)):
            self.piles[bucket], self.called[bucket] = [], step
            self.call(bucket, step, sorted(pile, key=lambda each: (each.number, each.step)))

    def call(self, bucket: int, step: int, pile: Sequence[Brought]) -> None:
        """Call all ranks to an all-reduce of what some have brought."""
        round_ = self.rounds[step]
        members, reduction = round_.members, self.group(round_.members).reductions[bucket]
        inputs = self.inputs(bucket, pile, members)
        round_.lies[bucket] = Lies.of(self.experiment, members, step, f'bucket {bucket}')
        round_.exchanges[bucket] = reduction.begin(members, inputs)
        round_.flops[bucket] = reduction.flops(sum(each.count > 0 for each in inputs))
        if bucket == 0:
            round_.brought = list(pile)
        for each in pile:
            self.aged(bucket, each, step)
        for number in members:
            self.tell(self.coordinator, number, self.go(bucket, step), None, step)

    def inputs(self, bucket: int, pile: Sequence[Brought], members: Sequence[int]) -> list[Input]:
        """Return what each member brings of a bucket: all of its own in the pile, added up."""
        part = self.buckets[bucket].part
        own: dict[int, list[Brought]] = {}
        for each in pile:
            own.setdefault(each.number, []).append(each)
        return [
            Input(partial(_added, own[number], part), len(own[number]))
            if number in own
            else NOTHING
            for number in members
        ]

    def aged(self, bucket: int, brought: Brought, step: int) -> None:
        """Record how many updates are between a rank's model and that of round *step*."""
        if bucket:
            return
        staleness = step - brought.step
        self.lags.append(staleness)
        if staleness:
            device = self.experiment.workers[brought.number]
            self.experiment.scoreboard.metric('staleness', staleness, device=device)

    def tell(self, source: int, target: int, tag: Any, payload: Any, step: int) -> None:
        """Let one worker send another a word, or itself."""
        transport, workers = self.experiment.transport, self.experiment.workers
        ends = workers[source], workers[target]
        if source == target:
            transport.hand_over(ends[0], payload, tag=tag, size=CONTROL)
        else:
            transport.send(*ends, CONTROL, payload, kind=tag[0], tag=tag, step=step)

    # rounds

    def prepare(self, round_: Round, step: int) -> None:
        """Wait for what ranks will bring."""
        count = len(self.buckets)
        round_.exchanges, round_.lies, round_.flops = [None] * count, [None] * count, [0.0] * count
        round_.marks = self.marks()

    def begun(self, number: int, model: Floats, step: int) -> Brought:
        """Ask for what a rank computes from the model that round *step* begins with."""
        brought = super().begun(number, model, step)
        if not self.steps.are_plain:
            self._own.setdefault(number, []).append(brought)
        return brought

    def state_before(self, number: int, step: int) -> State | None:
        """Return the state of a rank's own optimizer, which goes on from what it did last."""
        own = [each for each in self._own.get(number, ()) if each.step < step][-1:]
        self._own[number] = own
        return own[0].pending.state if own else None

    # when devices crash

    def crashed(self, device: int) -> None:
        """Forget a rank's own state, and do what all groups do."""
        if device in self.experiment.workers:
            self._own.pop(self.experiment.workers.index(device), None)
        super().crashed(device)

    def rebuild(self, members: list[int]) -> None:
        """Begin the round anew, with nothing brought to it yet; what is late is lost."""
        super().rebuild(members)
        self._news.clear()
        if not self.experiment.scoreboard.over.triggered:
            self.convene(max(self.rounds))


def _added(brought: Sequence[Brought], part: slice) -> Floats:
    """Return the sum of what was brought of a slice."""
    first, *more = (each.vector(part) for each in brought)
    return np.sum([first, *more], axis=0) if more else first
