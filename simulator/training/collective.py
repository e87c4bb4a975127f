"""A study of the network alone: time one collective on the cluster."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Ge, Gt, Le
from simpy.events import Event

from simulator.catalogue import Choice
from simulator.collectives import Schedule, Streamed, chunk_sizes
from simulator.collectives.timed import Group
from simulator.training.algorithms import ALGORITHMS
from simulator.training.experiment import Experiment
from simulator.training.facts import Facts
from simulator.training.lives import Lives, Program
from simulator.training.ranks import ranks_of, route_costs
from simulator.units import Bytes, FlopCount

__all__ = ['collective', 'predict_collective']

LARGE = 2**23  # transfers that are laid into the fabric at once, about a gigabyte


def collective(
    experiment: Experiment,
    *,
    algorithm: Annotated[Choice, ALGORITHMS],
    bytes: Annotated[Bytes, Gt(0)],  # noqa: A002 - the word of the scenario
    repeat: Annotated[int, Ge(1), Le(100_000)] = 1,
    work: Annotated[FlopCount, Ge(0)] = 0.0,
    stream: bool | None = None,
) -> dict[str, Any]:
    """Time a collective among the workers, without learning.

    All ranks begin together, and again when all have left; each may first have some work to do,
    which stragglers stretch. A call is timed from the first rank's entering to the last one's
    leaving.

    Churn. A crash breaks the call: it begins anew, work included, when all ranks are there again,
    and its time goes on from the first rank's entering.

    Parameters
    ----------
    algorithm : collective
        Which one.
    bytes : size
        Of each rank's vector.
    repeat : int
        Calls, one after another.
    work : flop
        What each rank computes before each call.
    stream : bool, optional
        Whether the schedule is made and forgotten step by step, in bounded memory; by default
        above eight million messages.
    """
    ranks = ranks_of(experiment.cluster, algorithm)
    streamed = Streamed.of(algorithm.function, ranks, **algorithm.options)
    whole = len(streamed) <= LARGE if stream is None else not stream
    schedule = algorithm(ranks) if whole else streamed
    study = _Study(experiment, schedule, bytes, algorithm.name, work)
    experiment.clock.process(study.calls(repeat))
    experiment.run()
    return study.figures()


class _Study:
    """The node program, and the times it takes."""

    def __init__(
        self,
        experiment: Experiment,
        schedule: Schedule | Streamed,
        size: float,
        name: str,
        work: float,
    ):
        self.experiment = experiment
        self.bytes = size
        self.work = work
        self.sizes = chunk_sizes(size, schedule.chunks)
        self.group = Group(experiment.cluster, experiment.workers, schedule, name=name)
        self.seconds: list[float] = []
        self.entered: list[float] = []  # the present call, by each rank in each attempt
        self.inside = 0  # ranks that have not left it
        self.over = Event(experiment.clock)  # the present attempt, well or not
        self.lives = Lives(experiment, crashed=self.crashed, returned=self.returned)

    def calls(self, repeat: int) -> Program:
        """Let all ranks call the collective, again when all have left."""
        clock, scoreboard = self.experiment.clock, self.experiment.scoreboard
        for step in range(1, repeat + 1):
            self.entered.clear()
            self.inside = self.group.schedule.ranks
            while self.inside:
                yield from self.attempt(step)
            self.seconds.append(clock.now - min(self.entered))
            scoreboard.metric('collective_seconds', self.seconds[-1])
            scoreboard.count_round()
        scoreboard.end()

    def attempt(self, step: int) -> Program:
        """Let all ranks call the collective, and wait until all have left, or one has crashed."""
        devices = self.experiment.workers
        self.over = Event(self.experiment.clock)
        if self.lives.are_up(*devices):
            self.inside = len(devices)
            for number, device in enumerate(devices):
                self.lives.start(device, self.rank(number, step))
        yield self.over
        if self.inside:
            self.group.abandon()
            for device in devices:
                self.lives.stop(device)

    def crashed(self, device: int) -> None:
        """Break the call."""
        if device in self.experiment.workers and not self.over.triggered:
            self.over.succeed()

    def returned(self, device: int) -> None:
        """Begin the call anew."""
        if device in self.experiment.workers and not self.over.triggered:
            self.over.succeed()

    def rank(self, number: int, step: int) -> Program:
        """Do the work, if there is some; then take part in the collective."""
        device = self.experiment.workers[number]
        if self.work:
            cluster = self.experiment.cluster
            yield cluster.compute(device, self.work, operation='work', step=step)
        since = self.experiment.clock.now
        self.entered.append(since)
        yield self.group.enter(number, self.sizes)[1]
        self.experiment.waited(device, self.group.name, step, since)
        self.inside -= 1
        if not self.inside:
            self.over.succeed()

    def figures(self) -> dict[str, Any]:
        """Return what the summary says of the study."""
        mean = sum(self.seconds) / len(self.seconds) if self.seconds else None
        ranks = self.group.schedule.ranks
        return {
            'collective': {'seconds': mean, 'ranks': ranks, 'bytes': self.bytes},
            'measured': {'collective_seconds': mean},
        }


def predict_collective(
    facts: Facts,
    *,
    algorithm: Choice,
    bytes: float,  # noqa: A002
    repeat: int = 1,
    **_: Any,
) -> dict[str, float]:
    """Return what the closed form says, as if nothing but the ranks' own ports contended."""
    closed_form = algorithm.beside('predict')
    if closed_form is None:
        return {}
    ranks = ranks_of(facts, algorithm)
    costs = (*route_costs(facts, algorithm, ranks), 1.0 / facts.reduce)
    prediction = closed_form(ranks, bytes, *costs, **algorithm.options)
    figures = {'bytes': prediction.total_bytes * repeat}
    if prediction.seconds is not None:
        figures['collective_seconds'] = prediction.seconds
    return figures
