"""A study of the network alone: time one collective on the cluster."""

from __future__ import annotations

from collections.abc import Generator
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le
from simpy.events import Event

from simulator.catalogue import Choice
from simulator.collectives import Schedule, chunk_sizes
from simulator.collectives.timed import Group
from simulator.training.algorithms import ALGORITHMS
from simulator.training.experiment import Experiment
from simulator.training.facts import Facts
from simulator.training.ranks import ranks_of
from simulator.units import Bytes

__all__ = ['collective', 'predict_collective']


def collective(
    experiment: Experiment,
    *,
    algorithm: Annotated[Choice, ALGORITHMS],
    bytes: Annotated[Bytes, Gt(0)],  # noqa: A002 - the word of the scenario
    repeat: Annotated[int, Ge(1), Le(100_000)] = 1,
) -> dict[str, Any]:
    """Time a collective among the workers, without learning.

    All ranks call it together, again as soon as each has left the call before.

    Parameters
    ----------
    algorithm : collective
        Which one.
    bytes : size
        Of each rank's vector.
    repeat : int
        Calls, one after another.
    """
    schedule = algorithm(ranks_of(experiment.cluster))
    study = _Study(experiment, schedule, bytes, algorithm.name)
    for rank in range(schedule.ranks):
        experiment.clock.process(study.rank(rank, repeat))
    experiment.run()
    return study.figures()


class _Study:
    """The node program, and the times it takes."""

    def __init__(self, experiment: Experiment, schedule: Schedule, size: float, name: str):
        self.experiment = experiment
        self.bytes = size
        self.sizes = chunk_sizes(size, schedule.chunks)
        self.group = Group(experiment.cluster, experiment.workers, schedule, name=name)
        self.seconds: list[float] = []

    def rank(self, number: int, repeat: int) -> Generator[Event, Any, None]:
        """Call the collective again and again."""
        for _ in range(repeat):
            call, leaving = self.group.enter(number, self.sizes)
            yield leaving
            if call.complete:
                seconds = max(call.left) - min(call.entered)
                self.seconds.append(seconds)
                self.experiment.scoreboard.metric('collective_seconds', seconds)
                self.experiment.scoreboard.count_round()
        if len(self.seconds) == repeat:
            self.experiment.scoreboard.end()

    def figures(self) -> dict[str, Any]:
        """Return what the summary says of the study."""
        mean = sum(self.seconds) / len(self.seconds) if self.seconds else None
        ranks = self.group.schedule.ranks
        return {
            'collective': {'seconds': mean, 'ranks': ranks, 'bytes': self.bytes},
            'measured': {'collective_seconds': mean},
        }


def predict_collective(
    facts: Facts, *, algorithm: Choice, bytes: float, repeat: int = 1
) -> dict[str, float]:
    """Return what the closed form says, as if nothing but the ranks' own ports contended."""
    closed_form = algorithm.beside('predict')
    if closed_form is None:
        return {}
    prediction = closed_form(
        ranks_of(facts),
        bytes,
        facts.latency,
        1.0 / facts.bandwidth,
        1.0 / facts.reduce,
        **algorithm.options,
    )
    figures = {'bytes': prediction.total_bytes * repeat}
    if prediction.seconds is not None:
        figures['collective_seconds'] = prediction.seconds
    return figures
